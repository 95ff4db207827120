//! Losses over several micro-batches, against finite differences; padding lanes; tuples of losses.

use fireclay::Layout;
use fireclay::loss::{
    Bce, BceWithLogits, CosineEmbedding, CrossEntropy, Ctc, Dice, EpsilonInsensitive, Focal, GaussianNll, Hinge, HingeEmbedding,
    Huber, KlDiv, L1, Loss, MicroBatch, Mse, MultiLabelSoftMargin, MultiMargin, Nll, PoissonNll, SmoothL1, SoftmaxFocal,
    SvmHinge, TripletMargin, each, evaluate,
};
use fireclay::{check as differences, prelude::*};

/// More than one micro-batch, the last one not full.
const SAMPLES: usize = 21;

/// Numbers that look like noise, between `low` and `high`.
fn noise<S: Shape>(seed: usize, low: f32, high: f32) -> Batch<S> {
    Batch::from_fn(SAMPLES, |i, j| {
        let x = ((i * S::LEN + j + 1) * 7919 + seed * 104_729) % 1009;
        low + (high - low) * x as f32 / 1009.0
    })
}

/// Holds every derivative against a difference quotient, and the padding lanes against zero.
fn check<S: Shape, T: Copy>(name: &str, loss: &impl Loss<Tensor<S>, T>, x: &Batch<S>, targets: T) {
    const STEP: f32 = 1e-2;
    let (_, gradient) = evaluate(loss, x, targets);
    let sample = x.position(SAMPLES - 1, 0);
    for lane in SAMPLES % 16..16 {
        let padding = (sample / 16 * 16..).step_by(16).map(|line| line + lane).take(S::LEN);
        assert!(padding.into_iter().all(|at| gradient.as_slice()[at] == 0.0), "{name}: a padding lane has a gradient");
    }
    let mut apart = Batch::<S>::in_layout(SAMPLES, Layout::Chw);
    apart.set_len(SAMPLES);
    for i in 0..SAMPLES {
        apart.set(i, &x.sample(i));
    }
    let (value, _) = evaluate(loss, x, targets);
    let (value_apart, gradient_apart) = evaluate(loss, &apart, targets);
    assert!((value - value_apart).abs() <= 1e-5 * value.abs(), "{name}: {value} and, sample after sample, {value_apart}");
    for (a, b) in gradient.to_vec().iter().zip(gradient_apart.to_vec()) {
        assert!((a - b).abs() <= 1e-6 * a.abs().max(1e-2), "{name}: the gradients of the layouts differ: {a} and {b}");
    }
    let mut moved = x.clone();
    for i in [0, 15, 16, SAMPLES - 1] {
        for j in 0..S::LEN {
            let at = x.position(i, j);
            let mut value = |x: f32| {
                let before = std::mem::replace(&mut moved.as_mut_slice()[at], x);
                let (loss, _) = evaluate(loss, &moved, targets);
                moved.as_mut_slice()[at] = before;
                loss
            };
            let here = x.as_slice()[at];
            let quotient = (value(here + STEP) - value(here - STEP)) / (2.0 * STEP);
            let derivative = gradient.as_slice()[at];
            assert!(
                (quotient - derivative).abs() <= 2e-2 * derivative.abs() + 2e-3,
                "{name} at {i}, {j}: {derivative}, difference quotient {quotient}"
            );
        }
    }
}

#[test]
fn numbers_against_numbers() {
    type S = shape![2, 3];
    let (x, t) = (&noise::<S>(1, -2.0, 2.0), &noise::<S>(2, -1.0, 1.0));
    let (p, q) = (&noise::<S>(3, 0.1, 0.9), &noise::<S>(4, 0.05, 0.95));
    let signs = &Batch::<S>::from_fn(SAMPLES, |i, j| if (i + j) % 3 == 0 { 1.0 } else { -1.0 });
    check("mse", &Mse.sum(), x, t);
    check("mse against one number", &Mse.sum(), x, 0.5);
    check("mean", &Mse, x, t);
    check("weighted", &Mse.sum().weight(-0.5), x, t);
    check("l1", &L1.sum(), x, 3.0);
    check("huber", &Huber.delta(0.7).sum(), x, t);
    check("smooth l1", &SmoothL1.beta(0.7).sum(), x, t);
    check("bce", &Bce.sum(), p, q);
    check("bce of logits", &BceWithLogits.pos_weight([0.5, 2.0, 3.0]).sum(), x, q);
    check("focal", &Focal.gamma(1.5).alpha(0.3).sum(), x, q);
    check("kl", &KlDiv.sum(), x, q);
    check("kl of logarithms", &KlDiv.log_target().batch_mean(), x, t);
    check("hinge", &Hinge.sum(), &noise::<S>(1, 1.2, 2.0), signs);
    check("hinge embedding", &HingeEmbedding.margin(3.0).sum(), x, signs);
    // Nothing lies within 0.01 of a kink.
    check("epsilon-insensitive", &EpsilonInsensitive.epsilon(0.5).sum(), x, 3.0);
    check("several labels", &MultiLabelSoftMargin.class_weights([0.5, 2.0, 3.0, 1.0, 0.0, 1.0]).sum(), x, q);
    check("poisson", &PoissonNll.full().sum(), x, &noise::<S>(5, 0.0, 4.0));
    check("poisson of rates", &PoissonNll.log_input(false).sum(), &noise::<S>(3, 0.5, 3.0), &noise::<S>(5, 0.0, 4.0));
    check("dice", &Dice.sum(), x, q);
    check("dice of squares", &Dice.squared().smooth(0.0).sum(), x, q);
}

#[test]
fn scores_against_classes() {
    let x = &noise::<shape![4]>(1, -2.0, 2.0);
    let t = &IndexBatch::<4>::from_samples((0..SAMPLES).filter_map(|i| Index::new(i * 7 % 4)));
    check("cross-entropy", &CrossEntropy.sum(), x, t);
    check("smoothed and weighted", &CrossEntropy.smoothing(0.2).class_weights([1.0, 2.0, 0.5, 3.0]).sum(), x, t);
    check("ignored", &CrossEntropy.ignore(2).sum(), x, t);
    check("probabilities", &CrossEntropy.sum(), x, &noise::<shape![4]>(5, 0.0, 1.0));
    check("nll", &Nll.class_weights([1.0, 2.0, 0.5, 3.0]).sum(), x, t);
    check("multi-margin", &MultiMargin.squared().margin(5.0).sum(), x, t);
    check("svm", &SvmHinge.margin(5.0).sum(), x, t);
    check("focal", &SoftmaxFocal.gamma(1.5).class_weights([1.0, 2.0, 0.5, 3.0]).sum(), x, t);

    let unknown = &IndexBatch::<5>::from_samples((0..SAMPLES).filter_map(|i| Index::new(i * 7 % 5)));
    check("unlabeled", &CrossEntropy.sum().unlabeled(), x, unknown);

    let mut rows = IndicesBatch::<4, 6>::with_capacity(SAMPLES);
    rows.set_len(SAMPLES);
    for i in 0..SAMPLES {
        let classes: Vec<_> = (0..6).map(|j| (i + j * j) % 4).collect();
        rows.set_all(i, &Indices::new(&classes).expect("classes below 4"));
    }
    let maps = &noise::<shape![4, 2, 3]>(1, -2.0, 2.0);
    check("an image of classes", &CrossEntropy.sum(), maps, &rows);
    check("focal of an image", &SoftmaxFocal.ignore(2).sum(), maps, &rows);
    check("dice of classes", &Dice.sum(), maps, &rows);
    check("dice of squares without a class", &Dice.squared().ignore(1).sum(), maps, &rows);
    check("a sequence of classes", &CrossEntropy.sum(), &noise::<shape![6, 4]>(1, -2.0, 2.0), &rows);
}

#[test]
fn means_divide_by_the_whole_batch() {
    let x = &noise::<shape![4]>(1, -2.0, 2.0);
    let t = &IndexBatch::<4>::from_samples((0..SAMPLES).filter_map(|i| Index::new(i % 4)));
    let (mean, sum) = (evaluate(&CrossEntropy, x, t).0, evaluate(&CrossEntropy.sum(), x, t).0);
    assert!((mean * SAMPLES as f32 - sum).abs() < 1e-4);
    let weights = [1.0, 2.0, 0.5, 3.0];
    let total: f32 = (0..SAMPLES).map(|i| weights[i % 4]).sum();
    let loss = CrossEntropy.class_weights(weights);
    assert!((evaluate(&loss, x, t).0 * total - evaluate(&loss.clone().sum(), x, t).0).abs() < 1e-4);
    // Where nothing counts there is no loss, and not NaN.
    let same = &IndexBatch::<4>::from_samples((0..SAMPLES).filter_map(|_| Index::new(1)));
    assert_eq!(evaluate(&CrossEntropy.ignore(1), x, same).0, 0.0);
}

#[test]
fn a_tuple_of_losses_adds_them() {
    type Outputs = (Tensor<shape![3]>, Tensor<shape![2]>);
    let part = MicroBatch { first: 0, layout: Layout::Chwn16, count: 16, samples: SAMPLES };
    let (class, corners) = (noise::<shape![3]>(1, -1.0, 1.0), noise::<shape![2]>(2, -1.0, 1.0));
    let t = IndexBatch::<3>::from_samples((0..SAMPLES).filter_map(|i| Index::new(i % 3)));
    let (mut g, mut h) = (vec![0.0; 48], vec![0.0; 32]);
    let both = (CrossEntropy, Mse.weight(0.5));
    let targets = (&t, &corners);
    let of = |loss: &(_, _)| Loss::<Outputs, (&IndexBatch<3>, &Batch<shape![2]>)>::targets(loss, targets);
    assert_eq!(of(&both), Some(SAMPLES));
    let loss = Loss::<Outputs, (&IndexBatch<3>, f32)>::micro(
        &both,
        part,
        (&class.as_slice()[..48], &corners.as_slice()[..32]),
        (&t, 0.0),
        (&mut g, &mut h),
    );
    let alone = Loss::<Tensor<shape![3]>, _>::micro(&CrossEntropy, part, &class.as_slice()[..48], &t, &mut [0.0; 48])
        + 0.5 * Loss::<Tensor<shape![2]>, _>::micro(&Mse, part, &corners.as_slice()[..32], 0.0, &mut [0.0; 32]);
    assert!((loss - alone).abs() < 1e-6);
    assert!(g.iter().chain(&h).any(|x| *x != 0.0));
}

#[test]
#[should_panic(expected = "20 targets for 21 outputs")]
fn a_wrong_number_of_targets() {
    let t = IndexBatch::<4>::from_samples((0..20).filter_map(|i| Index::new(i % 4)));
    evaluate(&CrossEntropy, &noise::<shape![4]>(1, 0.0, 1.0), &t);
}

#[test]
#[should_panic(expected = "3 class weights for 4 classes")]
fn a_wrong_number_of_weights() {
    let t = IndexBatch::<4>::from_samples((0..SAMPLES).filter_map(|i| Index::new(i % 4)));
    evaluate(&CrossEntropy.class_weights([1.0; 3]), &noise::<shape![4]>(1, 0.0, 1.0), &t);
}

/// The example of Stanford's CS231n: a cat, a car and a frog, by the scores of the three classes.
#[test]
fn the_hinge_of_the_course() {
    let scores = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]].map(Tensor::from);
    let (scores, classes) = (Batch::from_samples(&scores), IndexBatch::<3>::from_indices(&[0, 1, 2]).expect("below 3"));
    let losses = each(&SvmHinge, &scores, &classes);
    for (loss, right) in losses.iter().zip([2.9, 0.0, 12.9]) {
        assert!((loss - right).abs() < 1e-5, "{losses:?}");
    }
    assert!((evaluate(&SvmHinge, &scores, &classes).0 - 15.8 / 3.0).abs() < 1e-5);
}

#[test]
fn each_sample_by_itself() {
    let (x, t) = (&noise::<shape![2, 3]>(1, -2.0, 2.0), &noise::<shape![2, 3]>(2, -1.0, 1.0));
    for losses in [each(&Mse, x, t), each(&Mse.sum(), x, t), each(&Mse.batch_mean(), x, t)] {
        let right =
            |i: usize| x.sample(i).as_slice().iter().zip(t.sample(i).as_slice()).map(|(x, t)| (x - t).powi(2)).sum::<f32>();
        assert!(losses.len() == SAMPLES && losses.iter().enumerate().all(|(i, loss)| (loss - right(i)).abs() < 1e-4));
    }
    // Each term by its own divisor; what does not count has no loss.
    let y = &noise::<shape![4]>(3, -2.0, 2.0);
    let class = &IndexBatch::<4>::from_samples((0..SAMPLES).filter_map(|i| Index::new(i % 4)));
    let losses = each(&(L1.weight(0.5), CrossEntropy.ignore(2)), &(x.clone(), y.clone()), (t, class));
    let (l1, ce) = (each(&L1, x, t), each(&CrossEntropy, y, class));
    for i in 0..SAMPLES {
        let right = 0.5 * l1[i] + if i % 4 == 2 { 0.0 } else { ce[i] };
        assert!((losses[i] - right).abs() < 1e-4, "{i}: {} instead of {right}", losses[i]);
    }
}

#[test]
fn sequences_against_shorter_ones() {
    let x = &noise::<shape![7, 4]>(1, -2.0, 2.0);
    // Of three labels, two, one and none; equal ones in a row.
    let labels = [[1, 1, 3], [2, 3, 0], [3, 0, 0], [0, 0, 0]];
    let targets = &IndicesBatch::<4, 3>::from_sequences((0..SAMPLES).filter_map(|i| Indices::new(&labels[i % 4])));
    let lengths = &IndexBatch::<8>::from_samples((0..SAMPLES).filter_map(|i| Index::new(7 - i % 3)));
    check("ctc", &Ctc.sum(), x, targets);
    check("ctc, the mean", &Ctc.batch_mean().weight(9.0), x, targets);
    check("ctc of several lengths", &Ctc.sum(), x, (targets, lengths));

    // Every way of writing two labels in three steps, written down: "abb", "aab", "ab_", "a_b", "_ab".
    let x = &Batch::from_samples([&Tensor::from([[0.3, -1.0, 0.7], [1.2, 0.4, -0.5], [-0.8, 0.1, 0.9]])]);
    let p = |t: usize, k: usize| {
        let x = x.sample(0);
        x[t][k].exp() / x[t].iter().map(|x| x.exp()).sum::<f32>()
    };
    let ways = [[1, 2, 2], [1, 1, 2], [1, 2, 0], [1, 0, 2], [0, 1, 2]];
    let all: f32 = ways.iter().map(|way| way.iter().enumerate().map(|(t, k)| p(t, *k)).product::<f32>()).sum();
    let target = IndicesBatch::<3, 2>::from_sequences(Indices::new(&[1, 2]));
    assert!((evaluate(&Ctc.sum(), x, &target).0 + all.ln()).abs() < 1e-6);
    assert!((evaluate(&Ctc, x, &target).0 + all.ln() / 2.0).abs() < 1e-6);
}

#[test]
fn several_outputs_at_once() -> fireclay::Result<()> {
    network! {
        pub Two(x: [3]) -> (a: [4], b: [4]) { let h = x -> fc: Dense(5) -> Tanh; (a: h -> a: Dense(4), b: h -> b: Dense(4) -> Softplus) }
        pub One(x: [3]) -> (a: [4], b: [1]) { let h = x -> fc: Dense(5) -> Tanh; (a: h -> a: Dense(4), b: h -> b: Dense(1) -> Softplus) }
        pub Three(x: [3]) -> (a: [4], b: [4], c: [4]) {
            let h = x -> fc: Dense(5) -> Tanh;
            (a: h -> a: Dense(4), b: h -> b: Dense(4), c: h -> c: Dense(4))
        }
    }
    let (x, t) = (&noise::<shape![3]>(1, -1.0, 1.0), &noise::<shape![4]>(2, -1.0, 1.0));
    let signs = &Batch::<shape![1]>::from_fn(SAMPLES, |i, _| if i % 3 == 0 { 1.0 } else { -1.0 });
    let (two, one, three) = (Two::init(&mut rng(1)), One::init(&mut rng(2)), Three::init(&mut rng(3)));
    differences::gradient(&two, x, GaussianNll, t)?;
    differences::gradient(&one, x, GaussianNll.full().sum().weight(0.5), 0.25)?;
    differences::gradient(&two, x, CosineEmbedding.margin(-0.5), signs)?;
    for loss in [TripletMargin.margin(4.0), TripletMargin.margin(4.0).p(3.0).swap(), TripletMargin.margin(9.0).p(1.0)] {
        differences::gradient(&three, x, loss, ())?;
        differences::gradient(&three, x, loss.sum().weight(0.1), t)?;
    }
    // In a training: of what the data has as its target such a loss takes what it needs.
    let data: fireclay::data::Samples<_, _> = (0..SAMPLES).map(|i| (x.sample(i), t.sample(i))).collect();
    let mut net = Three::init(&mut rng(3));
    let history = Trainer::new(TripletMargin, Adam::new(0.01)).epochs(20).progress(ProgressBar::Off).fit(&mut net, &data)?;
    assert!(history.epochs()[19].loss < 0.5 * history.epochs()[0].loss);
    Ok(())
}
