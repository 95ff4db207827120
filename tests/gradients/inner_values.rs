//! Values and gradients of layers, read within a network: each against what the layers up to it compute, and against differences.

use fireclay::{InnerValue, Values, explain::input_gradient, loss, prelude::*};

network! {
    /// Activations in place, views, a residual connection, pools, dropout, and values that several layers read.
    #[fireclay(inner_values)]
    pub Net(image: [3, 8, 8]) -> [5] {
        let x = image -> c1: Conv(8, 3, pad = 1) -> bn: BatchNorm -> Relu;
        let y = x -> c2: Conv(8, 3, pad = 1) -> LeakyRelu(0.1) -> Dropout(0.5);
        let sum = x + y -> Tanh;
        concat(sum, x) -> MaxPool(2) -> Flatten -> fc1: Dense(12) -> Sigmoid -> fc2: Dense(5)
    }

    /// Without kinks, for differences.
    #[fireclay(inner_values)]
    pub Smooth(image: [3, 8, 8]) -> [5] {
        let x = image -> c1: Conv(8, 3, pad = 1) -> bn: BatchNorm -> Softplus;
        let y = x -> c2: Conv(8, 3, pad = 1) -> Silu -> Dropout(0.5);
        let (a, b) = x + y -> Tanh -> split(2);
        concat(b, x, a) -> AvgPool(2) -> Flatten -> fc1: Dense(12) -> Sigmoid -> fc2: Dense(5)
    }

    /// Two outputs, one of them read by another layer.
    #[fireclay(inner_values)]
    pub Two(x: [6]) -> (a: [4], b: [3]) {
        let a = x -> first: Dense(4);
        (a, b: a -> Relu -> second: Dense(3))
    }

    /// Indices have no gradient, what is made of them has one; weights stand still.
    #[fireclay(inner_values)]
    pub Words(text: [0..20; 6]) -> [3] {
        text -> #[frozen] e: Embedding(5) -> lstm: Lstm(4) -> Flatten -> fc: Dense(3) -> Softmax
    }

    /// Sizes that are types.
    #[fireclay(inner_values)]
    pub Open<In: Dim>(x: [In]) -> [2] { x -> hidden: Dense(3) -> Tanh -> out: Dense(2) }

    /// What the others have not.
    #[fireclay(inner_values)]
    pub Zoo(image: [4, 6, 6], scale: [8, 6, 6]) -> (map: [4, 12, 12], #[train] class: [3]) {
        let x = image -> c1: Conv(8, 3, pad = 1, groups = 4) -> GroupNorm(2) -> p: PRelu;
        let y = x * scale -> Quantize(0.1) -> Dequantize(0.1);
        let z = y -> bn: BatchNorm -> Relu;
        let map = (x + y - z) * 0.5 -> up: ConvTranspose(4, 2, stride = 2);
        (map, class: z -> GlobalAvgPool -> #[frozen] fc: Dense(3) -> Softmax)
    }

    /// Two layers, both ways, and states.
    #[fireclay(inner_values)]
    pub Sequences(x: [5, 4]) -> [6] {
        let (y, state) = x -> two: Lstm(3, layers = 2, bidirectional = true, dropout = 0.5) -> one: Lstm(4, state = out);
        let (h, c) = state;
        let last = concat(h -> Flatten, c -> Flatten, y -> gru: Gru(2) -> Flatten);
        last -> fc: Dense(6)
    }

    /// As `Net` up to its first pool.
    pub Front(image: [3, 8, 8]) -> (c1: [8, 8, 8], bn: [8, 8, 8], relu: [8, 8, 8], tanh: [8, 8, 8]) {
        let c1 = image -> c1: Conv(8, 3, pad = 1);
        let bn = c1 -> bn: BatchNorm;
        let relu = bn -> Relu;
        let y = relu -> c2: Conv(8, 3, pad = 1) -> LeakyRelu(0.1);
        (c1, bn, relu, tanh: relu + y -> Tanh)
    }
}

type Maps = shape![8, 8, 8];

/// A network whose batch norm has seen something.
fn trained() -> Box<Net> {
    let mut net = Net::init(&mut rng(1));
    let (mut memory, mut grads) = (Net::memory(20), Net::grads());
    let x = Batch::normal(20, &mut rng(2));
    let mut optimizer = Sgd::new(0.05).on(&net);
    for _ in 0..3 {
        grads.zero();
        net.train(&x, Mse, 0.5, &mut memory, &mut grads);
        optimizer.step(&mut net, &grads);
    }
    net
}

#[track_caller]
fn same(a: &[f32], b: &[f32], within: f32) {
    assert_eq!(a.len(), b.len());
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= within * (1.0 + b.abs()), "{i}: {a} is not {b}");
    }
}

#[test]
fn values_are_those_of_the_layers_before() {
    let net = trained();
    let mut front = Front::zeros();
    for tensor in Front::INFO.tensors {
        front.tensor_mut(tensor.path).unwrap().copy_from_slice(net.tensor(tensor.path).unwrap());
    }
    for samples in [1, 16, 19] {
        let x = Batch::normal(samples, &mut rng(3));
        let mut memory = Front::memory(samples);
        let (c1, bn, relu, tanh) = front.forward_eval(&x, &mut memory).output();
        let mut inner = Net::inner_memory(20);
        let outputs = net.forward_eval(&x, &mut inner).output().to_vec();
        for (name, there) in [("c1", c1), ("bn", bn), ("bn_relu", relu), ("tanh", tanh)] {
            let Ok(value) = InnerValue::<Net, Maps>::find(name) else { panic!("{:?}", InnerValue::<Net, Maps>::find(name)) };
            same(&inner.inner_value(value).to_vec(), &there.to_vec(), 1e-5);
        }
        let last: InnerValue<Net, shape![5]> = InnerValue::of("fc2");
        assert_eq!(inner.inner_value(last).to_vec(), outputs);
        let mut memory = Net::memory(samples);
        same(&net.forward_eval(&x, &mut memory).output().to_vec(), &outputs, 1e-5);
    }
}

/// ⟨g, dv/dx·d⟩ by differences of the value v along d, and as the backward pass gives it.
#[track_caller]
fn along<S: Shape>(net: &Smooth, layer: &str) {
    let value = InnerValue::<Smooth, S>::find(layer).unwrap();
    let samples = 18;
    let (x, d) = (Batch::<shape![3, 8, 8]>::normal(samples, &mut rng(4)), Batch::<shape![3, 8, 8]>::normal(samples, &mut rng(5)));
    let g = Batch::<S>::normal(samples, &mut rng(6));
    let moved = |h: f32| Batch::from_fn(samples, |i, j| x.sample(i).as_slice()[j] + h * d.sample(i).as_slice()[j]);
    let (h, dot) = (1e-3, |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>());
    let [up, down] = [h, -h].map(|h| dot(&net.inner_values(value, &moved(h)).to_vec(), &g.to_vec()));
    let mut memory = Smooth::inner_memory(samples);
    net.forward_eval(&x, &mut memory);
    let gradient = net.backward_input_from_inner(value, &g, &mut memory).to_vec();
    let (there, here) = ((up - down) / f64::from(2.0 * h), dot(&gradient, &d.to_vec()));
    assert!((here - there).abs() < 2e-2 * (1.0 + there.abs()), "{layer}: {here}, by differences {there}");
}

#[test]
fn a_gradient_that_starts_within_is_that_of_the_value() {
    let net = Smooth::init(&mut rng(1));
    for layer in ["c1", "bn", "c2", "add", "tanh", "c2_dropout"] {
        along::<Maps>(&net, layer);
    }
    along::<shape![4, 8, 8]>(&net, "split");
    along::<shape![16, 8, 8]>(&net, "concat");
    along::<shape![256]>(&net, "flatten");
    along::<shape![12]>(&net, "fc1");
    along::<shape![12]>(&net, "fc1_sigmoid");
    along::<shape![5]>(&net, "fc2");
}

#[test]
fn gradients_within_are_those_of_the_loss() {
    let net = trained();
    let x = Batch::normal(19, &mut rng(7));
    let mut plain = Net::memory(19);
    let (value, gradient) = input_gradient(&net, &x, Mse.sum(), 20.0, &mut plain);
    let mut memory = Net::inner_memory(19);
    let (again, same_gradient) = input_gradient(&net, &x, Mse.sum(), 20.0, &mut memory);
    same(&[again], &[value], 1e-5);
    let gradient = gradient.to_vec();
    same(&same_gradient.to_vec(), &gradient, 1e-4);
    // The last layer's gradient is the loss's own.
    let fc2: InnerValue<Net, shape![5]> = InnerValue::of("fc2");
    let (_, of_loss) = loss::evaluate(&Mse.sum(), &memory.inner_value(fc2), 20.0);
    same(&memory.inner_gradient(fc2).to_vec(), &of_loss.to_vec(), 1e-6);
    // All ways lead through these: what starts there is the whole.
    let (bn, fc1): (InnerValue<Net, Maps>, InnerValue<Net, shape![12]>) = (InnerValue::of("bn_relu"), InnerValue::of("fc1"));
    let (at_bn, at_fc1) = (memory.inner_gradient(bn), memory.inner_gradient(fc1));
    same(&net.backward_input_from_inner(bn, &at_bn, &mut memory).to_vec(), &gradient, 1e-4);
    same(&net.backward_input_from_inner(fc1, &at_fc1, &mut memory).to_vec(), &gradient, 1e-4);
    // Where a pass started within is not read by the next.
    net.forward_eval(&x, &mut memory).loss(Mse.sum(), 20.0);
    same(&net.backward_input(&mut memory).to_vec(), &gradient, 1e-4);
    let (mut grads, mut wanted) = (Net::grads(), Net::grads());
    net.backward(&mut memory, &mut grads);
    net.backward(&mut plain, &mut wanted);
    same(grads.as_slice(), wanted.as_slice(), 1e-4);
}

#[test]
fn in_training_too() {
    let mut net = trained();
    let mut other = net.clone();
    let x = Batch::normal(17, &mut rng(8));
    let (mut plain, mut memory) = (Net::memory(17), Net::inner_memory(17));
    let [value, inner] =
        [net.forward(Mode::Train, &x, &mut plain).loss(Mse, 1.0), other.forward(Mode::Train, &x, &mut memory).loss(Mse, 1.0)];
    same(&[inner], &[value], 1e-5);
    assert_eq!(net.buffers().bn.running_mean.as_slice().len(), 8);
    same(other.buffers().bn.running_mean.as_slice(), net.buffers().bn.running_mean.as_slice(), 1e-5);
    same(&other.backward_input(&mut memory).to_vec(), &net.backward_input(&mut plain).to_vec(), 1e-4);
}

#[test]
fn outputs_that_others_read() {
    let net = Two::init(&mut rng(1));
    let x = Batch::normal(3, &mut rng(2));
    let mut memory = Two::inner_memory(3);
    net.forward_eval(&x, &mut memory).loss((Mse.sum(), Mse.sum()), (0.0, 0.0));
    net.backward_input(&mut memory);
    let first: InnerValue<Two, shape![4]> = InnerValue::of("first");
    let second: InnerValue<Two, shape![3]> = InnerValue::of("second");
    let (a, gradient, above) = (memory.inner_value(first), memory.inner_gradient(first), memory.inner_gradient(second));
    for i in 0..3 {
        for j in 0..4 {
            // Of its own loss, and of what is made of it.
            let through: f32 = (0..3).map(|k| above.sample(i)[k] * net.second.weight[k][j]).sum();
            let wanted = 2.0 * a.sample(i)[j] + if a.sample(i)[j] > 0.0 { through } else { 0.0 };
            assert!((gradient.sample(i)[j] - wanted).abs() < 1e-5);
        }
    }
}

#[test]
fn of_what_is_made_of_indices() {
    let net = Words::init(&mut rng(1));
    let text = IndicesBatch::from_sequences([0, 1].map(|s| Indices::<20, 6>::from_fn(|t| Index::new(s * 7 + t).unwrap())));
    let embedded: InnerValue<Words, shape![6, 5]> = InnerValue::of("e");
    let mut memory = Words::inner_memory(2);
    net.forward_eval(&text, &mut memory).loss(Mse.sum(), 0.0);
    net.backward_input(&mut memory);
    assert_eq!(memory.inner_value(embedded).sample(1)[2].as_slice(), net.e.weight[9].as_slice());
    assert!(memory.inner_gradient(embedded).to_vec().iter().all(|g| *g != 0.0 && g.is_finite()));
}

/// Parameters' gradients, and the inputs', as memory without inner values gives them.
#[track_caller]
fn as_without<N: Network>(
    mode: Mode,
    inputs: <N::Input as Values>::Refs<'_>,
    samples: usize,
    loss: impl Fn(&mut fireclay::Forward<'_, N>) -> f32,
    numbers: impl Fn(<N::Input as Values>::Refs<'_>) -> Vec<f32>,
) {
    let [a, b] = [N::memory(samples), N::inner_memory(samples)].map(|mut memory| {
        let (mut net, mut grads) = (N::init(&mut rng(1)), N::grads());
        let value = loss(&mut net.forward(mode, inputs, memory.seed(3)));
        net.backward(&mut memory, &mut grads);
        // Twice: what the first left in the memory is not counted again.
        grads.zero();
        net.backward(&mut memory, &mut grads);
        let numbers = numbers(net.backward_input(&mut memory));
        (value, grads.as_slice().to_vec(), numbers)
    });
    same(&[b.0], &[a.0], 1e-5);
    assert!(a.1.iter().any(|g| *g != 0.0) && a.2.iter().any(|g| *g != 0.0));
    same(&b.1, &a.1, 1e-4);
    same(&b.2, &a.2, 1e-4);
}

#[test]
fn every_layer_as_without() {
    let (images, scales) = (Batch::normal(19, &mut rng(2)), Batch::normal(19, &mut rng(3)));
    let sequences = Batch::normal(19, &mut rng(4));
    for mode in [Mode::Train, Mode::Eval] {
        as_without::<Zoo>(
            mode,
            (&images, &scales),
            19,
            |forward| forward.loss((Mse.sum(), Mse.sum()), (1.0, 0.5)),
            |(a, b)| [a.to_vec(), b.to_vec()].concat(),
        );
        as_without::<Sequences>(mode, &sequences, 19, |forward| forward.loss(Mse.sum(), 1.0), Batch::to_vec);
        as_without::<Net>(mode, &Batch::normal(19, &mut rng(5)), 19, |forward| forward.loss(Mse.sum(), 1.0), Batch::to_vec);
    }
}

#[test]
fn sizes_that_are_types() {
    type Four = Open<fireclay::Const<4>>;
    const TANH: InnerValue<Four, shape![3]> = InnerValue::of("hidden_tanh");
    let net = Four::init(&mut rng(1));
    let x = Batch::normal(18, &mut rng(2));
    let mut memory = Four::inner_memory(18);
    net.forward_eval(&x, &mut memory).loss(fireclay::explain::ClassScore, &IndexBatch::from_indices(&[1; 18]).unwrap());
    net.backward_input(&mut memory);
    for i in [0, 15, 17] {
        let (values, gradient) = (memory.inner_value(TANH).sample(i), memory.inner_gradient(TANH).sample(i));
        for j in 0..3 {
            let sum: f32 = (0..4).map(|k| net.hidden.weight[j][k] * x.sample(i)[k]).sum();
            assert!((values[j] - sum.tanh()).abs() < 1e-5 && gradient[j] == net.out.weight[1][j]);
        }
    }
}

#[test]
#[should_panic(expected = "this memory keeps no inner values: `Net::inner_memory(…)` makes one that does")]
fn a_memory_that_keeps_none() {
    let mut memory = Net::memory(2);
    trained().forward_eval(&Batch::zeros(2), &mut memory);
    let _ = memory.inner_value(InnerValue::<Net, Maps>::of("c1"));
}

#[test]
#[should_panic(expected = "inner values without a forward pass before it")]
fn before_a_pass() {
    let _ = Net::inner_memory(2).inner_value(InnerValue::<Net, Maps>::of("c1"));
}

#[test]
#[should_panic(expected = "gradients of inner values without `backward_input` before it")]
fn before_a_backward_pass() {
    let (net, mut memory) = (trained(), Net::inner_memory(2));
    net.forward_eval(&Batch::zeros(2), &mut memory).loss(Mse, 0.0);
    net.backward_input(&mut memory);
    net.forward_eval(&Batch::zeros(2), &mut memory);
    let _ = memory.inner_gradient(InnerValue::<Net, Maps>::of("c1"));
}

#[test]
#[should_panic(expected = "`train` leaves no inner values")]
fn a_fused_step() {
    trained().train(&Batch::zeros(2), Mse, 0.0, &mut Net::inner_memory(2), &mut Net::grads());
}

#[test]
#[should_panic(expected = "Front keeps no inner values: declare it with `#[fireclay(inner_values)]`")]
fn a_network_that_keeps_none() {
    let _ = Front::inner_memory(2);
}

#[test]
#[should_panic(expected = "Net has no inner value `bn_rele`: did you mean `bn_relu`?")]
fn a_name_that_is_misspelt() {
    let _ = InnerValue::<Net, Maps>::of("bn_rele");
}
