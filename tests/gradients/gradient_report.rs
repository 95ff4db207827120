//! Gradients that vanish, explode or stop at dead ReLUs are told, and healthy ones are left alone.

use fireclay::check::{GradientFinding, GradientReport};
use fireclay::{Grads, prelude::*};

network! {
    pub Sigmoids(x: [8]) -> [4] { x -> fc: [Dense(8) -> Sigmoid; 10] -> out: Dense(4) }
    pub Relus(x: [8]) -> [4] { x -> fc: [Dense(32) -> Relu; 6] -> out: Dense(4) }
}

const SAMPLES: usize = 64;

fn batch<S: Shape>() -> Batch<S> {
    Batch::from_fn(SAMPLES, |i, j| ((i * 131 + j * 71) % 97) as f32 / 48.0 - 1.0)
}

/// The gradients of one step towards classes.
fn gradients<S: Shape, N>(net: &mut N) -> Box<Grads<N>>
where
    N: Network<Input = Tensor<S>, TrainOutput = Tensor<shape![4]>>,
{
    let (mut memory, mut grads) = (N::memory(SAMPLES), N::grads());
    let classes = IndexBatch::from_samples(std::array::from_fn::<_, SAMPLES, _>(|i| Index::<4>::new(i % 4).expect("below 4")));
    net.train(&batch(), CrossEntropy, &classes, &mut memory, &mut grads);
    grads
}

#[test]
fn healthy_gradients() {
    let mut net = Relus::init(&mut rng(1));
    let grads = gradients(&mut *net);
    let report = GradientReport::of(&net, &grads);
    assert_eq!(report.findings(), []);
    let text = report.to_string();
    assert!(text.starts_with("Relus\nlayer        gradient    weights   relative  dead ReLUs\nfc.0.dense  "), "{text}");
    assert!(text.ends_with("\ngradients neither vanish nor explode"), "{text}");
    assert_eq!(text.lines().count(), 2 + 7 + 1);

    // The numbers are those of the tensors.
    let norm = |parts: [&[f32]; 2]| parts.concat().iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    let out = report.layers()[6];
    assert_eq!(out.name, "out");
    let gradient = norm(["out.weight", "out.bias"].map(|name| grads.tensor(name).expect("a gradient")));
    let weights = norm(["out.weight", "out.bias"].map(|name| net.tensor(name).expect("a parameter")));
    assert!((out.gradient / gradient - 1.0).abs() < 1e-9 && (out.weights / weights - 1.0).abs() < 1e-9);
    assert_eq!((out.relative(), out.dead), (Some(out.gradient / out.weights), None));
}

#[test]
fn a_deep_network_of_sigmoids_vanishes() {
    let mut net = Sigmoids::init(&mut rng(1));
    let grads = gradients(&mut *net);
    let report = GradientReport::of(&net, &grads);
    let findings = report.findings();
    let [GradientFinding::Vanishing { layer: "fc.0.dense", than: "out", share }] = findings[..] else { panic!("{findings:?}") };
    assert!(share > 0.0 && share < 1e-4, "{share}");
    assert_eq!(Some(share), report.layers()[0].relative().map(|first| first / report.layers()[10].relative().expect("weights")));
    assert!(report.to_string().contains("\ngradients vanish: relative to its weights, that of `fc.0.dense` is "), "{report}");
}

#[test]
fn large_first_weights_explode() {
    let mut net = Relus::init(&mut rng(1));
    net.params_mut().as_mut_slice().iter_mut().for_each(|x| *x *= 12.0);
    let grads = gradients(&mut *net);
    let report = GradientReport::of(&net, &grads);
    let findings = report.findings();
    let [GradientFinding::Exploding { times, .. }] = findings[..] else { panic!("{findings:?}") };
    assert!(times > 1e4);
    assert!(report.to_string().contains("\ngradients explode: that of `"), "{report}");
}

#[test]
fn gradients_that_are_no_numbers_and_none_at_all() {
    let net = Relus::init(&mut rng(1));
    let mut grads = Relus::grads();
    assert_eq!(GradientReport::of(&net, &grads).findings(), [GradientFinding::AllZero]);
    grads.out.bias[1] = 1.0;
    let findings = GradientReport::of(&net, &grads).findings();
    assert!(findings.contains(&GradientFinding::Dead { layer: "fc.5.dense", dead: 32, units: 32 }), "{findings:?}");
    grads.as_mut_slice()[3] = f32::NEG_INFINITY;
    assert_eq!(GradientReport::of(&net, &grads).findings(), [GradientFinding::NotFinite { layer: "fc.0.dense" }]);
    // Squares of these are beyond `f32`.
    grads.as_mut_slice().fill(f32::MAX);
    let findings = GradientReport::of(&net, &grads).findings();
    assert!(matches!(findings[..], [GradientFinding::Exploding { .. }]), "{findings:?}");
}

network! {
    pub Convs(image: [2, 8, 8]) -> [4] {
        image -> conv1: Conv(8, 3, bias = false) -> bn1: BatchNorm -> Relu
              -> conv2: Conv(8, 3) -> MaxPool(2) -> Relu
              -> up: ConvTranspose(6, 2, stride = 2) -> Relu
              -> conv3: Conv(5, 3) -> Tanh -> Flatten -> Dense(16) -> Dropout(0.0) -> Relu -> out: Dense(4)
    }
    // What goes out of its ReLUs.
    pub First(image: [2, 8, 8]) -> [8, 6, 6] { image -> conv1: Conv(8, 3, bias = false) -> bn1: BatchNorm -> Relu }
    pub Second(image: [2, 8, 8]) -> [8, 2, 2] { image -> first: net First -> conv2: Conv(8, 3) -> MaxPool(2) -> Relu }
    pub Third(image: [2, 8, 8]) -> [6, 4, 4] { image -> second: net Second -> up: ConvTranspose(6, 2, stride = 2) -> Relu }
    pub Fourth(image: [2, 8, 8]) -> [16] { image -> third: net Third -> conv3: Conv(5, 3) -> Tanh -> Flatten -> conv3_dense: Dense(16) -> Relu }
}

/// How many channels of the output are zero for the whole batch.
fn silent<O: Shape, N: Network<Input = Tensor<shape![2, 8, 8]>, TrainOutput = Tensor<O>>>(
    from: &Convs,
) -> Option<(usize, usize)> {
    let mut net = N::zeros();
    let name = |name: &str| {
        let last = name.split('.').rev().take(2).collect::<Vec<_>>();
        N::INFO.tensors.iter().map(|t| t.path).find(|path| path.ends_with(&format!("{}.{}", last[1], last[0]))).map(str::to_owned)
    };
    net.load_bytes_with(&from.to_bytes().expect("bytes"), name).expect("a part of it");
    let mut memory = N::memory(SAMPLES);
    let output = net.forward(Mode::Train, &batch(), &mut memory).output();
    let mut alive = vec![false; O::DIMS[0]];
    for i in 0..SAMPLES {
        let sample = output.sample(i);
        let channels = sample.as_slice().chunks(O::LEN / O::DIMS[0]);
        alive.iter_mut().zip(channels).for_each(|(alive, channel)| *alive |= channel.iter().any(|x| *x > 0.0));
    }
    Some((alive.iter().filter(|alive| !**alive).count(), alive.len()))
}

/// As many as are silent when one looks at what goes out of the ReLUs.
#[test]
fn dead_relus_are_counted() {
    let mut net = Convs::init(&mut rng(1));
    net.bn1.bias.as_mut_slice()[..3].fill(-100.0);
    net.conv2.bias.as_mut_slice()[2..4].fill(-1000.0);
    net.up.bias.as_mut_slice()[..1].fill(-1000.0);
    net.conv3_dense.bias.as_mut_slice()[5..11].fill(-100.0);
    let grads = gradients(&mut *net);
    let report = GradientReport::of(&net, &grads);
    let dead = |name: &str| report.layers().iter().find(|layer| layer.name == name).expect(name).dead;
    let silent = [silent::<_, First>(&net), silent::<_, Second>(&net), silent::<_, Third>(&net), silent::<_, Fourth>(&net)];
    assert_eq!(["bn1", "conv2", "up", "conv3_dense"].map(dead), silent);
    let least = [(3, 8), (2, 8), (1, 6), (6, 16)];
    assert!(silent.iter().zip(least).all(|(n, least)| n.is_some_and(|n| n.0 >= least.0 && n.1 == least.1)), "{silent:?}");
    // No ReLU follows these.
    assert_eq!(["conv1", "conv3", "out"].map(dead), [None; 3]);
    let text = report.to_string();
    assert!(text.contains("44 % of the units of `conv3_dense` are dead (7 of 16): their ReLU lets nothing through"), "{text}");
    assert!(text.contains("38 % of the units of `bn1` are dead (3 of 8)"), "{text}");
}

/// Layers below one that is dead are not blamed.
#[test]
fn a_layer_that_is_dead_stops_all_below() {
    let mut net = Relus::init(&mut rng(1));
    net.fc.3.dense.bias.as_mut_slice().fill(-1000.0);
    // What comes after it lives by its biases.
    net.fc.4.dense.bias.as_mut_slice().fill(0.5);
    net.fc.5.dense.bias.as_mut_slice().fill(0.5);
    let grads = gradients(&mut *net);
    let report = GradientReport::of(&net, &grads);
    let dead: Vec<_> = report.layers().iter().take(4).map(|layer| layer.dead).collect();
    assert_eq!(dead, [None, None, None, Some((32, 32))]);
    let findings = report.findings();
    assert!(findings.contains(&GradientFinding::NotReached { layer: "fc.2.dense" }), "{findings:?}");
    assert!(findings.contains(&GradientFinding::Dead { layer: "fc.3.dense", dead: 32, units: 32 }), "{findings:?}");
    assert!(report.to_string().contains("no gradient arrives at `fc.2.dense`"), "{report}");
}

network! {
    pub Last(x: [40, 2]) -> [1] { x -> rnn: Rnn(4, last = true) -> out: Dense(1) }
    pub Each(x: [40, 2]) -> [40, 1] { x -> lstm: Lstm(4) -> out: Dense(1) }
    pub Growing(x: [20, 2]) -> [1] { x -> rnn: Rnn(2, last = true, nonlinearity = relu) -> out: Dense(1) }
}

/// The report of one step towards zero, with time steps.
fn in_time<S: Shape, O: Shape, N: Network<Input = Tensor<S>, TrainOutput = Tensor<O>>>(net: &mut N) -> GradientReport {
    let (mut memory, mut grads) = (N::memory(SAMPLES), N::grads());
    net.forward(Mode::Train, &batch(), &mut memory).loss(Mse, &Batch::zeros(SAMPLES));
    net.backward(&mut memory, &mut grads);
    let inputs = net.backward_input(&mut memory);
    let report = GradientReport::of(net, &grads).with_time_steps(inputs);
    for (t, norm) in report.time_steps().iter().enumerate() {
        let numbers = (0..SAMPLES).flat_map(|i| inputs.sample(i).as_slice()[2 * t..][..2].to_vec());
        let expected = numbers.map(|x| f64::from(x).powi(2)).sum::<f64>().sqrt();
        assert!((norm - expected).abs() <= 1e-9 * expected, "{t}: {norm}, not {expected}");
    }
    report
}

#[test]
fn gradients_of_time_steps() {
    let report = in_time(&mut *Last::init(&mut rng(1)));
    let findings = report.findings();
    let [GradientFinding::VanishingInTime { steps, of: 40 }] = findings[..] else { panic!("{findings:?}") };
    assert!(steps > 10);
    let text = report.to_string();
    assert!(text.contains("\ngradient at time step 0: ") && text.contains(", 39: "), "{text}");
    assert!(text.contains(&format!("the network does not learn from the first {steps} of 40 steps")), "{text}");

    assert_eq!(in_time(&mut *Each::init(&mut rng(1))).findings(), []);

    let mut net = Growing::init(&mut rng(1));
    for (name, numbers) in [("rnn.weight_hh_l0", [2.0, 0.0, 0.0, 2.0]), ("rnn.weight_ih_l0", [1.0; 4])] {
        net.tensor_mut(name).expect("a parameter").copy_from_slice(&numbers);
    }
    net.tensor_mut("rnn.bias_hh_l0").expect("a parameter").fill(1.5);
    let findings = in_time(&mut *net).findings();
    let times =
        findings.iter().find_map(|f| if let GradientFinding::ExplodingInTime { times } = f { Some(*times) } else { None });
    assert!(times.is_some_and(|times| times > 1e4), "{findings:?}");
}
