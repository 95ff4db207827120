//! Sizes that are types: every layer that takes them, against the same network in numbers. Both have the same parameters; what they compute is the
//! same to rounding, since in numbers faster algorithms may be chosen.

use fireclay::prelude::*;
use fireclay::shape::formula::{ConvOut, ConvSize, TransposedSize};

/// Fails where numbers differ by more than rounding.
fn close(what: &str, a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len(), "{what}");
    let most = b.iter().fold(0.0_f32, |most, b| most.max(b.abs()));
    assert!(most.is_finite() && most > 0.0, "{what}: nothing but zeros");
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= 2e-5 * (most + b.abs()), "{what}: {a} is not {b}, at {i}");
    }
}

/// A network whose sizes are types, and the same in numbers, held against each other: inference (plain, by the network's packed weights, packed by itself),
/// outputs and loss in training, gradients of parameters and inputs, and the statistics that it leaves.
macro_rules! both {
    ($test:ident, [$($ty:ident = $n:literal),+], $x:expr, $y:expr, $($rest:tt)*) => {
        mod $test {
            use super::*;

            network! {
                $(const $ty = $n;)+
                pub Fixed $($rest)*
            }
            network! { pub Typed<$($ty: Dim),+> $($rest)* }

            type Chosen = Typed<$(Const<$n>),+>;

            #[test]
            fn as_in_numbers() {
                const SAMPLES: usize = 19;
                let mut fixed = Fixed::init(&mut rng(1));
                let mut typed = Chosen::zeros();
                typed.load_bytes(&fixed.to_bytes().unwrap()).unwrap();
                let (x, y) = ($x(SAMPLES), $y(SAMPLES));
                let inferred = |typed: &mut Chosen, fixed: &mut Fixed| {
                    let wanted = fixed.predict(&x.sample(3));
                    close("inference", typed.predict(&x.sample(3)).as_slice(), wanted.as_slice());
                    let mut memory = Chosen::infer_memory_for(SAMPLES);
                    close("batch", &typed.infer_batch(&x, &mut memory).to_vec(), &fixed.infer_batch(&x, &mut Fixed::infer_memory_for(SAMPLES)).to_vec());
                    let mut memory = Chosen::infer_memory();
                    close("plain inference", fireclay::infer_plain(typed, &x.sample(3), &mut memory).as_slice(), wanted.as_slice());
                    close("packed inference", typed.pack().predict(&x.sample(3)).as_slice(), wanted.as_slice());
                    let (mut a, mut b) = (Chosen::memory(SAMPLES), Fixed::memory(SAMPLES));
                    let (a, b) = (typed.forward(Mode::Eval, &x, &mut a), fixed.forward(Mode::Eval, &x, &mut b));
                    close("evaluation", &a.output().to_vec(), &b.output().to_vec());
                };
                inferred(&mut typed, &mut fixed);
                let (mut memory, mut grads) = (Chosen::memory(SAMPLES), Chosen::grads());
                let (mut fixed_memory, mut fixed_grads) = (Fixed::memory(SAMPLES), Fixed::grads());
                memory.seed(7);
                fixed_memory.seed(7);
                let loss = typed.forward(Mode::Train, &x, &mut memory).loss(Mse, &y);
                close("loss", &[loss], &[fixed.forward(Mode::Train, &x, &mut fixed_memory).loss(Mse, &y)]);
                typed.backward(&mut memory, &mut grads);
                fixed.backward(&mut fixed_memory, &mut fixed_grads);
                let inputs = typed.backward_input(&mut memory).to_vec();
                close("gradients of the input", &inputs, &fixed.backward_input(&mut fixed_memory).to_vec());
                close("gradients", grads.as_slice(), fixed_grads.as_slice());
                // By the statistics of that step.
                inferred(&mut typed, &mut fixed);
                assert_eq!(Chosen::PARAMETERS, Fixed::PARAMETERS);
            }
        }
    };
}

macro_rules! normal {
    ($seed:literal, $($size:literal),+) => { |n| Batch::<shape![$($size),+]>::normal(n, &mut rng($seed)) };
}

both!(norms, [C = 6], normal!(2, 6, 5, 4), normal!(3, 6, 5, 4), (x: [C, 5, 4]) -> [C, 5, 4] {
    x -> c1: Conv(C, 3, pad = 1) -> bn: BatchNorm -> Relu -> gn: GroupNorm(3) -> c2: Conv(C, 1) -> inn: InstanceNorm(affine = true)
        -> c3: Conv(C, 1) -> ln: LayerNorm(axis = channels) -> rms: RmsNorm -> l2: L2Norm -> bare: BatchNorm(affine = false)
});

// AlexNet's first layers, with slopes that are learned.
both!(responses, [C = 6, W = 4], normal!(2, 6, 5, 4), normal!(3, 6, 5, 4), (x: [C, 5, W]) -> [C, 5, W] {
    x -> c1: Conv(C, 3, pad = 1) -> PRelu(true) -> Lrn(3, alpha = 0.5) -> c2: Conv(C, 1) -> PRelu
});

both!(norms_of_features, [F = 6], normal!(2, 6), normal!(3, 6), (x: [F]) -> [F] {
    x -> bn: BatchNorm -> fc: Dense(F) -> ln: LayerNorm -> Gelu -> gn: GroupNorm(2) -> fc2: Dense(F) -> rms: RmsNorm -> last: Dense(F)
});

both!(norms_over_time, [F = 6], normal!(2, 5, 6), normal!(3, 5, 6), (x: [5, F]) -> [5, F] {
    x -> bn: BatchNorm -> fc: Dense(F) -> ln: LayerNorm -> gn: GroupNorm(2) -> fc2: Dense(F) -> inn: InstanceNorm -> rms: RmsNorm
});

both!(pools, [C = 5], normal!(2, 5, 12, 12), normal!(3, 4), (x: [C, 12, 12]) -> [4] {
    x -> MaxPool(3, stride = 2, pad = 1) -> c: Conv(C, 3, pad = 1) -> AvgPool(2) -> Upsample(2, mode = bilinear) -> Upsample(3)
        -> AdaptiveMaxPool(4) -> AdaptiveAvgPool(3) -> MaxPool(2, stride = 1, ceil = true) -> Flatten -> fc: Dense(4)
});

both!(pools_over_time, [F = 5], normal!(2, 12, 5), normal!(3, 4), (x: [12, F]) -> [4] {
    let all = x -> MaxPool1d(3, stride = 2, pad = 1) -> c: Conv1d(F, 3, pad = same) -> AvgPool1d(2) -> AdaptiveAvgPool1d(2);
    concat(all -> GlobalAvgPool1d, all -> GlobalMaxPool1d) -> fc: Dense(4)
});

both!(concats, [C = 5, D = 3], normal!(2, 5, 6, 6), normal!(3, 3, 6, 6), (x: [C, 6, 6]) -> [D, 6, 6] {
    let a = x -> a: Conv(2 * C + 1, 3, pad = 1) -> bn: BatchNorm -> Relu;
    let b = concat(a, x -> b: Conv(D, 1), x -> c: Conv(4, 1));
    (b -> mix: Conv(D, 1) -> SpatialDropout(0.2) -> Dropout(0.2)) + (a -> d: DepthwiseConv(3, pad = 1, multiplier = 2) -> e: Conv(D, 1))
});

both!(transposed, [C = 5, D = 3], normal!(2, 5, 4, 4), normal!(3, 3, 10, 10), (x: [C, 4, 4]) -> [D, 10, 10] {
    x -> up: ConvTranspose(D, 4, stride = 2, pad = 1) -> Relu -> sep: SeparableConv(C, 3, pad = 1) -> Relu -> last: ConvTranspose(D, 3)
});

both!(sequences, [F = 5, D = 3], normal!(2, 7, 5), normal!(3, 14, 3), (x: [7, F]) -> [14, D] {
    x -> c1: Conv1d(D, 3, pad = causal, dilation = 2) -> Relu -> up: ConvTranspose1d(F, 4, stride = 2, pad = 1) -> Relu -> c2: Conv1d(D, 1)
});

both!(flattened, [C = 3], normal!(2, 3, 4, 4), normal!(3, 7), (x: [C, 4, 4]) -> [7] {
    x -> conv: Conv(C, 3, pad = 1) -> Relu -> Flatten -> hidden: Dense(2 * C) -> Relu -> fc: Dense(7)
});

both!(recurrent, [F = 5, H = 6], normal!(2, 7, 5), normal!(3, 6), (x: [7, F]) -> [H] {
    let (y, (h, c)) = x -> lstm: Lstm(H, layers = 2, dropout = 0.3, state = out);
    let (z, _) = (y, (h, c)) -> second: Lstm(H, layers = 2, bias = false, state = out);
    z -> gru: Gru(2 * H, bidirectional = true) -> rnn: Rnn(H, nonlinearity = relu) -> last: Gru(H, last = true)
});

both!(cells, [F = 5, H = 6], normal!(2, 5), normal!(3, 6), (x: [F]) -> [H] {
    let (h, c) = x -> lstm: LstmCell(H);
    let (h2, _) = (x, (h, c)) -> second: LstmCell(H);
    (h2, h) -> gru: GruCell(H) -> rnn: RnnCell(H)
});

both!(maps, [H = 9, W = 8, Out = 5, Across = 4], normal!(2, 2, 9, 8), normal!(3, 3, 5, 4), (x: [2, H, W]) -> [3, Out, Across] {
    x -> c1: Conv(4, 3, pad = 1) -> bn: BatchNorm -> Relu -> c2: Conv(6, 3, stride = 2, pad = 1) -> Relu -> MaxPool(3, stride = 1, pad = 1)
        -> Upsample(2) -> AvgPool(2) -> ln: LayerNorm(axis = channels) -> c3: Conv(3, 1) as [3, Out, Across]
});

// A ResNet: blocks that keep the width, and blocks that double it with half the map.
both!(residual, [C = 4], normal!(2, 3, 8, 8), normal!(3, 5), (x: [3, 8, 8]) -> [5] {
    default Conv(pad = 1, bias = false);
    block Basic(x; c) { x + (x -> c1: Conv(c, 3) -> bn1: BatchNorm -> Relu -> c2: Conv(c, 3) -> bn2: BatchNorm) -> Relu }
    block Down(x; c) {
        let main = x -> c1: Conv(c, 3, stride = 2) -> bn1: BatchNorm -> Relu -> c2: Conv(c, 3) -> bn2: BatchNorm;
        main + (x -> skip: Conv(c, 1, stride = 2, pad = 0) -> bn3: BatchNorm) -> Relu
    }
    x -> stem: Conv(C, 3) -> bn: BatchNorm -> Relu -> first: Basic(C) -> down: Down(2 * C) -> second: Basic(2 * C) -> GlobalAvgPool -> fc: Dense(5)
});

network! {
    pub ResNet<C: Dim>(x: [3, 8, 8]) -> [5] {
        default Conv(pad = 1, bias = false);
        block Basic(x; c) { x + (x -> c1: Conv(c, 3) -> bn1: BatchNorm -> Relu -> c2: Conv(c, 3) -> bn2: BatchNorm) -> Relu }
        x -> stem: Conv(C, 3) -> bn: BatchNorm -> Relu -> blocks: [Basic(C); 2] -> GlobalAvgPool -> fc: Dense(5)
    }

    /// Its decoder inverts the sizes of its encoder: the bounds say so, and each use of it is checked.
    pub Autoencoder<H: Dim>(x: [1, H, H]) -> [1, H, H]
    where
        H: ConvSize<Const<3>, Const<2>, Const<1>, Const<1>>,
        ConvOut<H, 3, 2, 1>: ConvSize<Const<3>, Const<2>, Const<1>, Const<1>>,
        ConvOut<ConvOut<H, 3, 2, 1>, 3, 2, 1>: TransposedSize<Const<4>, Const<2>, Const<1>, Const<1>, Const<0>, Output = ConvOut<H, 3, 2, 1>>,
        ConvOut<H, 3, 2, 1>: TransposedSize<Const<4>, Const<2>, Const<1>, Const<1>, Const<0>, Output = H>,
    {
        x -> down1: Conv(4, 3, stride = 2, pad = 1) -> bn1: BatchNorm -> Relu -> down2: Conv(8, 3, stride = 2, pad = 1) -> Relu
            -> up2: ConvTranspose(4, 4, stride = 2, pad = 1) -> bn2: BatchNorm -> Relu -> up1: ConvTranspose(1, 4, stride = 2, pad = 1)
    }

    /// An embedding, behind it a state from step to step.
    #[fireclay(step)]
    pub Text<F: Dim, H: Dim>(text: [0..9; 6]) -> [6, 9] { text -> embed: Embedding(F) -> lstm: Lstm(H) -> gru: Gru(H) -> out: Dense(9) }
    #[fireclay(step)]
    pub TextInNumbers(text: [0..9; 6]) -> [6, 9] { text -> embed: Embedding(5) -> lstm: Lstm(7) -> gru: Gru(7) -> out: Dense(9) }
}

/// The loss of a network falls as it learns.
macro_rules! learns {
    ($net:ty, $x:expr, $y:expr) => {{
        let (mut net, x, y) = (<$net>::init(&mut rng(1)), $x, $y);
        let (mut memory, mut grads) = (<$net>::memory(16), <$net>::grads());
        let mut adam = Adam::new(0.01).on(&net);
        let mut step = || {
            grads.zero();
            let loss = net.train(&x, Mse, &y, &mut memory, &mut grads);
            adam.step(&mut net, &grads);
            loss
        };
        let first = step();
        let last = (0..40).map(|_| step()).last().unwrap();
        assert!(last < 0.7 * first, "{}: {first} then {last}", stringify!($net));
    }};
}

#[test]
fn one_resnet_at_three_widths() {
    let parameters = |c: usize| 27 * c + 2 * c + 2 * (18 * c * c + 4 * c) + 5 * c + 5;
    assert_eq!(ResNet::<Const<4>>::PARAMETERS, parameters(4));
    assert_eq!(ResNet::<Const<8>>::PARAMETERS, parameters(8));
    assert_eq!(ResNet::<Const<20>>::PARAMETERS, parameters(20));
    let (x, y) = (Batch::<shape![3, 8, 8]>::normal(16, &mut rng(2)), Batch::<shape![5]>::normal(16, &mut rng(3)));
    learns!(ResNet<Const<4>>, x.clone(), y.clone());
    learns!(ResNet<Const<8>>, x.clone(), y.clone());
    learns!(ResNet<Const<20>>, x, y);
}

#[test]
fn an_autoencoder_at_two_sizes() {
    let x = Batch::<shape![1, 12, 12]>::normal(16, &mut rng(2));
    learns!(Autoencoder<Const<12>>, x.clone(), x);
    let x = Batch::<shape![1, 8, 8]>::normal(16, &mut rng(2));
    learns!(Autoencoder<Const<8>>, x.clone(), x);
    assert_eq!(Autoencoder::<Const<12>>::INFO.layers.last().unwrap().output, [1, 12, 12]);
}

#[test]
fn embeddings_and_steps() {
    type Typed = Text<Const<5>, Const<7>>;
    let mut fixed = TextInNumbers::init(&mut rng(1));
    let mut typed = Typed::zeros();
    typed.load_bytes(&fixed.to_bytes().unwrap()).unwrap();
    let sequence = |i: usize| Indices::<9, 6>::from_fn(|t| Index::new((3 * t + i) % 9).unwrap());
    let x = IndicesBatch::<9, 6>::from_sequences((0..17).map(sequence));
    let y = Batch::<shape![6, 9]>::normal(17, &mut rng(3));
    close("inference", typed.predict(&sequence(4)).as_slice(), fixed.predict(&sequence(4)).as_slice());
    let (mut memory, mut grads) = (Typed::memory(17), Typed::grads());
    let (mut fixed_memory, mut fixed_grads) = (TextInNumbers::memory(17), TextInNumbers::grads());
    let loss = typed.train(&x, Mse, &y, &mut memory, &mut grads);
    close("loss", &[loss], &[fixed.train(&x, Mse, &y, &mut fixed_memory, &mut fixed_grads)]);
    close("gradients", grads.as_slice(), fixed_grads.as_slice());
    let (mut state, mut fixed_state) = (Typed::state(), TextInNumbers::state());
    for n in [3, 1, 4, 1, 5] {
        let n = Index::<9>::new(n).unwrap();
        close("a step", typed.step(n, &mut state).as_slice(), fixed.step(n, &mut fixed_state).as_slice());
    }
    // What the library starts from is as wide.
    let within = |net: &[f32], bound: f32| net.iter().all(|w| w.abs() <= bound) && net.iter().any(|w| w.abs() > 0.8 * bound);
    assert!(within(Typed::init(&mut rng(1)).lstm.weight_ih_l0.as_slice(), 1.0 / 7.0_f32.sqrt()));
}
