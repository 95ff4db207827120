//! Settings that make no sense are refused where they are set, in a message that names the setting, the number and what is allowed.

use fireclay::data::augment::{Brightness, Contrast, Cutout, HorizontalFlip, Noise, Rotate, Scale, Shift, VerticalFlip};
use fireclay::data::{Samples, Text};
use fireclay::explain::{Ascent, Pgd, fgsm, saliency};
use fireclay::loss::{
    BceWithLogits, CrossEntropy, Focal, HingeEmbedding, Huber, Mse, MultiMargin, Nll, SmoothL1, SvmHinge, Weighted, evaluate,
};
use fireclay::optim::{
    Adagrad, Adam, AdamW, Algorithm, Cosine, Exponential, Lamb, LinearWarmup, Lion, MultiStep, NAdam, Norm, OneCycle, Plateau,
    Polynomial, RAdam, RmsProp, Sgd, Step, Threshold, WarmRestarts, clip_norm, clip_norm_of, clip_value,
};
use fireclay::prelude::*;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// The last panic: its file and its message.
    static LAST: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// What is said where this is refused; it must point at this file.
#[track_caller]
fn refused<T>(set: impl FnOnce() -> T) -> String {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let file = info.location().map(|at| at.file().to_owned()).unwrap_or_default();
            let message = info.payload_as_str().unwrap_or_default().to_owned();
            // What is expected is not printed.
            if !EXPECTED.get() {
                before(info);
            }
            LAST.set(Some((file, message)));
        }));
    });
    LAST.set(None);
    EXPECTED.set(true);
    let result = catch_unwind(AssertUnwindSafe(|| drop(set())));
    EXPECTED.set(false);
    assert!(result.is_err(), "nothing was refused");
    let (file, message) = LAST.take().expect("a panic with a message");
    assert!(file.ends_with("settings.rs"), "{message}: blamed on {file}");
    message
}

/// Each of these is refused with just this message.
macro_rules! refused {
    ($($set:expr => $message:expr;)*) => {
        $(assert_eq!(refused(|| $set), $message, "{}", stringify!($set));)*
    };
}

const NAN: f32 = f32::NAN;
const INF: f32 = f32::INFINITY;
const NONNEGATIVE: &str = "must be a finite number of at least 0";
const POSITIVE: &str = "must be a finite number greater than 0";
const BELOW_ONE: &str = "must be at least 0 and less than 1";
const SHARE: &str = "must be from 0 to 1";
const LIMIT: &str = "must be greater than 0";

#[test]
fn losses() {
    let none_counts = "at least one must be greater than 0";
    refused! {
        CrossEntropy.smoothing(1.5) => format!("CrossEntropy: smoothing = 1.5 {SHARE}");
        CrossEntropy.smoothing(-0.1) => format!("CrossEntropy: smoothing = -0.1 {SHARE}");
        CrossEntropy.smoothing(NAN) => format!("CrossEntropy: smoothing = NaN {SHARE}");
        CrossEntropy.class_weights([1.0, -1.0]) => format!("CrossEntropy: class_weights = -1.0 {NONNEGATIVE}");
        CrossEntropy.class_weights([1.0, INF]) => format!("CrossEntropy: class_weights = inf {NONNEGATIVE}");
        CrossEntropy.class_weights([0.0, 0.0]) => format!("CrossEntropy: class_weights = [0.0, 0.0]: {none_counts}");
        CrossEntropy.class_weights([]) => format!("CrossEntropy: class_weights = []: {none_counts}");
        CrossEntropy.ignore(1).unlabeled() => "`ignore` and `unlabeled` each name the targets that do not count: take one of them";
        Nll.class_weights([NAN]) => format!("Nll: class_weights = NaN {NONNEGATIVE}");
        MultiMargin.class_weights([-2.0]) => format!("MultiMargin: class_weights = -2.0 {NONNEGATIVE}");
        MultiMargin.margin(-1.0) => format!("MultiMargin: margin = -1.0 {NONNEGATIVE}");
        SvmHinge.margin(NAN) => format!("SvmHinge: margin = NaN {NONNEGATIVE}");
        BceWithLogits.pos_weight([1.0, -0.5]) => format!("BceWithLogits: pos_weight = -0.5 {NONNEGATIVE}");
        Focal.alpha(1.5) => format!("Focal: alpha = 1.5 {SHARE}");
        Focal.alpha(-0.5) => format!("Focal: alpha = -0.5 {SHARE}");
        Focal.gamma(-2.0) => format!("Focal: gamma = -2.0 {NONNEGATIVE}");
        Huber.delta(0.0) => format!("Huber: delta = 0.0 {POSITIVE}");
        SmoothL1.beta(-1.0) => format!("SmoothL1: beta = -1.0 {NONNEGATIVE}");
        HingeEmbedding.margin(INF) => format!("HingeEmbedding: margin = inf {NONNEGATIVE}");
        Mse.weight(NAN) => "Weighted: weight = NaN must be a finite number";
        Weighted::new(Mse, INF) => "Weighted: weight = inf must be a finite number";
    }
    let (x, t) = (Batch::<shape![2]>::zeros(1), IndexBatch::from_samples(Index::<2>::new(0)));
    let unlabeled = "they are counted from 0; targets that may have no class at all (PyTorch's `ignore_index`) are those of `CrossEntropy.unlabeled()`";
    refused! {
        evaluate(&CrossEntropy.ignore(2), &x, &t) => format!("`ignore(2)` of 2 classes: {unlabeled}");
        evaluate(&Nll.ignore(7), &x, &t) => format!("`ignore(7)` of 2 classes: {unlabeled}");
    }
}

#[test]
fn optimizers() {
    let dampened = "Sgd: `nesterov(true)` looks ahead by the whole gradient: without `dampening`";
    refused! {
        Sgd::new(-0.1).momentum(2.0) => format!("Sgd: learning rate = -0.1 {NONNEGATIVE}");
        Sgd::new(NAN) => format!("Sgd: learning rate = NaN {NONNEGATIVE}");
        Sgd::new(INF) => format!("Sgd: learning rate = inf {NONNEGATIVE}");
        Sgd::new(0.1).momentum(2.0) => format!("Sgd: momentum = 2.0 {BELOW_ONE}");
        Sgd::new(0.1).momentum(1.0) => format!("Sgd: momentum = 1.0 {BELOW_ONE}");
        Sgd::new(0.1).dampening(-0.5) => format!("Sgd: dampening = -0.5 {BELOW_ONE}");
        Sgd::new(0.1).weight_decay(-1e-4) => format!("Sgd: weight_decay = -0.0001 {NONNEGATIVE}");
        Sgd::new(0.1).momentum(0.9).dampening(0.1).nesterov(true) => dampened;
        Sgd::new(0.1).momentum(0.9).nesterov(true).dampening(0.1) => dampened;
        Adam::new(-1e-3) => format!("Adam: learning rate = -0.001 {NONNEGATIVE}");
        Adam::new(1e-3).betas(1.0, 0.999) => format!("Adam: the first of betas = 1.0 {BELOW_ONE}");
        Adam::new(1e-3).betas(0.9, -0.1) => format!("Adam: the second of betas = -0.1 {BELOW_ONE}");
        Adam::new(1e-3).eps(0.0) => format!("Adam: eps = 0.0 {POSITIVE}");
        Adam::new(1e-3).weight_decay(NAN) => format!("Adam: weight_decay = NaN {NONNEGATIVE}");
        AdamW::new(-0.5) => format!("AdamW: learning rate = -0.5 {NONNEGATIVE}");
        AdamW::new(1e-3).betas(0.9, 1.5) => format!("AdamW: the second of betas = 1.5 {BELOW_ONE}");
        AdamW::new(1e-3).eps(-1e-8) => format!("AdamW: eps = -1e-8 {POSITIVE}");
        AdamW::new(1e-3).weight_decay(-0.01) => format!("AdamW: weight_decay = -0.01 {NONNEGATIVE}");
        RmsProp::new(-1.0) => format!("RmsProp: learning rate = -1.0 {NONNEGATIVE}");
        RmsProp::new(0.1).alpha(1.0) => format!("RmsProp: alpha = 1.0 {BELOW_ONE}");
        RmsProp::new(0.1).eps(INF) => format!("RmsProp: eps = inf {POSITIVE}");
        RmsProp::new(0.1).momentum(-0.9) => format!("RmsProp: momentum = -0.9 {BELOW_ONE}");
        RmsProp::new(0.1).weight_decay(-1.0) => format!("RmsProp: weight_decay = -1.0 {NONNEGATIVE}");
        Adagrad::new(NAN) => format!("Adagrad: learning rate = NaN {NONNEGATIVE}");
        Adagrad::new(0.1).learning_rate_decay(-1.0) => format!("Adagrad: learning_rate_decay = -1.0 {NONNEGATIVE}");
        Adagrad::new(0.1).eps(0.0) => format!("Adagrad: eps = 0.0 {POSITIVE}");
        Adagrad::new(0.1).initial(-1.0) => format!("Adagrad: initial = -1.0 {NONNEGATIVE}");
        Adagrad::new(0.1).weight_decay(INF) => format!("Adagrad: weight_decay = inf {NONNEGATIVE}");
        NAdam::new(-1e-3) => format!("NAdam: learning rate = -0.001 {NONNEGATIVE}");
        NAdam::new(1e-3).betas(1.0, 0.999) => format!("NAdam: the first of betas = 1.0 {BELOW_ONE}");
        NAdam::new(1e-3).betas(0.9, -0.1) => format!("NAdam: the second of betas = -0.1 {BELOW_ONE}");
        NAdam::new(1e-3).eps(0.0) => format!("NAdam: eps = 0.0 {POSITIVE}");
        NAdam::new(1e-3).weight_decay(NAN) => format!("NAdam: weight_decay = NaN {NONNEGATIVE}");
        NAdam::new(1e-3).momentum_decay(-1.0) => format!("NAdam: momentum_decay = -1.0 {NONNEGATIVE}");
        RAdam::new(INF) => format!("RAdam: learning rate = inf {NONNEGATIVE}");
        RAdam::new(1e-3).betas(0.9, 1.0) => format!("RAdam: the second of betas = 1.0 {BELOW_ONE}");
        RAdam::new(1e-3).eps(-1.0) => format!("RAdam: eps = -1.0 {POSITIVE}");
        RAdam::new(1e-3).weight_decay(-1.0) => format!("RAdam: weight_decay = -1.0 {NONNEGATIVE}");
        Lion::new(NAN) => format!("Lion: learning rate = NaN {NONNEGATIVE}");
        Lion::new(1e-3).betas(-0.1, 0.9) => format!("Lion: the first of betas = -0.1 {BELOW_ONE}");
        Lion::new(1e-3).betas(0.9, 1.0) => format!("Lion: the second of betas = 1.0 {BELOW_ONE}");
        Lion::new(1e-3).weight_decay(-1.0) => format!("Lion: weight_decay = -1.0 {NONNEGATIVE}");
        Lamb::new(-1.0) => format!("Lamb: learning rate = -1.0 {NONNEGATIVE}");
        Lamb::new(1e-3).betas(2.0, 0.9) => format!("Lamb: the first of betas = 2.0 {BELOW_ONE}");
        Lamb::new(1e-3).eps(NAN) => format!("Lamb: eps = NaN {POSITIVE}");
        Lamb::new(1e-3).weight_decay(INF) => format!("Lamb: weight_decay = inf {NONNEGATIVE}");
    }
    let mut sgd = Sgd::new(0.1).momentum(0.9).on(&Line::zeros());
    refused! {
        { sgd.set_learning_rate(-1.0) } => format!("Optimizer: learning rate = -1.0 {NONNEGATIVE}");
        { sgd.set_learning_rate(NAN) } => format!("Optimizer: learning rate = NaN {NONNEGATIVE}");
        { sgd.set_momentum(1.0) } => format!("Optimizer: momentum = 1.0 {BELOW_ONE}");
        { sgd.threads(0); } => "Optimizer: threads = 0 must be at least 1";
        { Line::memory(1).threads(0); } => "Memory: threads = 0 must be at least 1";
        Line::memory(0) => "Memory: batch = 0 must be at least 1";
        { Line::infer_memory_for(1).threads(0); } => "InferMemory: threads = 0 must be at least 1";
        Line::infer_memory_for(0) => "InferMemory: batch = 0 must be at least 1";
    }
    assert_eq!(sgd.learning_rate(), 0.1);
}

#[test]
fn schedules() {
    refused! {
        Step::new(0, 0.1) => "Step: every = 0 must be at least 1";
        Step::new(2, -0.1) => format!("Step: gamma = -0.1 {NONNEGATIVE}");
        MultiStep::new([1], NAN) => format!("MultiStep: gamma = NaN {NONNEGATIVE}");
        Exponential::new(-1.0) => format!("Exponential: gamma = -1.0 {NONNEGATIVE}");
        Cosine.over(0) => "Cosine: over = 0 must be at least 1";
        Cosine.down_to(-0.1) => format!("Cosine: down_to = -0.1 {NONNEGATIVE}");
        LinearWarmup::new(5).from(-0.1) => format!("LinearWarmup: from = -0.1 {SHARE}");
        LinearWarmup::new(5).to(2.0) => format!("LinearWarmup: to = 2.0 {SHARE}");
        Polynomial::new(-1.0) => format!("Polynomial: power = -1.0 {NONNEGATIVE}");
        Polynomial::new(1.0).over(0) => "Polynomial: over = 0 must be at least 1";
        WarmRestarts::new(0) => "WarmRestarts: epochs before the first restart = 0 must be at least 1";
        WarmRestarts::new(1).times(0) => "WarmRestarts: times = 0 must be at least 1";
        WarmRestarts::new(1).down_to(INF) => format!("WarmRestarts: down_to = inf {NONNEGATIVE}");
        OneCycle::new(-0.1) => format!("OneCycle: learning rate = -0.1 {NONNEGATIVE}");
        OneCycle::new(0.1).start(0.0) => format!("OneCycle: start = 0.0 {POSITIVE}");
        OneCycle::new(0.1).end(-1e4) => format!("OneCycle: end = -10000.0 {POSITIVE}");
        OneCycle::new(0.1).up(1.5) => format!("OneCycle: up = 1.5 {SHARE}");
        OneCycle::new(0.1).up(0.6).three_phase() => "OneCycle: three phases come down as long as they go up: `up` is at most 0.5";
        OneCycle::new(0.1).three_phase().up(0.6) => "OneCycle: three phases come down as long as they go up: `up` is at most 0.5";
        OneCycle::new(0.1).cycle_momentum(0.9, 1.0) => format!("OneCycle: the higher momentum = 1.0 {BELOW_ONE}");
        OneCycle::new(0.1).cycle_momentum(-0.1, 0.9) => format!("OneCycle: the lower momentum = -0.1 {BELOW_ONE}");
        OneCycle::new(0.1).cycle_momentum(0.9, 0.8) => "OneCycle: `cycle_momentum(least, most)` takes the lower momentum first";
        Plateau::new(1.0, 2) => format!("Plateau: factor = 1.0 {BELOW_ONE}");
        Plateau::new(0.5, 2).down_to(NAN) => format!("Plateau: down_to = NaN {NONNEGATIVE}");
        Plateau::new(0.5, 2).threshold(Threshold::Relative(1.0)) => format!("Plateau: the relative threshold = 1.0 {BELOW_ONE}");
        Plateau::new(0.5, 2).threshold(Threshold::Absolute(-1.0)) => format!("Plateau: the absolute threshold = -1.0 {NONNEGATIVE}");
    }
}

#[test]
fn clipping() {
    refused! {
        clip_norm(&mut [1.0], 0.0) => format!("clip_norm: most = 0.0 {LIMIT}");
        clip_norm(&mut [1.0], NAN) => format!("clip_norm: most = NaN {LIMIT}");
        clip_norm_of(&mut [1.0], -1.0, Norm::L1) => format!("clip_norm: most = -1.0 {LIMIT}");
        clip_norm_of(&mut [1.0], 1.0, Norm::P(0.0)) => format!("Norm: p = 0.0 {LIMIT}");
        Norm::P(-2.0).of(&[1.0]) => format!("Norm: p = -2.0 {LIMIT}");
        Norm::P(NAN).of(&[1.0]) => format!("Norm: p = NaN {LIMIT}");
        clip_value(&mut [1.0], -0.5) => format!("clip_value: most = -0.5 {LIMIT}");
    }
}

network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }

type Points = Samples<Tensor<shape![1]>, Tensor<shape![1]>>;

fn points() -> Points {
    (0..4).map(|i| (Tensor::from([i as f32]), Tensor::from([1.0]))).collect()
}

fn trainer() -> Trainer<Mse, Sgd> {
    Trainer::new(Mse, Sgd::new(0.1)).progress(ProgressBar::Off)
}

#[test]
fn trainers_and_data() {
    refused! {
        trainer().batch(0) => "Trainer: batch = 0 must be at least 1";
        trainer().epochs(0) => "Trainer: epochs = 0 must be at least 1";
        trainer().threads(0) => "Trainer: threads = 0 must be at least 1";
        trainer().workers(0) => "Trainer: workers = 0 must be at least 1";
        trainer().early_stop(0) => "Trainer: early_stop = 0 must be at least 1";
        trainer().clip_norm(0.0) => format!("Trainer: clip_norm = 0.0 {LIMIT}");
        points().split(1.5, 1) => "fraction = 1.5 must be from 0 to 1: the share of the first part";
        points().split(f64::NAN, 1) => "fraction = NaN must be from 0 to 1: the share of the first part";
        { let _ = Dataset::split(&points(), -0.5, 1); } => "fraction = -0.5 must be from 0 to 1: the share of the first part";
        points().subset([0, 99]) => format!("sample 99 of a data set of {}", points().len());
        points().mix_up(0.0) => format!("mix_up: alpha = 0.0 {POSITIVE}");
        Text::from_words("a b").limit(0) => "limit = 0 must be at least 1";
        HorizontalFlip::new(1.5) => format!("HorizontalFlip: probability = 1.5 {SHARE}");
        VerticalFlip::new(-0.5) => format!("VerticalFlip: probability = -0.5 {SHARE}");
        Shift::new(NAN) => format!("Shift: share = NaN {SHARE}");
        Rotate::new(-1.0) => format!("Rotate: degrees = -1.0 {NONNEGATIVE}");
        Scale::new(0.0, 1.0) => format!("Scale: from = 0.0 {POSITIVE}");
        Scale::new(1.0, INF) => format!("Scale: to = inf {POSITIVE}");
        Brightness::new(NAN) => format!("Brightness: amount = NaN {NONNEGATIVE}");
        Contrast::new(-0.1) => format!("Contrast: amount = -0.1 {NONNEGATIVE}");
        Noise::new(INF) => format!("Noise: deviation = inf {NONNEGATIVE}");
        Cutout::new(0) => "Cutout: side = 0 must be at least 1";
    }
}

#[test]
fn a_schedule_that_gives_no_rate_ends_the_training() {
    let data = points();
    let end = |given: fn(usize) -> f32| {
        let mut net = Line::init(&mut rng(1));
        let before = net.params().as_slice().to_vec();
        let schedule = move |_: f32, at: fireclay::optim::Progress| given(at.step);
        let end = trainer().batch(2).schedule(schedule).fit(&mut net, &data).expect_err("no rate").to_string();
        assert_eq!(net.params().as_slice(), before, "the last whole epoch was none");
        end
    };
    let text = end(|step| 0.1 - 0.2 * step as f32);
    assert!(
        text.starts_with(
            "the schedule gives the learning rate -0.1 in epoch 1, step 2: a learning rate is finite and at least 0"
        ),
        "{text}"
    );
    let text = end(|_| NAN);
    assert!(text.starts_with("the schedule gives the learning rate NaN in epoch 1, step 1"), "{text}");
}

/// A momentum of 0 is one like others where there is a velocity: the step is that of the gradient alone, and the velocity is there when the
/// momentum rises again.
#[test]
fn a_momentum_that_comes_down_to_zero() {
    fn steps<A: Algorithm>(algorithm: A) -> [f32; 4] {
        let mut net = Line::zeros();
        let mut optimizer = algorithm.on(&net);
        let mut grads = Line::grads();
        grads.as_mut_slice().fill(1.0);
        [0.5, 0.0, 0.0, 0.5].map(|momentum| {
            optimizer.set_momentum(momentum);
            let before = net.fc.bias[0];
            optimizer.step(&mut net, &grads);
            before - net.fc.bias[0]
        })
    }
    assert_eq!(steps(Sgd::new(1.0).momentum(0.5)), [1.0, 1.0, 1.0, 1.5]);
    // Not asked for, there is none.
    assert_eq!(steps(Sgd::new(1.0)), [1.0; 4]);
    // With α = 0 each gradient is divided by itself.
    let found = steps(RmsProp::new(1.0).alpha(0.0).momentum(0.5));
    assert!(found.iter().zip([1.0, 1.0, 1.0, 1.5]).all(|(found, right)| (found - right).abs() < 1e-6), "{found:?}");
}

/// What makes sense is taken, at the ends of the ranges too; and builders are constants.
#[test]
fn settings_that_make_sense() {
    const OPTIMIZER: Sgd = Sgd::new(0.0).momentum(0.0).dampening(0.0).nesterov(true).weight_decay(0.0);
    const CYCLE: OneCycle = OneCycle::new(0.1).up(0.5).three_phase().cycle_momentum(0.85, 0.95);
    const PLATEAU: Plateau = Plateau::new(0.0, 0).threshold(Threshold::Absolute(0.0)).down_to(0.0);
    const LOSS: Weighted<Huber> = Huber.delta(0.5).weight(-1.0);
    let _ = (OPTIMIZER, CYCLE, PLATEAU, LOSS, CrossEntropy.smoothing(1.0).ignore(0), Focal.alpha(-1.0).gamma(0.0));
    let _ = (Adam::new(0.1).betas(0.0, 0.0), LinearWarmup::new(0).from(0.0).to(1.0), SmoothL1.beta(0.0));
    assert_eq!(clip_norm(&mut [3.0, 4.0], INF), 5.0);
}

#[test]
fn norms_of_every_power() {
    let numbers = [3.0, -4.0, 0.5];
    assert_eq!(Norm::P(INF).of(&numbers), 4.0);
    assert_eq!(Norm::P(1.0).of(&numbers), 7.5);
    assert!((Norm::P(2.0).of(&numbers) - Norm::L2.of(&numbers)).abs() < 1e-6);
    // The larger p, the nearer to the largest, and no power overflows or vanishes.
    assert!((Norm::P(3.0).of(&numbers) - 91.125_f32.cbrt()).abs() < 1e-6);
    assert!((Norm::P(1000.0).of(&numbers) - 4.0).abs() < 1e-6);
    assert!((Norm::P(400.0).of(&[1e-30, -1e-30]) - 1e-30 * 2.0_f32.powf(1.0 / 400.0)).abs() < 1e-36);
    assert!((Norm::P(0.5).of(&[1.0, 4.0]) - 9.0).abs() < 1e-5);
    for norm in [Norm::L1, Norm::L2, Norm::Max, Norm::P(3.0), Norm::P(INF)] {
        assert_eq!(norm.of(&[]), 0.0);
        assert_eq!(norm.of(&[0.0, -0.0]), 0.0);
        assert_eq!(norm.of(&[1.0, -INF]), INF);
        assert!(norm.of(&[1.0, NAN, 2.0]).is_nan());
    }
}

/// Against f64, where the difference of the mean square and the square of the mean still has digits.
#[test]
fn a_centered_step_under_a_steady_gradient() {
    for gradient in [1.0_f32, 0.3, -7.0, 1e-4] {
        let algorithm = RmsProp::new(1e-3).alpha(0.9).centered(true);
        let (mut param, mut state) = ([0.0_f32], [0.0_f32; 2]);
        let (mut right, mut square, mut mean) = (0.0_f64, 0.0_f64, 0.0_f64);
        let (g, alpha) = (f64::from(gradient), 0.9_f64);
        for step in 1..=5000 {
            algorithm.update(1e-3, step, &mut param, &[gradient], &mut state);
            assert!(param[0].is_finite(), "{gradient}, step {step}: {param:?}");
            square = alpha * square + (1.0 - alpha) * g * g;
            mean = alpha * mean + (1.0 - alpha) * g;
            if step <= 100 {
                right -= 1e-3 * g / ((square - mean * mean).sqrt() + 1e-8);
                let off = (f64::from(param[0]) - right).abs();
                assert!(off <= 1e-4 * right.abs(), "{gradient}, step {step}: {param:?}, right is {right}");
            }
        }
    }
}

network! { pub Pixels(image: [1, 2, 2]) -> [3] { image -> Flatten -> fc: Dense(3) } }

#[test]
fn explain() {
    let net = &*Pixels::zeros();
    let (x, classes) = (&Batch::zeros(2), &IndexBatch::from_indices(&[0, 2]).unwrap());
    refused! {
        fgsm(net, x, CrossEntropy, classes, NAN) => format!("fgsm: epsilon = NaN {NONNEGATIVE}");
        fgsm(net, x, CrossEntropy, classes, -0.1) => format!("fgsm: epsilon = -0.1 {NONNEGATIVE}");
        saliency(net, x, &IndexBatch::from_indices(&[1]).unwrap()) => "1 targets for a batch of 2 samples";
        saliency(net, &Batch::zeros(0), &IndexBatch::from_indices(&[]).unwrap()) => "Memory: batch = 0 must be at least 1";
        Pgd::new(INF) => format!("Pgd: epsilon = inf {NONNEGATIVE}");
        Pgd::new(0.1).step(NAN) => format!("Pgd: step = NaN {NONNEGATIVE}");
        Pgd::new(0.1).steps(0) => "Pgd: steps = 0 must be at least 1";
        Pgd::new(0.1).range(NAN, 1.0) => "Pgd: start of the range = NaN must be a finite number";
        Pgd::new(0.1).range(1.0, 0.0) => "Pgd: the end of the range is less than its start";
        Ascent::new(0, 0.1) => "Ascent: steps = 0 must be at least 1";
        Ascent::new(1, NAN) => format!("Ascent: rate = NaN {POSITIVE}");
        Ascent::new(1, 0.1).l2(-1.0) => format!("Ascent: l2 = -1.0 {NONNEGATIVE}");
        Ascent::new(1, 0.1).total_variation(INF) => format!("Ascent: total_variation = inf {NONNEGATIVE}");
        Ascent::new(1, 0.1).blur(0.0, 1) => format!("Ascent: blur = 0.0 {POSITIVE}");
        Ascent::new(1, 0.1).blur(1.0, 0) => "Ascent: steps between blurs = 0 must be at least 1";
        Ascent::new(1, 0.1).run(x, |_| Batch::<shape![1, 2, 2]>::zeros(1)) => "a gradient of 1 samples for 2";
        Batch::<shape![2]>::uniform(1, 0.0..NAN, &mut rng(1)) => "Batch: end of the range = NaN must be a finite number";
        Batch::<shape![2]>::uniform(1, 1.0..0.0, &mut rng(1)) => "Batch: a range from 1.0 to 0.0: the end lies before the start";
    }
    // The largest range there is.
    let all = Batch::<shape![64]>::uniform(4, f32::MIN..f32::MAX, &mut rng(1)).to_vec();
    assert!(all.iter().all(|x| x.is_finite()) && all.iter().any(|x| *x < 0.0) && all.iter().any(|x| *x > 0.0));
    assert_eq!(Batch::<shape![2]>::uniform(1, 3.0..3.0, &mut rng(1)).to_vec(), [3.0, 3.0]);
}
