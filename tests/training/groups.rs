//! Groups of parameters: other rates and decays, penalties, clipping, freezing. (`tests/golden` has trajectories beside PyTorch's.)

use fireclay::optim::{Adagrad, Grouped, Lamb, Lion, NAdam, Norm, RAdam, RmsProp};
use fireclay::prelude::*;

network! {
    pub Trunk(x: [4]) -> [6] { x -> fc: Dense(6) -> bn: BatchNorm -> Tanh }
    pub Small(x: [4]) -> [3] { x -> trunk: net Trunk -> #[frozen] mid: Dense(5) -> Tanh -> head: Dense(3) }
    /// A weight of more than two pieces, a small one, and one that ends within a piece.
    pub Wide(x: [300]) -> [10] { x -> a: Dense(256) -> Tanh -> b: Dense(200) -> Tanh -> c: Dense(10) }
}

/// A deterministic number from −1 to 1.
fn number(i: usize) -> f32 {
    ((i * 7919 + 13) % 2003) as f32 / 1001.0 - 1.0
}

fn fill<N: Network>(grads: &mut Grads<N>, salt: usize) {
    grads.as_mut_slice().iter_mut().enumerate().for_each(|(i, g)| *g = number(i + 31 * salt));
}

/// Parameters and moments after so many steps.
fn run<N: Network + Train + AsNetwork<Network = N>>(
    mut optimizer: Optimizer<impl Algorithm, N>,
    steps: usize,
) -> (Vec<f32>, Vec<f32>) {
    let (mut net, mut grads) = (N::init(&mut rng(1)), N::grads());
    for step in 0..steps {
        fill(&mut grads, step);
        optimizer.step(&mut *net, &grads);
    }
    (net.params().as_slice().to_vec(), optimizer.state().to_vec())
}

macro_rules! every {
    ($check:ident) => {
        $check(Sgd::new(0.1).weight_decay(0.01));
        $check(Sgd::new(0.1).momentum(0.9).nesterov(true));
        $check(Adam::new(1e-2).weight_decay(0.01));
        $check(Adam::new(1e-2).amsgrad(true));
        $check(AdamW::new(1e-2));
        $check(RmsProp::new(1e-2).momentum(0.5).centered(true));
        $check(Adagrad::new(1e-2));
        $check(NAdam::new(1e-2));
        $check(RAdam::new(1e-2));
        $check(Lion::new(1e-3).weight_decay(0.1));
        $check(Lamb::new(1e-2));
    };
}

/// Groups that say what the optimizer says anyway: other calls, cut at every tensor, and the same bits.
#[test]
fn a_group_like_the_rest_changes_no_bit() {
    fn check<A: Algorithm>(algorithm: A) {
        let net = Wide::init(&mut rng(1));
        let rate = algorithm.learning_rate();
        let grouped = || algorithm.clone().group("*.bias", |g| g.learning_rate(rate)).group("b.*", |g| g.learning_rate(rate));
        let wanted = run::<Wide>(algorithm.clone().on(&net), 3);
        for threads in [1, 2, 5] {
            let mut optimizer = grouped().on(&net);
            optimizer.threads(threads);
            assert!(run::<Wide>(optimizer, 3) == wanted, "{threads} threads");
        }
        // So a checkpoint of the one is a checkpoint of the other.
        let mut grads = Wide::grads();
        fill(&mut grads, 9);
        let (mut net, mut other) = (Wide::init(&mut rng(3)), Wide::init(&mut rng(3)));
        let (mut plain, mut groups) = (algorithm.clone().on(&net), grouped().on(&net));
        assert!(plain.restore(3, &wanted.1) && groups.restore(3, &wanted.1));
        plain.step(&mut *net, &grads);
        groups.step(&mut *other, &grads);
        assert!(net.params().as_slice() == other.params().as_slice() && plain.state() == groups.state());
    }
    every!(check);
}

/// Each tensor follows as it would alone.
#[test]
fn a_group_has_its_own_rate_and_decay() {
    fn check<A: Algorithm>(algorithm: A) {
        let (net, steps) = (Small::init(&mut rng(1)), 5);
        let grouped = algorithm
            .clone()
            .group("*.bias", |g| g.weight_decay(0.0))
            .group("trunk.*", |g| g.learning_rate(1e-3).weight_decay(0.2))
            .group("trunk.bn", |g| g.weight_decay(0.0));
        let found = run::<Small>(grouped.on(&net), steps).0;
        for tensor in Small::INFO.tensors.iter().filter(|tensor| tensor.grad.is_some()) {
            let mut own = algorithm.clone();
            let trunk = tensor.path.starts_with("trunk.");
            let rate = if trunk { 1e-3 } else { own.learning_rate() };
            match tensor.path {
                "trunk.fc.weight" | "trunk.fc.bias" => assert!(own.set_weight_decay(0.2)),
                path if trunk || path.ends_with("bias") => assert!(own.set_weight_decay(0.0)),
                _ => {}
            }
            let range = tensor.offset..tensor.offset + tensor.len;
            let mut params = net.params().as_slice()[range.clone()].to_vec();
            let mut state = vec![0.0; own.state_rows() * tensor.len];
            for step in 0..steps {
                let grads: Vec<f32> = (0..tensor.len).map(|i| number(tensor.grad.expect("trained") + i + 31 * step)).collect();
                own.begin(step as u64 + 1);
                own.update(rate, step as u64 + 1, &mut params, &grads, &mut state);
            }
            assert_eq!(found[range], params, "{}", tensor.path);
        }
    }
    every!(check);
}

#[test]
fn schedules_scale_every_rate() {
    let net = Small::init(&mut rng(1));
    let mut optimizer = Sgd::new(0.1).group("trunk", |g| g.learning_rate(0.3)).freeze("trunk.bn").on(&net);
    let rates = |optimizer: &Optimizer<Grouped<Sgd>, Small>| {
        ["head.weight", "trunk.fc.bias", "trunk.bn.weight", "mid.weight", "nothing"].map(|name| optimizer.learning_rate_of(name))
    };
    assert_eq!(rates(&optimizer), [Some(0.1), Some(0.3), None, None, None]);
    optimizer.set_learning_rate(0.05);
    assert_eq!(rates(&optimizer), [Some(0.05), Some(0.15), None, None, None]);
    optimizer.set_learning_rate(0.1);
    assert_eq!(rates(&optimizer)[1], Some(0.3));
}

#[test]
fn weights_alone_decay() {
    let (mut net, grads) = (Small::init(&mut rng(1)), Small::grads());
    net.params_mut().as_mut_slice().fill(1.0);
    AdamW::new(0.1).weight_decay(0.5).decay_weights_only().on(&net).step(&mut net, &grads);
    for tensor in Small::INFO.tensors.iter().filter(|tensor| !tensor.buffer) {
        let wanted = if tensor.path.ends_with("fc.weight") || tensor.path == "head.weight" { 0.95 } else { 1.0 };
        assert!(net.tensor(tensor.path).is_some_and(|numbers| numbers.iter().all(|x| *x == wanted)), "{}", tensor.path);
    }
}

#[test]
fn what_is_frozen_keeps_every_bit() {
    fn check<A: Algorithm>(algorithm: A) {
        let (mut net, mut grads) = (Small::init(&mut rng(1)), Small::grads());
        let before = net.clone();
        let mut optimizer = algorithm.weight_decay_and_freeze().on(&net);
        for step in 0..3 {
            fill(&mut grads, step);
            optimizer.step(&mut net, &grads);
        }
        for tensor in Small::INFO.tensors.iter().filter(|tensor| !tensor.buffer) {
            let stays = tensor.path.starts_with("trunk.") || tensor.path.starts_with("mid.");
            assert_eq!(net.tensor(tensor.path) == before.tensor(tensor.path), stays, "{}", tensor.path);
        }
        let trunk =
            Small::INFO.tensors.iter().filter(|tensor| tensor.path.starts_with("trunk.") && !tensor.buffer).map(|t| t.len);
        let moments = optimizer.state().iter().filter(|m| **m != 0.0).count();
        assert!(moments <= optimizer.state().len() - trunk.sum::<usize>() * optimizer.algorithm().state_rows());
    }
    trait Freeze: Algorithm {
        fn weight_decay_and_freeze(self) -> Grouped<Self> {
            self.group("*", |g| g.weight_decay(0.1).l1(0.1)).freeze("trunk.*")
        }
    }
    impl<A: Algorithm> Freeze for A {}
    every!(check);
}

/// What was frozen from the start begins with its own first step, also where a checkpoint lies between.
#[test]
fn what_thaws_begins_anew() {
    fn check<A: Algorithm>(algorithm: A) {
        let (mut net, mut grads) = (Small::init(&mut rng(1)), Small::grads());
        let mut optimizer = algorithm.clone().on(&net);
        optimizer.freeze("head").expect("there");
        for step in 0..4 {
            fill(&mut grads, step);
            optimizer.step(&mut net, &grads);
        }
        let (mut again, mut fresh) = (net.clone(), net.clone());
        let mut resumed = algorithm.clone().freeze("head").on(&net);
        assert!(resumed.restore(optimizer.steps(), optimizer.state()));
        optimizer.unfreeze("head").expect("there");
        resumed.unfreeze("head").expect("there");
        let mut first = algorithm.on(&net);
        for step in 7..10 {
            fill(&mut grads, step);
            optimizer.step(&mut net, &grads);
            resumed.step(&mut again, &grads);
            first.step(&mut fresh, &grads);
        }
        assert_eq!((&net.head.weight, &net.head.bias), (&fresh.head.weight, &fresh.head.bias));
        if optimizer.algorithm().state_rows() > 0 {
            assert_eq!(net.params().as_slice(), again.params().as_slice());
        }
        assert_ne!(net.trunk.fc.weight, fresh.trunk.fc.weight);
    }
    check(Sgd::new(0.1).momentum(0.9).dampening(0.5));
    check(Adam::new(1e-2).weight_decay(0.01));
    check(AdamW::new(1e-2));
    check(RmsProp::new(1e-2));
    check(NAdam::new(1e-2));
    check(RAdam::new(1e-2));
    check(Lamb::new(1e-2));
}

/// Against formulas.
#[test]
fn penalties() {
    type Function = fn(f64) -> f64;
    let groups: [(&str, Function, Function); 5] = [
        ("l1", |x| 0.3 * x.abs(), |x| 0.3 * x.signum()),
        ("l2", |x| 0.3 * x * x / 2.0, |x| 0.3 * x),
        ("lp", |x| 0.3 * x.abs().powf(1.5) / 1.5, |x| 0.3 * x.abs().sqrt() * x.signum()),
        ("l3", |x| 0.3 * x.abs().powi(3) / 3.0, |x| 0.3 * x * x.abs()),
        ("elastic", |x| 0.2 * x.abs() + 0.4 * x * x / 2.0, |x| 0.2 * x.signum() + 0.4 * x),
    ];
    for (name, value, derivative) in groups {
        let group = |g: fireclay::optim::Group| match name {
            "l1" => g.l1(0.3),
            "l2" => g.l2(0.3),
            "lp" => g.lp(1.5, 0.3),
            "l3" => g.lp(3.0, 0.3),
            _ => g.elastic_net(0.2, 0.4),
        };
        let (mut net, mut grads) = (Small::init(&mut rng(1)), Small::grads());
        net.head.bias.fill(0.0); // where the derivative is 0
        let before = net.clone();
        fill(&mut grads, 1);
        let mut optimizer = Sgd::new(0.5).group("head", group).on(&net);
        let numbers = || before.head.weight.as_flattened().iter().map(|x| f64::from(*x));
        let wanted: f64 = numbers().map(value).sum();
        assert!((f64::from(optimizer.penalty(&net)) - wanted).abs() < 1e-6 * wanted, "{name}");
        optimizer.step(&mut net, &grads);
        let own = grads.tensor("head.weight").expect("trained");
        for ((x, g), found) in numbers().zip(own).zip(net.head.weight.as_flattened()) {
            let wanted = x - 0.5 * (f64::from(*g) + derivative(x));
            assert!((f64::from(*found) - wanted).abs() < 1e-6, "{name}: {found} instead of {wanted}");
        }
        let bias = grads.tensor("head.bias").expect("trained");
        assert!(net.head.bias.iter().zip(bias).all(|(b, g)| *b == -0.5 * g), "{name}");
        let trunk = grads.tensor("trunk.fc.bias").expect("trained");
        assert!(net.trunk.fc.bias.iter().zip(trunk).all(|(b, g)| *b == -0.5 * g), "{name}");
    }
}

/// What `torch.nn.utils.clip_grad_norm_` does, for a group and for all that is trained.
#[test]
fn clipping() {
    let length = |parts: &[&[f32]]| parts.iter().flat_map(|p| p.iter()).map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    let (mut net, mut grads) = (Small::zeros(), Small::grads());
    fill(&mut grads, 2);
    let mut optimizer = Sgd::new(1.0)
        .group("trunk", |g| g.clip_norm(0.5))
        .group("head.bias", |g| g.clip_value(0.1))
        .freeze("trunk.bn")
        .clip_norm(0.7)
        .on(&net);
    assert_eq!(optimizer.gradient_norm(), None);
    optimizer.step(&mut net, &grads);
    // What was taken from zero is the gradient that was used.
    let of = |name: &str| grads.tensor(name).expect("trained");
    let trunk = length(&[of("trunk.fc.weight"), of("trunk.fc.bias")]);
    let bias: Vec<f32> = of("head.bias").iter().map(|g| g.clamp(-0.1, 0.1)).collect();
    let all = (0.5_f64.powi(2) + length(&[of("head.weight"), &bias]).powi(2)).sqrt();
    assert!(trunk > 0.5 && all > 0.7);
    assert!((f64::from(optimizer.gradient_norm().expect("a step was taken")) - all).abs() < 1e-5);
    let close = |name: &str, scale: f64, grads: &[f32]| {
        for (found, g) in net.tensor(name).expect("there").iter().zip(grads) {
            assert!((f64::from(-found) - scale * f64::from(*g)).abs() < 1e-5, "{name}");
        }
    };
    close("trunk.fc.weight", 0.5 / trunk * 0.7 / all, of("trunk.fc.weight"));
    close("trunk.fc.bias", 0.5 / trunk * 0.7 / all, of("trunk.fc.bias"));
    close("head.weight", 0.7 / all, of("head.weight"));
    close("head.bias", 0.7 / all, &bias);
    close("trunk.bn.weight", 0.0, of("trunk.bn.weight"));
}

/// Zero, infinite and NaN lengths, as PyTorch 2.15 answers them.
#[test]
fn lengths_that_are_no_length() {
    use fireclay::optim::{clip_norm, clip_norm_finite};
    let same = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()));
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    for (grads, wanted) in [
        ([0.0, 0.0], [0.0, 0.0]),
        ([3.0, inf], [0.0, nan]),
        ([3.0, -inf], [0.0, nan]),
        ([3.0, nan], [nan, nan]),
        ([inf, nan], [nan, nan]),
    ] {
        let mut clipped = grads;
        clip_norm(&mut clipped, 1.0);
        assert!(same(&clipped, &wanted), "{grads:?} became {clipped:?}");
        let mut kept = grads;
        let answer = clip_norm_finite(&mut kept, 1.0, Norm::L2);
        assert_eq!(answer.is_ok(), grads == [0.0, 0.0]);
        assert!(same(&kept, &grads));
        // In an optimizer.
        let (mut net, mut own) = (Small::zeros(), Small::grads());
        own.head.bias[..2].copy_from_slice(&grads);
        Sgd::new(1.0).clip_norm(1.0).on(&net).step(&mut net, &own);
        assert!(same(&net.head.bias[..2].iter().map(|x| -x).collect::<Vec<_>>(), &wanted), "{grads:?}");
        let rest = if wanted[0].is_nan() { nan } else { 0.0 };
        assert!(same(net.head.weight.as_flattened(), &[rest; 15]));
    }
}

#[test]
fn patterns_that_stand_for_nothing() {
    let net = Small::init(&mut rng(1));
    let error = |grouped: Grouped<Adam>| grouped.try_on(&net).expect_err("nothing is called so").to_string();
    let text = error(Adam::new(0.1).group("trunc.*", |g| g.l1(0.1)));
    assert!(text.starts_with("Small: no trained parameter is named `trunc.*`\n  help: did you mean `trunk.*`"), "{text}");
    assert!(text.contains("trained are trunk.fc.weight, trunk.fc.bias, trunk.bn.weight"), "{text}");
    let text = error(Adam::new(0.1).group("mid", |g| g.l1(0.1)));
    assert!(text.contains("note: `mid.weight` is `#[frozen]` where the network is declared"), "{text}");
    let text = error(Adam::new(0.1).group("*.running_mean", |g| g.l1(0.1)));
    assert!(text.contains("is a running statistic"), "{text}");
    assert!(Adam::new(0.1).freeze("mid").try_on(&net).is_ok());
    let text = Adam::new(0.1).on(&net).freeze("hea").expect_err("nothing").to_string();
    assert!(text.contains("did you mean `head`"), "{text}");
    let panic = std::panic::catch_unwind(|| Adam::new(0.1).freeze("nose").on(&Small::zeros()));
    assert!(panic.is_err());
}

/// An algorithm of one's own without a weight decay.
#[test]
fn what_an_algorithm_has_not() {
    #[derive(Clone)]
    struct Signs;
    impl Algorithm for Signs {
        fn state_rows(&self) -> usize {
            0
        }
        fn learning_rate(&self) -> f32 {
            0.1
        }
        fn update(&self, learning_rate: f32, _: u64, params: &mut [f32], grads: &[f32], _: &mut [f32]) {
            params.iter_mut().zip(grads).for_each(|(p, g)| *p -= learning_rate * g.signum());
        }
    }
    let net = Small::init(&mut rng(1));
    let error = Signs.group("head", |g| g.weight_decay(0.1)).try_on(&net).expect_err("no decay").to_string();
    assert!(error.contains("`head.weight` asks for a weight decay") && error.contains("help: an `l2` penalty"), "{error}");
    assert!(Signs.group("head", |g| g.l2(0.1).learning_rate(0.2)).try_on(&net).is_ok());
}

#[test]
fn the_trainer_takes_groups() -> fireclay::Result<()> {
    network! { pub Digit(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc1: Dense(24) -> Relu -> fc2: Dense(10) } }
    let (train, test) = Digits::split()?;
    let mut net = Digit::init(&mut rng(1));
    let before = net.clone();
    let adam = AdamW::new(5e-3).decay_weights_only().group("fc2", |g| g.learning_rate(1e-2)).freeze("fc1.bias").clip_norm(5.0);
    Trainer::new(CrossEntropy, adam).schedule(Cosine).batch(32).epochs(4).progress(ProgressBar::Off).fit(&mut net, &train)?;
    assert!(net.evaluate(&test, Accuracy) > 0.85);
    assert_eq!(net.fc1.bias, before.fc1.bias);
    Ok(())
}
