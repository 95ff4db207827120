//! Batches that do not fill sixteen lanes: padding lanes must not change a bit of what the real samples give, in any layer.
//!
//! In every network here zeros overflow: e^(100 − 0.05·x) is below one for the inputs, which are about 2000, and infinite at 0.

use fireclay::Layout;
use fireclay::loss::{Loss, MicroBatch};
use fireclay::prelude::*;
use fireclay::{LANES, Values};
use std::collections::BTreeSet;

network! {
    block Lift(x; features) { x -> lift: Dense(features) -> Exp }

    pub Activations(x: [1]) -> [2] {
        let h = x -> Lift(6);
        let flat = concat(h -> Relu, h -> LeakyRelu(0.1), h -> Sigmoid, h -> Tanh, h -> Exp, h -> Softmax, h -> PRelu(true));
        flat -> a: Dense(17) -> Tanh -> out: Dense(2)
    }
    pub Pools(x: [1]) -> [2] {
        let image = x -> Lift(108) -> Reshape([3, 6, 6]);
        let (places, indices) = image -> MaxPool(2, indices = true);
        let pooled = concat(image -> MaxPool(2), image -> AvgPool(2), places) -> Flatten;
        concat(pooled, image -> MaxPool(3, stride = 1, pad = 1) -> GlobalAvgPool, (places, indices) -> MaxUnpool -> GlobalMaxPool) -> out: Dense(2)
    }
    pub Resized(x: [1]) -> [2] {
        let image = x -> Lift(36) -> Reshape([4, 3, 3]);
        let up = (image -> Upsample) * (image -> Upsample(mode = bilinear)) + (image -> Upsample(mode = bed_of_nails));
        concat(up -> AdaptiveAvgPool(2), image -> AdaptiveMaxPool(2)) -> Flatten -> out: Dense(2)
    }
    pub Regions(x: [1]) -> [2] {
        let map = x -> Lift(36) -> Reshape([4, 3, 3]);
        let rois = x -> corners: Lift(8) -> Reshape([2, 4]);
        let pooled = (map, rois) -> RoiPool(2, scale = 2) -> Flatten;
        concat(pooled, (map, rois) -> RoiAlign(2, scale = 2) -> Flatten) -> out: Dense(2)
    }
    pub OverTime(x: [1]) -> [2] {
        let steps = x -> Lift(36) -> Reshape([9, 4]);
        let means = concat(steps -> AvgPool1d(3), steps -> AdaptiveAvgPool1d(3)) -> GlobalAvgPool1d;
        concat(means, concat(steps -> MaxPool1d(3), steps -> AdaptiveMaxPool1d(3)) -> GlobalMaxPool1d) -> out: Dense(2)
    }
    pub Convs(x: [1]) -> [2] {
        let image = x -> Lift(144) -> Reshape([4, 6, 6]);
        let narrow = image -> a: Conv(4, 3, pad = 1, groups = 2) -> b: DepthwiseConv(3, multiplier = 2) -> Tanh;
        narrow -> c: ConvTranspose(3, 3, stride = 2) -> d: Conv(5, 5, stride = 2) -> Flatten -> out: Dense(2)
    }
    pub Masked(x: [1]) -> [2] {
        let image = x -> Lift(54) -> Reshape([6, 3, 3]);
        let seen = image -> a: Conv(3, 3, pad = same, mask = A, colors = 3) -> Tanh -> b: Conv(3, 3, pad = same, mask = B, colors = 3);
        seen -> Pad(1, mode = reflect) -> c: SeparableConv(2, 3, pad = 1, pad_mode = circular) -> Flatten -> out: Dense(2)
    }
    pub ConvsOverTime(x: [1]) -> [2] {
        let steps = x -> Lift(20) -> Reshape([5, 4]);
        let half = steps -> a: Conv1d(6, 3, pad = causal, dilation = 2, groups = 2) -> Tanh -> b: Conv1d(3, 2, stride = 2);
        half -> c: ConvTranspose1d(4, 3, stride = 2) -> Flatten -> out: Dense(2)
    }
    block Wide(x) {
        x -> Lift(1024) -> Reshape([16, 8, 8])
            -> a: Conv(17, 3, pad = 1) -> Tanh -> b: Conv(18, 4, stride = 2, pad = 1) -> Tanh
            -> c: ConvTranspose(16, 4, stride = 2, pad = 1) -> d: Conv(16, 1) -> GlobalAvgPool -> out: Dense(2)
    }
    pub Minimal(x: [1]) -> [2] { x -> Wide }
    #[fireclay(exact)]
    pub Plain(x: [1]) -> [2] { x -> Wide }
    pub Between(x: [1]) -> [2] {
        let (a, b) = x -> Lift(36) -> Reshape([4, 3, 3]) -> split(2);
        let gate = a -> GlobalAvgPool -> Reshape([2, 1, 1]);
        (2 * a + b - a * b) * gate - 1 -> Flatten -> out: Dense(2)
    }
    pub Moved(x: [1]) -> [2] {
        let image = x -> Lift(32) -> Reshape([2, 4, 4]);
        let (a, b) = image -> SpaceToDepth(2) -> split([3, _]);
        let apart = concat(a, b) -> DepthToSpace(2) -> Permute(1, 2, 0) -> Slice(channels = 1.., width = ..1) -> Crop((3, 1)) -> Flatten;
        let steps = image -> Slice(channels = 1..) -> Squeeze(channels);
        concat(apart, steps -> Step(last), image -> Crop(2) -> Flatten) -> out: Dense(2)
    }
    pub Arithmetic(x: [1]) -> [2] {
        let image = x -> Lift(18) -> Reshape([2, 3, 3]);
        let ratio = image / (sum(image, axis = channels, keep = true) + 1) + max(image, 1) - min(image, image * 0.5);
        let mask = image > mean(image, axis = (height, width), keep = true);
        let chosen = where(mask, ratio, 2 - stop_gradient(image)) -> Pow(2);
        concat(max(chosen, axis = channels) -> Flatten, min(ratio, axis = height) -> Flatten, mask >= 1 -> Flatten, mask >= image -> Flatten)
            -> out: Dense(2)
    }
    pub Attentive(x: [1]) -> [2] {
        let steps = x -> Lift(20) -> Reshape([5, 4]);
        let scale = Param([1, 4], init = ones);
        let y = steps * scale + zeros([5, 1]) + ones([1, 4]) -> attn: Attention(2, causal = true);
        let best = argmax(y, axis = features) -> OneHot;
        concat(matmul(y, steps -> Permute(1, 0)) -> Flatten, best -> Flatten) -> a: Dense(20) -> Tanh -> out: Dense(2)
    }
    pub Rounded(x: [1]) -> [2] { x -> Lift(40) -> Quantize(0.005) -> Dequantize(0.005) -> a: Dense(20) -> Exp -> out: Dense(2) }
    pub Tied(x: [1]) -> [2] { x -> Lift(10) -> a: Dense(7) -> Tanh -> b: Dense(10, weight = tie(a)) -> Tanh -> out: Dense(2) }
    pub Averaged(x: [1]) -> [2] {
        let (a, b) = x -> Lift(40) -> split(2);
        mean(mean(a, b, 2 * a), b, drop = 0.4) -> out: Dense(2)
    }
    pub Dropped(x: [1]) -> [2] {
        let a = x -> Lift(40) -> Dropout(0.4) -> Reshape([10, 2, 2]) -> SpatialDropout(0.3) -> AlphaDropout(0.2) -> DropPath(0.3) -> Flatten;
        a -> a: Dense(20) -> Exp -> Dropout(0.5, inverted = false) -> out: Dense(2)
    }
    pub Sequences(x: [1]) -> [2] {
        let steps = x -> Lift(20) -> Reshape([5, 4]);
        let deep = steps -> deep: Lstm(3, layers = 2, bidirectional = true, dropout = 0.3) -> each: Dense(2) -> Flatten;
        let (y, (h, c)) = (steps, (x -> h0: Lift(4) -> Reshape([1, 4]), x -> c0: Lift(4) -> Reshape([1, 4]))) -> kept: Lstm(4, state = out);
        concat(deep, y -> last: Lstm(3, last = true), h -> Flatten, c -> Flatten) -> out: Dense(2)
    }
    pub Gated(x: [1]) -> [2] {
        let steps = x -> Lift(20) -> Reshape([5, 4]);
        let deep = steps -> deep: Gru(3, layers = 2, bidirectional = true, dropout = 0.3) -> each: Dense(2) -> Flatten;
        let (y, h) = (steps, x -> h0: Lift(4) -> Reshape([1, 4])) -> kept: Gru(4, state = out);
        concat(deep, y -> last: Rnn(3, last = true), h -> r: Rnn(2, nonlinearity = relu) -> Flatten) -> out: Dense(2)
    }
    pub Cells(x: [1]) -> [2] {
        let steps = x -> Lift(20) -> Reshape([5, 4]);
        let (y, h) = (steps, x -> h0: Lift(4)) -> gru: scan(GruCell(4));
        let (h, c) = (h, (x -> h1: Lift(3), x -> c1: Lift(3))) -> lstm: LstmCell(3);
        concat(y -> Flatten, h -> rnn: RnnCell(4), c) -> out: Dense(2)
    }
    pub Shorter(x: [1]) -> [2] {
        let steps = x -> Lift(20) -> Reshape([5, 4]);
        let n = argmax(x -> place: Lift(6), axis = features);
        let (y, (h, c)) = (steps, n) -> lstm: Lstm(3, bidirectional = true, state = out);
        concat(y -> Flatten, h -> Flatten, c -> Flatten, (steps, n) -> gru: Gru(3, layers = 2, last = true)) -> out: Dense(2)
    }
    pub Pixels(x: [1]) -> [2] {
        let image = x -> Lift(24) -> Reshape([2, 3, 4]);
        let rows = image + (image -> rows: RowLstm(2)) -> Flip(width);
        rows + (rows -> diagonals: DiagonalBiLstm(2)) -> Flatten -> out: Dense(2)
    }
    pub Words(text: [0..5; 6]) -> [2] { text -> lift: Embedding(3) -> Exp -> Flatten -> out: Dense(2) }
    pub Read(text: [0..5; 6]) -> [2] { text -> lift: Embedding(3) -> lstm: Lstm(4, last = true) -> out: Dense(2) }
    pub ReadGated(text: [0..5; 6]) -> [2] { text -> lift: Embedding(3) -> gru: Gru(4, last = true) -> out: Dense(2) }
}

network! {
    block Lift(x; features) { x -> lift: Dense(features) -> Exp }

    pub Normed(x: [1]) -> [2] { 0 - x -> bn: BatchNorm -> Exp -> out: Dense(2) }
    pub NormedImages(x: [1]) -> [2] {
        x -> Lift(18) -> Reshape([2, 3, 3]) -> c: Conv(3, 3, pad = 1) -> bn: BatchNorm -> Relu -> b2: BatchNorm(affine = false) -> Flatten -> out: Dense(2)
    }
    pub Grouped(x: [1]) -> [2] {
        let image = x -> Lift(36) -> Reshape([4, 3, 3]);
        let steps = image -> gn: GroupNorm(2) -> Exp -> Lrn(3, alpha = 0.5) -> g2: GroupNorm(4, affine = false) -> Reshape([9, 4]);
        steps -> g3: GroupNorm(2) -> each: InstanceNorm(affine = true) -> Flatten -> out: Dense(2)
    }
    pub Along(x: [1]) -> [2] {
        let steps = x -> Lift(18) -> Reshape([3, 6]);
        let gated = concat(steps -> ln: LayerNorm -> Glu, steps -> rms: RmsNorm -> Exp -> Maxout(2), steps -> l2: L2Norm(3)) -> Flatten;
        concat(gated, steps -> LogSoftmax -> Flatten, steps -> Softmin(axis = time) -> Flatten) -> out: Dense(2)
    }
    pub Standing(x: [1]) -> [2] { x -> Lift(4) -> #[frozen] bn: BatchNorm -> Exp -> out: Dense(2) }
}

/// A network with each activation, called after its file.
macro_rules! networks {
    ($($file:ident $Name:ident $backward:ident;)*) => {
        $(mod $file {
            use fireclay::prelude::*;
            network! {
                pub Net(x: [1]) -> [2] { x -> lift: Dense(6) -> Exp -> $Name -> out: Dense(2) }
            }
        })*

        #[test]
        fn every_activation_in_full_batches() {
            $(as_in_full_batches::<$file::Net>();)*
        }

        #[test]
        fn every_activation_with_many_of_each() {
            $(as_many_of_each::<$file::Net>(1);)*
        }

        fn with_activations() -> Vec<&'static str> {
            vec![$($file::Net::INFO),*].iter().flat_map(|info| info.layers).map(|layer| layer.layer).collect()
        }
    };
}
fireclay_ir::activations!(networks);

type Two = Tensor<shape![2]>;

/// Batch sizes with every number of padding lanes, in the first micro-batch and in the second.
fn sizes() -> impl Iterator<Item = usize> {
    (1..2 * LANES).filter(|n| n % LANES != 0)
}

/// What a network is given as its j-th sample.
trait Given: Values {
    fn given(j: usize) -> Self;
}

impl Given for Tensor<shape![1]> {
    fn given(j: usize) -> Self {
        Self::from([2001.0 + (j * 7 % 13) as f32])
    }
}

/// Never the first row, which a batch is filled with.
impl Given for Indices<5, 6> {
    fn given(j: usize) -> Self {
        Self::from_fn(|t| Index::new(1 + (j * 3 + t) % 4).expect("below 5"))
    }
}

/// Weights as said above; the row of an embedding that no sample reads is too large for anything.
fn network<N: Network>() -> Box<N> {
    let mut net = N::init(&mut rng(1));
    for tensor in N::INFO.tensors.iter().filter(|tensor| tensor.path.contains("lift")) {
        let numbers = &mut net.params_mut().as_mut_slice()[tensor.offset..][..tensor.len];
        let embedding = tensor.path.contains("lift.weight") && tensor.dims[0] == 5;
        for (i, x) in numbers.iter_mut().enumerate() {
            *x = match (embedding, tensor.path.ends_with("bias")) {
                (true, _) if i < 3 => 1e38,
                (true, _) => (i * 7 % 11) as f32 / 11.0 - 0.5,
                (_, true) => 100.0 - (i * 5 % 7) as f32 / 7.0,
                (_, false) => -0.05 - (i * 3 % 5) as f32 / 10_000.0,
            };
        }
    }
    net
}

fn batch<V: Values>(samples: impl ExactSizeIterator<Item = V>) -> V::Batch {
    let mut batch = V::in_layout(samples.len(), Layout::default());
    V::set_samples(&mut batch, samples.len());
    samples.enumerate().for_each(|(i, sample)| V::put(&mut batch, i, &sample));
    batch
}

/// What a step gives.
struct Step {
    loss: f32,
    outputs: Vec<f32>,
    grads: Vec<f32>,
    buffers: Vec<f32>,
}

/// Forward, loss and backward one after another; `train` must give the same bits, on one thread and on two.
fn step<N, T: Copy + Send + Sync>(inputs: &<N::Input as Values>::Batch, loss: &impl Loss<Two, T>, targets: T) -> Step
where
    N: Network<TrainOutput = Two>,
{
    let inputs = N::Input::refs(inputs);
    let samples = N::Input::samples(inputs);
    // Whatever would be chosen: one sample at a time has no padding lanes.
    let mut memory = fireclay::__private::memory_in::<N>(fireclay::Layout::Chwn16, samples).expect("every network trains so");
    let (mut net, mut grads) = (network::<N>(), N::grads());
    memory.threads(1).seed(5);
    let outputs = net.forward(Mode::Train, inputs, &mut memory).output().to_vec();
    let mut net = network::<N>();
    memory.seed(5);
    let total = net.forward(Mode::Train, inputs, &mut memory).loss(loss, targets);
    net.backward(&mut memory, &mut grads);
    let buffers = net.buffers().as_slice().to_vec();
    for threads in [1, 2] {
        let (mut net, mut again) = (network::<N>(), N::grads());
        memory.threads(threads).seed(5);
        let fused = net.train(inputs, loss, targets, &mut memory, &mut again);
        assert_eq!(fused.to_bits(), total.to_bits(), "{}: {samples} samples on {threads} threads", N::INFO.name);
        assert!(bits(&grads) == bits(&again) && net.buffers().as_slice() == buffers, "{}: {samples} samples", N::INFO.name);
    }
    Step { loss: total, outputs, grads: grads.as_slice().to_vec(), buffers }
}

fn bits<N: Network>(grads: &Grads<N>) -> Vec<u32> {
    grads.as_slice().iter().map(|g| g.to_bits()).collect()
}

/// The squares of the first samples' distances from 0.3; leaves NaN in padding lanes, which is nobody's business.
struct First(usize);

impl Loss<Two, ()> for First {
    fn targets(&self, (): ()) -> Option<usize> {
        None
    }
    fn micro(&self, part: MicroBatch, outputs: &[f32], (): (), gradient: &mut [f32]) -> f32 {
        let mut sum = 0.0;
        for (i, (x, g)) in outputs.iter().zip(gradient).enumerate() {
            let (lane, d) = (i % LANES, x - 0.3);
            let counts = lane < part.count && part.first + lane < self.0;
            sum += if counts { d * d } else { 0.0 };
            *g = if lane >= part.count { f32::NAN } else { f32::from(counts) * 2.0 * d };
        }
        sum
    }
}

/// The same bits as in a batch whose lanes are all filled with real samples, of which those behind the first do not count.
fn as_in_full_batches<N>()
where
    N: Network<TrainOutput = Two, Input: Given>,
{
    for n in sizes() {
        let all = n.next_multiple_of(LANES);
        let padded = step::<N, ()>(&batch((0..n).map(N::Input::given)), &First(n), ());
        let full = step::<N, ()>(&batch((0..all).map(|j| N::Input::given(j % n))), &First(n), ());
        let name = N::INFO.name;
        assert!(padded.grads.iter().all(|g| g.is_finite()), "{name}, {n} samples: {:?}", padded.grads);
        assert!(padded.grads.iter().any(|g| *g != 0.0) && padded.loss.is_finite(), "{name}");
        assert_eq!(padded.loss, full.loss, "{name}, {n} samples");
        assert_eq!(padded.outputs, full.outputs[..2 * n], "{name}, {n} samples");
        assert_eq!(padded.grads, full.grads, "{name}, {n} samples");
        assert_eq!(padded.buffers, full.buffers, "{name}, {n} samples");
    }
}

/// As a batch in which every sample stands sixteen times, which needs no padding: it has the same means, so the same statistics and
/// gradients. Batch norms have so many `positions` in a sample.
fn as_many_of_each<N>(positions: usize)
where
    N: Network<TrainOutput = Two, Input: Given>,
{
    for n in sizes().filter(|n| n * positions > 1) {
        let name = format!("{}, {n} samples", N::INFO.name);
        let padded = step::<N, f32>(&batch((0..n).map(N::Input::given)), &Mse, 0.3);
        let full = step::<N, f32>(&batch((0..n * LANES).map(|i| N::Input::given(i / LANES))), &Mse, 0.3);
        close(&name, &[padded.loss], &[full.loss], 0.0);
        let one_of_each: Vec<f32> = full.outputs.chunks(2).step_by(LANES).flatten().copied().collect();
        close(&name, &padded.outputs, &one_of_each, 0.0);
        let all = full.grads.iter().fold(0.0_f32, |most, g| most.max(g.abs()));
        for tensor in N::INFO.tensors {
            if let Some(grad) = tensor.grad {
                let of = |step: &Step| step.grads[grad..grad + tensor.len].to_vec();
                close(&format!("{name}: {}", tensor.path), &of(&padded), &of(&full), 1e-5 * all);
            } else if tensor.buffer {
                // The variance that is kept is divided by one less than there are values.
                let biased = |step: &Step, samples: usize| {
                    let (values, is_var) = ((samples * positions) as f32, tensor.path.ends_with("running_var"));
                    let of = |x: &f32| if is_var && *x != 1.0 { (x - 0.9) * (values - 1.0) / values } else { *x };
                    step.buffers[tensor.offset..][..tensor.len].iter().map(of).collect::<Vec<f32>>()
                };
                close(&format!("{name}: {}", tensor.path), &biased(&padded, n), &biased(&full, n * LANES), 1e-7);
            }
        }
    }
}

#[track_caller]
fn close(name: &str, found: &[f32], wanted: &[f32], least: f32) {
    assert_eq!(found.len(), wanted.len());
    let bound = least + 2e-4 * wanted.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
    for (i, (f, w)) in found.iter().zip(wanted).enumerate() {
        assert!((f - w).abs() <= bound, "{name}: number {i} is {f}, not {w}");
    }
}

/// Runs both tests on networks without batch norm, and tells which layers these have.
macro_rules! layers_of {
    ($($Net:ident),*) => { [$($Net::INFO),*].iter().flat_map(|info| info.layers).map(|layer| layer.layer) };
}

#[test]
fn every_layer_in_full_batches() {
    as_in_full_batches::<Activations>();
    as_in_full_batches::<Pools>();
    as_in_full_batches::<Resized>();
    as_in_full_batches::<Regions>();
    as_in_full_batches::<OverTime>();
    as_in_full_batches::<Convs>();
    as_in_full_batches::<ConvsOverTime>();
    as_in_full_batches::<Masked>();
    as_in_full_batches::<Between>();
    as_in_full_batches::<Moved>();
    as_in_full_batches::<Arithmetic>();
    as_in_full_batches::<Attentive>();
    as_in_full_batches::<Rounded>();
    as_in_full_batches::<Dropped>();
    as_in_full_batches::<Averaged>();
    as_in_full_batches::<Tied>();
    as_in_full_batches::<Sequences>();
    as_in_full_batches::<Gated>();
    as_in_full_batches::<Cells>();
    as_in_full_batches::<Shorter>();
    as_in_full_batches::<Pixels>();
    as_in_full_batches::<Words>();
    as_in_full_batches::<Read>();
    as_in_full_batches::<ReadGated>();
    as_in_full_batches::<Grouped>();
    as_in_full_batches::<Along>();
    as_in_full_batches::<Standing>();
}

#[test]
fn wide_convolutions_in_full_batches() {
    as_in_full_batches::<Minimal>();
    as_in_full_batches::<Plain>();
}

#[test]
fn every_layer_with_many_of_each() {
    as_many_of_each::<Activations>(1);
    as_many_of_each::<Pools>(1);
    as_many_of_each::<Resized>(1);
    as_many_of_each::<Regions>(1);
    as_many_of_each::<OverTime>(1);
    as_many_of_each::<Convs>(1);
    as_many_of_each::<ConvsOverTime>(1);
    as_many_of_each::<Masked>(1);
    as_many_of_each::<Between>(1);
    as_many_of_each::<Moved>(1);
    as_many_of_each::<Arithmetic>(1);
    as_many_of_each::<Attentive>(1);
    as_many_of_each::<Rounded>(1);
    as_many_of_each::<Tied>(1);
    as_many_of_each::<Cells>(1);
    as_many_of_each::<Shorter>(1);
    as_many_of_each::<Pixels>(1);
    as_many_of_each::<Words>(1);
    as_many_of_each::<Read>(1);
    as_many_of_each::<ReadGated>(1);
    as_many_of_each::<Normed>(1);
    as_many_of_each::<NormedImages>(9);
    as_many_of_each::<Grouped>(1);
    as_many_of_each::<Along>(1);
    as_many_of_each::<Standing>(1);
}

/// A layer that runs and has no network here would not be tested.
#[test]
fn no_layer_is_missing() {
    let layers = layers_of!(
        Activations,
        Pools,
        Resized,
        Regions,
        OverTime,
        Convs,
        ConvsOverTime,
        Masked,
        Minimal,
        Plain,
        Between,
        Moved,
        Arithmetic,
        Attentive,
        Rounded,
        Dropped,
        Averaged,
        Tied,
        Sequences,
        Gated,
        Cells,
        Shorter,
        Pixels,
        Words,
        Read,
        Normed,
        NormedImages,
        Grouped,
        Along,
        Standing
    );
    let tested: BTreeSet<&str> =
        layers.chain(with_activations()).map(|layer| layer.split(['(', ' ']).next().unwrap_or(layer)).collect();
    // A block is the layers that it is made of.
    for layer in fireclay_compiler::layers::LAYERS.iter().filter(|layer| !layer.is_block()).map(|layer| layer.name()) {
        assert!(tested.contains(layer), "no test of {layer}: {tested:?}");
    }
}
