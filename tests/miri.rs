//! The library as programs call it, in networks so small that Miri can follow each access to memory: `.ci/miri` runs this file so. Values are
//! asserted too, and without Miri these are tests as any others.
//!
//! What is called `alone_…` never starts rayon's pool, and runs under Stacked Borrows as well; crossbeam-epoch, on which the pool stands, only
//! passes under Tree Borrows.

use fireclay::Layout;
use fireclay::prelude::*;

network! {
    pub Line(x: [2]) -> [1] { x -> fc: Dense(1) }

    pub Image(image: [1, 4, 4]) -> [3] {
        image -> conv: Conv(2, 3, pad = 1) -> bn: BatchNorm -> Relu -> MaxPool(2) -> Dropout(0.1) -> Flatten -> fc: Dense(3)
    }

    /// Several inputs, several outputs, one of them for training alone.
    pub Both(image: [1, 4, 4], hint: [3], word: [0..5]) -> (class: [3], point: [2], #[train] aux: [3]) {
        let x = image -> conv: Conv(2, 3, stride = 2, pad = 1) -> Relu -> Flatten;
        let point = concat(x, hint, word -> embed: Embedding(2)) -> at: Dense(2) -> Tanh;
        (class: x -> fc: Dense(3), point, aux: x -> early: Dense(3))
    }

    pub Generic<In: Dim, Hidden: Dim>(x: [In]) -> [2] { x -> fc1: Dense(Hidden) -> Sigmoid -> fc2: Dense(2) }

    /// Bytes beside floats, of an odd number; four sizes.
    pub Rounded(x: [1, 3, 1, 3]) -> [2] {
        let q = x -> Quantize(0.1, 3);
        concat(q -> Flatten -> Dequantize(0.1, 3), x -> Tanh -> Flatten) -> fc: Dense(2)
    }

    pub Part(x: [4]) -> [3] { x -> fc: Dense(3) -> bn: BatchNorm -> Tanh }
    pub Whole(x: [4]) -> [2] { x -> first: net Part -> fc: Dense(2) }
}

network! {
    #[fireclay(step)]
    pub Text(text: [0..7; 2]) -> [2, 2] { text -> embed: Embedding(2) -> lstm: Lstm(2) -> gru: Gru(2) -> rnn: Rnn(2) -> out: Dense(2) }
}

// The other layers, each family in a network of its own.
network! {
    pub Convolutions(image: [2, 3, 3]) -> [2] {
        image -> spread: DepthwiseConv(2) -> slopes: PRelu(per_channel = true) -> groups: Conv(2, (1, 2), stride = (2, 1), groups = 2)
            -> up: ConvTranspose(1, 2) -> AvgPool(2, pad = 1) -> Flatten -> fc: Dense(2) -> Softmax
    }

    /// Sixteen channels on both sides, 3×3: Winograd, in training and packed; beside it what its epilogue adds.
    pub Winograd(image: [16, 4, 4]) -> [16] { image + (image -> conv: Conv(16, 3, pad = 1)) -> Relu -> GlobalAvgPool }

    /// A dense layer with as many weights as meet all samples at once, one at a time.
    pub Wide(image: [4, 2, 2]) -> [256] { image -> conv: Conv(4, 1) -> Flatten -> fc: Dense(256) }

    /// Winograd along the row, pooled; then vectors that are not full.
    pub Row(image: [1, 6, 6]) -> [9] { image -> conv: Conv(9, 5) -> MaxPool(2) -> bn: BatchNorm(affine = false) -> Flatten }

    /// Gradients by the input, by the output, and of a slope.
    pub Elementwise(x: [2]) -> [1] { x -> fc: Dense(1) -> LeakyRelu -> HardSwish -> Gelu -> slope: PRelu -> Softplus }

    /// Sizes that are stretched, parts, and a layer that does not learn.
    pub Sums(x: [4, 1, 3]) -> [2] {
        let (a, b) = split(x, 2);
        let gate = x -> Flatten -> #[frozen] gate: Dense(2) -> Sigmoid -> Reshape([2, 1, 1]);
        (a - b) * gate + 0.5 * a -> Flatten -> fc: Dense(2)
    }

    /// States from one layer to the next, both directions, layers over each other with dropout between them, the last step alone.
    pub States(x: [2, 2]) -> [1] {
        let (first, state) = x -> first: Lstm(1, bidirectional = true, state = out);
        (first, state) -> second: Lstm(1, bidirectional = true, bias = false) -> third: Gru(1, layers = 2, dropout = 0.1)
            -> last: Rnn(1, nonlinearity = relu, last = true)
    }

    /// Weights that are made of parameters.
    pub Normalized(image: [2, 3, 3]) -> [2] {
        image -> conv: Conv(2, 2, weight = spectral_norm) -> Tanh -> Flatten -> fc: Dense(2, weight = weight_norm)
    }

    pub Places(image: [1, 4, 4]) -> (values: [1, 2, 2], places: [0..16; 4]) {
        let (values, places) = image -> MaxPool(2, indices = true);
        (values, places)
    }
}

/// Numbers that differ, some below zero.
fn numbers<S: Shape>(seed: usize) -> Tensor<S> {
    Tensor::from_fn(|i| ((i * 7 + seed * 5) % 11) as f32 * 0.2 - 1.0)
}

fn text(seed: usize) -> Indices<7, 2> {
    Indices::from_fn(|t| Index::new((t * 3 + seed) % 7).expect("below 7"))
}

fn both_inputs(seed: usize) -> <Both as Network>::Input {
    (numbers(seed), numbers(seed + 1), Index::new(seed % 5).expect("below 5"))
}

#[track_caller]
fn near(found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len());
    assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-5 && b.is_finite()), "{found:?} instead of {wanted:?}");
}

/// `infer`, `predict`, a packed network, and the plain form that machines without `std` have.
fn infer_each<N: Network<Input = Tensor<S>>, S: Shape>(seed: usize) -> Vec<f32>
where
    N::Output: AsRow,
{
    let net = N::init(&mut rng(seed as u64));
    let (x, mut memory) = (numbers(seed), N::infer_memory());
    let first = fireclay::infer(&*net, &x, &mut memory).row();
    assert_eq!(fireclay::predict(&*net, &x).row(), first);
    let packed = net.pack();
    assert_eq!(packed.infer(&x, &mut memory).row(), first);
    assert_eq!(packed.predict(&x).row(), first);
    near(&fireclay::infer_plain(&*net, &x, &mut memory).row(), &first);
    first
}

/// An output as numbers.
trait AsRow {
    fn row(&self) -> Vec<f32>;
}

impl<S: Shape> AsRow for Tensor<S> {
    fn row(&self) -> Vec<f32> {
        self.as_slice().to_vec()
    }
}

#[test]
fn alone_infer() {
    let mut line = Line::zeros();
    line.fc.weight[0] = [2.0, -3.0];
    line.fc.bias[0] = 0.5;
    let mut memory = Line::infer_memory();
    let y = line.infer(&Tensor::from([1.0, 2.0]), &mut memory);
    assert_eq!(y.as_slice(), [-3.5]);
    assert_eq!(infer_each::<Image, _>(1).len(), 3);
    assert_eq!(infer_each::<Generic<Const<5>, Const<6>>, _>(2).len(), 2);
    assert_eq!(infer_each::<Whole, _>(3).len(), 2);
    assert_eq!(infer_each::<Rounded, _>(4).len(), 2);
}

/// Packed, and as they are: Miri takes its time.
macro_rules! infer_both {
    ($($Net:ident)*) => {
        $({
            let (net, x, mut memory) = ($Net::init(&mut rng(2)), numbers(2), $Net::infer_memory());
            let first = net.infer(&x, &mut memory).row();
            near(&fireclay::infer_plain(&*net, &x, &mut memory).row(), &first);
        })*
    };
}

#[test]
fn alone_infer_convolutions() {
    infer_both!(Convolutions Row);
}

/// It never starts the pool either: once is enough for what takes so long.
#[test]
fn infer_winograd_on_one_thread() {
    infer_both!(Winograd);
}

#[test]
fn alone_infer_others() {
    infer_both!(Elementwise Sums States);
    let (x, mut memory) = (numbers(4), Places::infer_memory());
    let (values, places) = *Places::zeros().infer(&x, &mut memory);
    for (value, place) in values.as_slice().iter().zip(places.as_slice()) {
        assert_eq!(*value, x.as_slice()[place.get()]);
    }
}

/// Forward, and backward to the parameters and to the input.
macro_rules! train_each {
    ($($(#[$meta:meta])* $test:ident: $Net:ident)*) => {
        $($(#[$meta])*
        #[test]
        fn $test() {
            for layout in [Layout::Chwn16, Layout::Chw] {
                let mut net = $Net::init(&mut rng(7));
                let Some(mut memory) = fireclay::__private::memory_in::<$Net>(layout, 2) else { continue };
                let mut grads = $Net::grads();
                let x = Batch::from_samples([&numbers(1), &numbers(2)]);
                let loss = net.forward(Mode::Train, &x, memory.threads(1)).loss(Mse, 0.5);
                net.backward(&mut memory, &mut grads);
                assert!(loss.is_finite() && grads.as_slice().iter().any(|g| *g != 0.0));
                assert!(net.backward_input(&mut memory).to_vec().iter().all(|g| g.is_finite()));
            }
        })*
    };
}

train_each! {
    convolutions_on_one_thread: Convolutions
    #[cfg_attr(miri, ignore = "takes minutes in the interpreter; `.ci/asan` follows its kernels")]
    winograd_on_one_thread: Winograd
    #[cfg_attr(miri, ignore = "takes minutes in the interpreter; `.ci/asan` follows its kernels")]
    row_on_one_thread: Row
    wide_on_one_thread: Wide
    elementwise_on_one_thread: Elementwise
    sums_on_one_thread: Sums
    states_on_one_thread: States
    normalized_on_one_thread: Normalized
}

#[test]
fn through_integers_on_one_thread() {
    let mut net = Rounded::init(&mut rng(7));
    let (mut memory, mut grads) = (Rounded::memory(3), Rounded::grads());
    let x = Batch::from_samples([&numbers(1), &numbers(2), &numbers(3)]);
    net.forward(Mode::Train, &x, memory.threads(1)).loss(Mse, 0.5);
    net.backward(&mut memory, &mut grads);
    assert!(grads.as_slice().iter().any(|g| *g != 0.0));
    assert!(net.backward_input(&mut memory).to_vec().iter().all(|g| g.is_finite()));
}

#[test]
fn alone_several_inputs_and_outputs() {
    let net = Both::init(&mut rng(4));
    let mut memory = Both::infer_memory();
    let x = both_inputs(2);
    let (class, point) = *net.infer(&x, &mut memory);
    let boxed = Box::new(x);
    assert_eq!(*net.predict(&boxed), (class, point));
    assert_eq!(*net.pack().infer(&boxed, &mut memory), (class, point));
    let plain = fireclay::infer_plain(&*net, &boxed, &mut memory);
    near(plain.0.as_slice(), class.as_slice());
    near(plain.1.as_slice(), point.as_slice());
}

#[test]
fn alone_steps() {
    let net = Text::init(&mut rng(5));
    let (packed, mut state, mut other) = (net.pack(), Text::state(), Text::state());
    let (x, whole) = (text(3), net.predict(&text(3)));
    for (t, c) in x.as_slice().iter().enumerate() {
        let y = net.step(c, &mut state);
        near(y.as_slice(), &whole[t]);
        assert_eq!(packed.step(c, &mut other), y);
    }
    state.as_mut_slice()[0] = 1.0;
    state.reset();
    assert_eq!(net.step(x.as_slice()[0], &mut state), net.step(x.as_slice()[0], &mut Text::state()));
}

#[test]
fn alone_static_memory() {
    static MEMORY: StaticMemory<Image> = StaticMemory::new();
    let memory = MEMORY.take().expect("nobody took it before");
    assert!(MEMORY.take().is_none());
    let (net, x) = (Image::init(&mut rng(6)), numbers(6));
    assert_eq!(*net.infer(&x, memory), *net.predict(&x));
}

#[test]
fn alone_changes_reach_inference() {
    let mut net = Part::init(&mut rng(7));
    let x = numbers(7);
    let first = net.predict(&x);
    net.fc.weight[1][2] += 1.0;
    net.buffers_mut().bn.running_mean[0] = 0.5;
    let second = net.predict(&x);
    assert_ne!(first, second);
    let mut copy = net.clone();
    assert_eq!(copy.predict(&x), second);
    copy.params_mut().as_mut_slice().fill(0.0);
    assert_ne!(copy.predict(&x), second);
    copy.clone_from(&net);
    assert_eq!(copy.predict(&x), second);
    let mut whole = Whole::init(&mut rng(8));
    whole.first.copy_from(net.params());
    whole.buffers_mut().first = *net.buffers();
    assert_eq!(whole.tensor("first.fc.weight"), net.tensor("fc.weight"));
    // From several threads: one packs, the others wait.
    let wanted = whole.clone().predict(&x);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert_eq!(whole.predict(&x), wanted));
        }
    });
}

#[test]
fn alone_save_and_load() {
    let net = Image::init(&mut rng(9));
    let path =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fireclay-miri-{}.safetensors", std::process::id()));
    net.save(&path).expect("it is written");
    let other = Image::open(&path).expect("it is read");
    std::fs::remove_file(&path).expect("it is there");
    assert_eq!(other.params().as_slice(), net.params().as_slice());
    assert_eq!(other.predict(&numbers(1)), net.predict(&numbers(1)));
}

/// For two threads two micro-batches, of which one is nearly empty. (Miri takes seconds for each.)
fn samples(threads: usize) -> usize {
    if threads == 1 { 3 } else { 17 }
}

fn infer_batches(threads: usize) {
    let n = samples(threads);
    let (image, both) = (Image::init(&mut rng(10)), Both::init(&mut rng(11)));
    let images: Vec<Tensor<shape![1, 4, 4]>> = (0..n).map(numbers).collect();
    let mut memory = Image::infer_memory_for(n);
    memory.threads(threads);
    let outputs = image.infer_batch(&Batch::from_samples(&images), &mut memory);
    for (i, x) in images.iter().enumerate() {
        near(outputs.sample(i).as_slice(), image.predict(x).as_slice());
    }
    let x: Batch<shape![1, 4, 4]> = Batch::from_fn(n, |i, j| both_inputs(i).0.as_slice()[j]);
    let h: Batch<shape![3]> = Batch::from_fn(n, |i, j| both_inputs(i).1.as_slice()[j]);
    let words = IndexBatch::from_samples((0..n).map(|i| both_inputs(i).2));
    let mut memory = Both::infer_memory_for(n);
    memory.threads(threads);
    let packed = both.pack();
    let (class, point) = packed.infer_batch((&x, &h, &words), &mut memory);
    for i in 0..n {
        let wanted = both.predict(&both_inputs(i));
        near(class.sample(i).as_slice(), wanted.0.as_slice());
        near(point.sample(i).as_slice(), wanted.1.as_slice());
    }
}

/// Forward, loss, backward and step by step; then the same at once.
fn train_image(threads: usize) {
    let n = samples(threads);
    let mut net = Image::init(&mut rng(12));
    let mut twin = net.clone();
    // Two micro-batches, whatever would be chosen.
    let mut memory = fireclay::__private::memory_in::<Image>(Layout::Chwn16, n).expect("every network trains so");
    let mut grads = Image::grads();
    let mut adam = Adam::new(0.01).on(&net);
    memory.threads(threads);
    adam.threads(threads);
    let x: Batch<shape![1, 4, 4]> = Batch::from_fn(n, |i, j| numbers::<shape![1, 4, 4]>(i).as_slice()[j]);
    let y = IndexBatch::from_samples((0..n).map(|i| Index::<3>::new(i % 3).expect("below 3")));
    let first = net.forward(Mode::Train, &x, &mut memory).loss(CrossEntropy, &y);
    net.backward(&mut memory, &mut grads);
    let wanted = grads.as_slice().to_vec();
    assert!(first.is_finite() && wanted.iter().any(|g| *g != 0.0));
    assert_eq!(net.backward_input(&mut memory).len(), n);
    adam.step(&mut net, &grads);
    let second = net.forward(Mode::Eval, &x, &mut memory).loss(CrossEntropy, &y);
    assert!(second.is_finite() && second != first);

    grads.zero();
    memory.seed(0);
    let fused = twin.train(&x, CrossEntropy, &y, &mut memory, &mut grads);
    assert_eq!((fused.to_bits(), grads.as_slice()), (first.to_bits(), &wanted[..]));
    Sgd::new(0.1).momentum(0.9).on(&twin).step(&mut twin, &grads);
    assert!(twin.predict(&numbers(1)).as_slice().iter().all(|y| y.is_finite()));
}

fn train_several(threads: usize) {
    let n = samples(threads);
    let mut net = Both::init(&mut rng(13));
    let mut memory = fireclay::__private::memory_in::<Both>(Layout::Chwn16, n).expect("every network trains so");
    let mut grads = Both::grads();
    memory.threads(threads);
    let (x, h) = (Batch::from_fn(n, |i, j| (i + j) as f32 * 0.01), Batch::from_fn(n, |i, j| (i * j) as f32 * 0.01));
    let words = IndexBatch::from_samples((0..n).map(|i| both_inputs(i).2));
    let class = IndexBatch::from_samples((0..n).map(|i| Index::<3>::new(i % 3).expect("below 3")));
    let point = Batch::zeros(n);
    let losses = (CrossEntropy, Mse.weight(0.5), CrossEntropy.weight(0.3));
    let loss = net.train((&x, &h, &words), losses, (&class, &point, &class), &mut memory, &mut grads);
    assert!(loss > 0.0 && grads.as_slice().iter().all(|g| g.is_finite()));
}

fn train_text(threads: usize) {
    let n = samples(threads);
    let mut net = Text::init(&mut rng(14));
    let (mut memory, mut grads) = (Text::memory(n), Text::grads());
    memory.threads(threads);
    let x = IndicesBatch::from_sequences((0..n).map(text));
    let first = net.train(&x, Mse, 0.5, &mut memory, &mut grads);
    Sgd::new(0.05).on(&net).step(&mut net, &grads);
    assert!(net.forward(Mode::Eval, &x, &mut memory).loss(Mse, 0.5) < first);
}

fn train_generic_from_outside(threads: usize) {
    type Net = Generic<Const<3>, Const<4>>;
    let mut net = Net::init(&mut rng(15));
    let (mut memory, mut grads) = (Net::memory(3), Net::grads());
    memory.threads(threads);
    let x = Batch::from_fn(3, |i, j| (i + j) as f32 * 0.1);
    assert_eq!(net.forward(Mode::Train, &x, &mut memory).output().len(), 3);
    let ones = Batch::from_fn(3, |_, _| 1.0);
    net.backward_from(&ones, &mut memory, &mut grads);
    assert_eq!(grads.fc2.bias.as_slice(), [3.0, 3.0]);
    assert!(net.backward_input_from(&ones, &mut memory).to_vec().iter().any(|g| *g != 0.0));
}

/// A whole loop of `Trainer`, with validation, and a set that is evaluated.
fn train_loop(threads: usize) {
    let samples = || (0..5).map(|i| (numbers(i), Tensor::from([i as f32 * 0.1, 0.5])));
    let data: fireclay::data::Samples<Tensor<shape![4]>, Tensor<shape![2]>> = samples().collect();
    let mut net = Whole::init(&mut rng(16));
    let history =
        Trainer::new(Mse, Adam::new(0.01)).epochs(1).batch(5).threads(threads).progress(ProgressBar::Off).fit(&mut net, &data);
    assert_eq!(history.expect("it trains").epochs().len(), 1);
    assert_eq!(net.predict_all(&data)[4].as_slice().len(), 2);
}

/// Each with one thread and with two.
macro_rules! on_threads {
    ($($name:ident)*) => {
        mod on_one_thread {
            $(#[test] fn $name() { super::$name(1); })*
        }
        mod on_two_threads {
            $(#[test] fn $name() { super::$name(2); })*
        }
    };
}

on_threads! { infer_batches train_image train_several train_text train_generic_from_outside train_loop }
