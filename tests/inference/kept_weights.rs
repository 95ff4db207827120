//! A network keeps its weights packed for inference, and packs them anew when they have changed: whatever changed them, inference is that of
//! a network just packed, bit for bit.

use fireclay::data::Samples;
use fireclay::prelude::*;

network! {
    pub Part(x: [4]) -> [4] { x -> fc: Dense(4) -> bn: BatchNorm -> Relu }
    pub Net(x: [4]) -> [3] { x -> part: net Part -> out: Dense(3) }
    pub Image(image: [1, 8, 8]) -> [3] { image -> conv: Conv(16, 3, pad = 1) -> bn: BatchNorm -> Relu -> MaxPool(2) -> Flatten -> fc: Dense(3) }
    pub Generic<Hidden: Dim>(x: [4]) -> [3] { x -> fc1: Dense(Hidden) -> fc2: Dense(3) }
}

network! {
    #[fireclay(step)]
    pub Stream(x: [5, 4]) -> [5, 3] { x -> lstm: Lstm(8) -> out: Dense(3) }
}

const SAMPLES: usize = 18;

/// The outputs of one sample and of a batch, by what is kept.
fn kept<N: Network<Input = Tensor<S>, Output = Tensor<O>>, S: Shape, O: Shape>(net: &N, memory: &mut InferMemory<N>) -> Vec<f32> {
    let x = Batch::from_fn(SAMPLES, |i, j| ((i * 5 + j * 3) % 7) as f32 - 2.0);
    let mut outputs = net.infer_batch(&x, memory).to_vec();
    outputs.extend_from_slice(fireclay::infer(net, &x.sample(1), memory).as_slice());
    outputs.extend_from_slice(fireclay::predict(net, &x.sample(2)).as_slice());
    outputs
}

/// The same by weights packed this moment.
fn fresh<N: Network<Input = Tensor<S>, Output = Tensor<O>>, S: Shape, O: Shape>(
    net: &N,
    memory: &mut InferMemory<N>,
) -> Vec<f32> {
    let (packed, x) = (net.pack(), Batch::from_fn(SAMPLES, |i, j| ((i * 5 + j * 3) % 7) as f32 - 2.0));
    let mut outputs = packed.infer_batch(&x, memory).to_vec();
    outputs.extend_from_slice(packed.infer(&x.sample(1), memory).as_slice());
    outputs.extend_from_slice(packed.predict(&x.sample(2)).as_slice());
    outputs
}

/// A memory, a network, and what it gave last.
struct Watched<N: Network> {
    net: Box<N>,
    memory: Box<InferMemory<N>>,
    last: Vec<f32>,
}

impl<N: Network<Input = Tensor<S>, Output = Tensor<O>>, S: Shape, O: Shape> Watched<N> {
    fn new(seed: u64) -> Self {
        let (net, mut memory) = (N::init(&mut rng(seed)), N::infer_memory_for(SAMPLES));
        let last = kept(&*net, &mut memory);
        Self { net, memory, last }
    }

    /// After this change the outputs differ from those before, and are those of the weights as they now are.
    #[track_caller]
    fn after(&mut self, what: &str, change: impl FnOnce(&mut Box<N>)) {
        change(&mut self.net);
        let now = kept(&*self.net, &mut self.memory);
        assert_ne!(now, self.last, "{what} changed nothing");
        assert_eq!(now, fresh(&*self.net, &mut self.memory), "stale weights after {what}");
        assert_eq!(now, kept(&*self.net, &mut self.memory), "again, after {what}");
        self.last = now;
    }
}

#[test]
fn whatever_changes_weights_is_seen() {
    let mut net = Watched::<Net>::new(1);
    net.after("a field", |net| net.out.weight[1][2] += 1.0);
    net.after("a reference that was kept", |net| {
        let weight = &mut net.part.fc.weight;
        weight[0][0] = 3.0;
        weight[1][1] = 2.0;
    });
    net.after("params_mut", |net| net.params_mut().as_mut_slice()[3] -= 1.5);
    net.after("buffers_mut", |net| net.buffers_mut().part.bn.running_mean[0] = -0.7);
    net.after("tensor_mut", |net| net.tensor_mut("part.bn.running_var").expect("it is there").fill(2.0));
    net.after("params_mut of parts", |net| net.parts_mut().params_mut().out.bias[0] += 1.0);
    let part = Part::init(&mut rng(2));
    net.after("assignment of a network within", |net| net.part = *part.params());
    let part = Part::init(&mut rng(3));
    net.after("copy_from of a network within", |net| net.part.copy_from(part.params()));
    let mut part = Part::init(&mut rng(4));
    net.after("swap of parameters", |net| std::mem::swap(&mut net.part, part.params_mut()));
    net.after("a box of another", |net| *net = Net::init(&mut rng(5)));
    net.after("moving another in", |net| **net = *Net::init(&mut rng(6)));
    let mut other = Net::init(&mut rng(7));
    let (other_outputs, own_outputs) = (kept(&*other, &mut Net::infer_memory_for(SAMPLES)), net.last.clone());
    net.after("swap", |net| std::mem::swap(&mut **net, &mut *other));
    assert_eq!(net.last, other_outputs);
    assert_eq!(kept(&*other, &mut Net::infer_memory_for(SAMPLES)), own_outputs, "the other side of the swap");
    net.after("clone_from", |net| net.clone_from(&other));
    assert_eq!(net.last, own_outputs);
    net.after("replace", |net| drop(std::mem::replace(&mut **net, *Net::init(&mut rng(8)))));
    let bytes = Net::init(&mut rng(9)).to_bytes().expect("they are made");
    net.after("load_bytes", |net| {
        net.load_bytes(&bytes).expect("they fit");
    });
    net.after("network_mut", |net| net.network_mut().out.bias[1] = 9.0);
}

#[test]
fn training_is_seen() {
    let x = Batch::from_fn(SAMPLES, |i, j| ((i + j) % 5) as f32);
    let y = Batch::from_fn(SAMPLES, |i, j| ((i * j) % 3) as f32);
    let (mut memory, mut grads) = (Net::memory(SAMPLES), Net::grads());
    let mut net = Watched::<Net>::new(10);
    net.after("running statistics of forward", |net| {
        net.forward(Mode::Train, &x, &mut memory);
    });
    net.after("running statistics of train", |net| assert!(net.train(&x, Mse, &y, &mut memory, &mut grads) > 0.0));
    let mut adam = Adam::new(0.05).on(&net.net);
    net.after("a step", |net| adam.step(net, &grads));
    let data: Samples<_, _> = (0..SAMPLES).map(|i| (x.sample(i), y.sample(i))).collect();
    let trainer = || Trainer::new(Mse, Sgd::new(0.05)).epochs(2).batch(9).progress(ProgressBar::Off);
    net.after("fit", |net| drop(trainer().fit(net, &data).expect("it trains")));
}

#[test]
fn every_kind_of_network_keeps_its_weights() {
    let mut image = Watched::<Image>::new(11);
    image.after("a filter", |net| net.conv.weight[3][0][1][1] += 1.0);
    image.after("its batch norm", |net| net.bn.weight[3] = 0.25);
    let mut generic = Watched::<Generic<Const<6>>>::new(12);
    generic.after("a weight", |net| net.fc1.weight[1][2] += 1.0);
}

#[test]
fn steps_take_kept_weights() {
    let mut net = Stream::init(&mut rng(13));
    let x = Tensor::from([0.5, -1.0, 2.0, 0.0]);
    let mut last = net.step(x, &mut Stream::state());
    for seed in 14..17 {
        net.lstm.weight_ih_l0[0][0] += 1.0;
        net.out.weight[0][seed % 8] += 1.0;
        let (now, wanted) = (net.step(x, &mut Stream::state()), net.pack().step(x, &mut Stream::state()));
        assert_eq!(now, wanted);
        assert_ne!(now, last);
        last = now;
    }
}

#[test]
fn one_memory_serves_several_networks() {
    let (a, b) = (Net::init(&mut rng(20)), Net::init(&mut rng(21)));
    let mut memory = Net::infer_memory_for(SAMPLES);
    for net in [&a, &b, &a, &a, &b] {
        assert_eq!(kept(&**net, &mut memory), fresh(&**net, &mut memory));
    }
}

#[test]
fn threads_share_kept_weights() {
    let mut net = Image::init(&mut rng(22));
    for round in 0..20 {
        net.conv.bias[round % 16] += 0.5;
        let wanted = fresh(&*net, &mut Image::infer_memory_for(SAMPLES));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(kept(&*net, &mut Image::infer_memory_for(SAMPLES)), wanted));
            }
        });
    }
}

#[test]
fn no_samples_give_no_outputs() {
    let (net, mut memory) = (Stream::init(&mut rng(1)), Stream::infer_memory_for(3));
    let x = Batch::from_fn(3, |i, j| ((i * 5 + j * 3) % 7) as f32 - 2.0);
    let wanted = net.infer_batch(&x, &mut memory).to_vec();
    let none = Batch::from_samples(&[] as &[Tensor<shape![5, 4]>]);
    assert_eq!(net.infer_batch(&none, &mut memory).len(), 0);
    assert_eq!(net.pack().infer_batch(&none, &mut memory).len(), 0);
    assert_eq!(net.infer_batch(&x, &mut memory).to_vec(), wanted);
}
