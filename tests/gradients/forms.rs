//! The two forms of training, sixteen samples side by side and one sample at a time, give the same losses, gradients and statistics, to rounding.

use fireclay::Layout;
use fireclay::prelude::*;

network! {
    default Conv(pad = same);

    block Residual(x; channels) {
        let y = x -> conv1: Conv(channels, 3, bias = false) -> bn1: BatchNorm -> Relu -> conv2: Conv(channels, 3) -> bn2: BatchNorm;
        x + y -> Relu
    }

    /// Residual blocks, strides, both kinds of pools.
    pub Residuals(image: [3, 17, 15]) -> [5] {
        let x = image -> stem: Conv(20, 3) -> BatchNorm -> Relu -> r1: Residual(20) -> down: Conv(35, 3, stride = 2, pad = 1) -> Tanh;
        x -> MaxPool(3, stride = 2, pad = 1) -> r2: Residual(35) -> AvgPool(2) -> Flatten -> fc1: Dense(19) -> Relu -> fc2: Dense(5)
    }

    /// Concatenation in the midst of vectors, transposed convolutions, an output that is an image, one that is read within.
    pub Segment(image: [2, 12, 8]) -> (map: [3, 12, 8], small: [21, 6, 4]) {
        let a = image -> a: Conv(10, 3) -> Relu;
        let b = a -> MaxPool(2) -> b: Conv(21, 3) -> LeakyRelu(0.1);
        let up = b -> up: ConvTranspose(9, 2, stride = 2);
        let c = concat(up, a) -> c: Conv(12, 3) -> Sigmoid;
        (map: c -> head: Conv(3, 1), small: b)
    }

    /// Depthwise, grouped and dilated convolutions; channels weighted each by a number; a kernel that is not square; batch norm of features.
    pub Mobile(image: [3, 13, 14]) -> [4] {
        let x = image -> stem: Conv(24, (3, 5), stride = (2, 1), pad = (1, 2)) -> dw: DepthwiseConv(3, pad = 1) -> BatchNorm -> Silu;
        let weights = x -> GlobalAvgPool -> sq: Dense(6) -> Relu -> ex: Dense(24) -> Sigmoid -> Reshape([24, 1, 1]);
        x * weights -> pw: Conv(32, 1) -> g: Conv(32, 3, groups = 2) -> d2: DepthwiseConv(5, stride = 2, pad = 2) -> di: Conv(17, 3, dilation = 2, pad = 2) -> GlobalAvgPool -> bn2: BatchNorm -> fc: Dense(4)
    }

    /// What has no kernels over vectors of channels: group norm, a learned slope, dropout of an image, parts.
    pub Others(image: [6, 9, 9]) -> [4] {
        let (a, b) = image -> c: Conv(16, 3) -> gn: GroupNorm(4) -> PRelu -> Dropout(0.3) -> split(2);
        a * b - (a -> e: Conv(8, 3)) -> #[frozen] bn: BatchNorm -> Upscale -> GlobalAvgPool -> fc: Dense(4) -> Dropout(0.2)
    }

    /// What goes over vectors of channels by kernels of its own, or where halves and groups of channels are whole vectors, and where they are not.
    pub Between(image: [3, 7, 5]) -> [4] {
        let x = image -> c1: Conv(20, 3) -> InstanceNorm -> c2: Conv(33, 1) -> Softmax -> c3: Conv(64, 3) -> Glu;
        let y = image -> c4: Conv(36, 1) -> Glu -> LogSoftmax -> c5: Conv(32, 1) -> GroupNorm(32, affine = false) -> Softmin;
        concat(x, y) -> c6: Conv(16, 1) -> Tanh -> GlobalAvgPool -> fc: Dense(4)
    }

    /// Parts that are written where they are joined: parts of parts, one that stands in two wholes and twice in one, one that is changed in place before and one that is
    /// changed behind, a whole that is changed in place, parts that are the input or an output, features, parts of another axis.
    pub Joins(image: [16, 5, 4]) -> (map: [32, 5, 4], scores: [4]) {
        let a = image -> a: Conv(16, 3) -> Relu;
        let b = concat(a, a -> b: Conv(16, 1) -> Tanh);
        let c = concat(b, b -> c: Conv(16, 3) -> Relu) -> Relu;
        let d = concat(a, c -> d: Conv(16, 1), a) -> e: Conv(16, 1);
        let f = d -> f: Conv(12, 1);
        let g = concat(f, image, f -> Tanh -> g: Conv(4, 1)) -> h: Conv(32, 1);
        let map = g -> i: Conv(32, 1);
        let tall = concat(f, f -> j: Conv(12, 1), axis = height) -> GlobalAvgPool;
        let wide = concat(map -> k: Conv(7, 1) -> GlobalAvgPool -> Tanh, tall -> l: Dense(5), tall);
        (map: map, scores: concat(wide -> m: Dense(2), wide -> n: Dense(2)))
    }

    /// Parts that end within a vector before one that lies in place; parts and readers that run over all samples, over several phases; a batch norm between two concats.
    pub Neighbors(image: [3, 5, 6]) -> [4] {
        let x = image -> stem: Conv(16, 3) -> Tanh;
        let a = concat(x -> a1: Conv(8, 1), x -> a2: Conv(8, 3), x -> a3: Conv(16, 1)) -> a4: Conv(16, 1);
        let b = concat(x -> b1: Conv(24, 1), a -> b2: Conv(8, 1), a -> b3: Conv(16, 3)) -> BatchNorm -> Relu;
        let c = concat(b -> c1: Conv(8, 1), b -> c2: Conv(24, 3), b) -> Tanh -> c4: Conv(20, 1);
        let f = c -> GlobalAvgPool -> f0: Dense(100) -> Tanh;
        let g = concat(f -> f1: Dense(100), f -> f2: Dense(57)) -> f3: Dense(64) -> Tanh;
        let s = g -> Reshape([8, 8]);
        let t = concat(s -> s1: Conv1d(8, 3, pad = same), s -> s2: Conv1d(8, 1), axis = time) -> s3: Conv1d(6, 3);
        t -> Flatten -> out: Dense(4)
    }

    /// Every pool, unpooling, upsampling: over vectors of channels, and what has no kernels for them.
    pub Pools(image: [3, 12, 10]) -> [4] {
        let x = image -> c1: Conv(20, 3) -> Tanh;
        let (y, at) = x -> MaxPool(2, indices = true);
        let back = (y, at) -> MaxUnpool -> c2: Conv(18, 3);
        let up = y -> c3: Conv(18, 3) -> Upsample(2, mode = bilinear) -> Tanh -> Upsample(size = 7) -> Upsample(like = x, mode = bilinear, align_corners = true);
        let nails = y -> c4: Conv(18, 1) -> Upsample(2, mode = bed_of_nails);
        let z = back * up + nails;
        concat(z -> GlobalMaxPool, z -> AdaptiveMaxPool((5, 4)) -> GlobalAvgPool, z -> AdaptiveAvgPool((4, 5)) -> Flatten) -> fc: Dense(4)
    }

    /// Regions of a map, which no gradient reaches.
    pub Regions(image: [3, 12, 10]) -> [4] {
        let map = image -> c1: Conv(20, 3) -> Tanh;
        let rois = (image -> GlobalAvgPool -> at: Dense(8)) * 9 + 4 -> Reshape([2, 4]);
        let pooled = (map, rois) -> RoiPool(3) -> Flatten;
        concat(pooled, (map, rois) -> RoiAlign((2, 3), scale = 1/2, aligned = true) -> Flatten) -> fc: Dense(4)
    }

    /// Kernels of one position that are padded on one side only; a product of a row and a column; a transposed one that leaves positions out.
    pub Corners(image: [16, 4, 4]) -> [16, 4, 4] {
        let row = image -> r: Conv(16, (1, 4), pad = 0);
        let column = image -> c: Conv(16, (4, 1), pad = 0);
        let padded = row * column -> p: Conv(16, 1, pad = ((0, 1), (0, 1))) -> q: Conv(16, 2, pad = 0);
        padded + (image -> t: ConvTranspose(16, 1, dilation = 2, output_pad = 1) -> MaxPool(2, stride = 1))
    }

    /// Weights that are large beside their maps, which meet all samples at once; values that are read twice.
    pub Deep(image: [3, 16, 16]) -> (scores: [50], early: [66, 1, 1]) {
        let x = image -> c1: Conv(70, 3) -> Relu -> MaxPool(2) -> c2: [Conv(130, 3) -> Relu; 2] -> MaxPool(2);
        let y = x -> c3: Conv(150, 3) -> Relu -> c4: Conv(130, 3) -> Relu;
        let z = x + y -> t: ConvTranspose(40, 4, stride = 2, pad = 1) -> p: Conv(100, 1) -> MaxPool(4);
        let early = z -> c5: Conv(66, 3) -> GlobalAvgPool -> Reshape([66, 1, 1]);
        (scores: z -> Flatten -> fc1: Dense(100) -> Relu -> fc2: Dense(50), early: early)
    }

    /// Dense layers that read the input and write an output.
    pub Drawn(z: [70]) -> (image: [3, 8, 8], side: [65]) {
        let side = z -> side: Dense(65) -> Tanh;
        (image: z -> fc: Dense(640) -> Reshape([40, 4, 4]) -> t: ConvTranspose(3, 4, stride = 2, pad = 1), side: side)
    }

    /// Two branches whose weights meet all samples in one phase, values of one size: what one of them no longer reads, the other may not yet write over.
    pub Race(image: [256, 2, 2]) -> [256, 2, 2] {
        let u = image -> c1: Conv(256, 1) -> Tanh;
        let w = image -> c2: Conv(256, 1) -> Tanh;
        (u -> a: Conv(256, 1) -> Tanh) + (w -> b: Conv(256, 1) -> Tanh)
    }

    /// The same of dense layers, with a gradient that begins as what the loss left.
    pub Twin(image: [4, 4, 4]) -> (h: [64], q: [64], p: [64]) {
        let f = image -> c: Conv(4, 1) -> Flatten;
        let h = f -> d1: Dense(64) -> Relu;
        let k = f -> d2: Dense(64) -> Relu;
        let q = h -> d3: Dense(64) -> Tanh;
        let p = k -> d4: Dense(64) -> Tanh;
        (h: h, q: q, p: p)
    }

    block Upscale(x) { 0.5 * (x -> t: ConvTranspose(18, 4, stride = 2, pad = 1) -> x2: Conv(18, 3)) }

    /// Weights that are made of parameters once per batch: small and large ones, one in two places, sequences, and one whose norm is frozen.
    pub Normed(image: [3, 16, 12]) -> [5] {
        let x = image -> c1: Conv(20, 3, weight = weight_norm, bias = false) -> bn: BatchNorm -> Relu -> c2: Conv(70, 3, stride = 2, pad = 1, weight = spectral_norm) -> Tanh;
        let y = x -> c3: Conv(70, 3, weight = weight_norm) -> Tanh -> dw: DepthwiseConv(3, pad = 1, weight = spectral_norm) -> c3 -> Tanh -> c4: Conv(130, 3, weight = spectral_norm);
        let z = y -> up: ConvTranspose(6, 4, stride = 2, pad = 1, weight = spectral_norm) -> #[frozen] kept: Conv(8, 1, weight = weight_norm) -> Tanh;
        let s = z -> Reshape([96, 16]) -> s1: Conv1d(12, 3, pad = same, weight = weight_norm) -> Tanh -> s2: ConvTranspose1d(4, 2, stride = 2, weight = spectral_norm);
        s -> rows: Dense(3, weight = spectral_norm) -> Tanh -> Flatten -> wide: Dense(80, weight = spectral_norm) -> Tanh -> fc: Dense(5, weight = weight_norm)
    }

    /// A generator and a discriminator as in DCGAN, a value used twice, weights shared.
    pub Gan(z: [7, 1, 1]) -> (image: [1, 16, 16], score: [1]) {
        let x = z -> t1: ConvTranspose(32, 4) -> BatchNorm -> Relu -> t2: ConvTranspose(16, 4, stride = 2, pad = 1) -> BatchNorm -> Relu -> t3: ConvTranspose(1, 4, stride = 2, pad = 1) -> Tanh;
        (image: x, score: x + x -> c1: Conv(16, 4, stride = 2, pad = 1) -> LeakyRelu(0.2) -> sh: Conv(16, 3) -> sh -> c3: Conv(1, 8, pad = 0) -> Flatten)
    }
}

fn number(i: usize, j: usize) -> f32 {
    (((i * 7919 + j * 104_729 + 13) % 2003) as f32 / 1001.0) - 1.0
}

type Results = Vec<(String, Vec<f32>)>;

fn largest(numbers: &[f32]) -> f32 {
    numbers.iter().fold(0.0, |most, x| most.max(x.abs()))
}

/// Relative to the largest of the reference; a gradient also to the largest of all (that of a bias before a batch norm is nothing but rounding).
#[track_caller]
fn close(what: &str, found: &Results, wanted: &Results) {
    let gradients = wanted.iter().filter(|(name, _)| name.starts_with("gradient"));
    let all = gradients.fold(0.0_f32, |most, (_, numbers)| most.max(largest(numbers)));
    assert!(all.is_finite() && all > 0.0, "{what}: gradients are {all}");
    for ((name, found), (_, wanted)) in found.iter().zip(wanted) {
        assert_eq!(found.len(), wanted.len(), "{what}: {name}");
        let most = 5e-5 * largest(wanted) + if name.starts_with("gradient") { 2e-6 * all } else { 0.0 };
        for (i, (f, w)) in found.iter().zip(wanted).enumerate() {
            assert!((f - w).abs() <= most, "{what}: {name}: number {i} is {f}, not {w} (±{most})");
        }
    }
}

/// What a network does in one form: outputs, loss, gradients of parameters and inputs, statistics, and the fused step.
macro_rules! results {
    ($network:ty, $layout:expr, $samples:expr, $mode:expr, $x:expr, $loss:expr, $y:expr, $outputs:expr) => {{
        let mut net = <$network>::init(&mut rng(5));
        let mut memory = fireclay::__private::memory_in::<$network>($layout, $samples).expect("it trains so");
        assert_eq!(memory.layout(), $layout);
        let mut grads = <$network>::grads();
        let outputs: Vec<Vec<f32>> = $outputs(net.forward($mode, $x, memory.seed(3)).output());
        let loss = net.forward($mode, $x, memory.seed(3)).loss($loss, $y);
        net.backward(&mut memory, &mut grads);
        let inputs = net.backward_input(&mut memory).to_vec();
        let buffers = net.buffers().as_slice().to_vec();
        let mut twin = <$network>::init(&mut rng(5));
        let mut fused = <$network>::grads();
        if $mode == Mode::Train {
            let _ = twin.forward($mode, $x, memory.seed(3));
            let again = twin.train($x, $loss, $y, memory.seed(3), &mut fused);
            assert_eq!((again.to_bits(), fused.as_slice()), (loss.to_bits(), grads.as_slice()), "the fused step");
        }
        let outputs = outputs.into_iter().enumerate().map(|(i, output)| (format!("output {i}"), output));
        let own =
            [("loss", vec![loss]), ("input", inputs), ("buffers", buffers)].map(|(name, numbers)| (name.to_owned(), numbers));
        let tensors = <$network as Network>::INFO.tensors.iter();
        let params =
            tensors.filter_map(|tensor| Some((format!("gradient of {}", tensor.path), grads.tensor(tensor.path)?.to_vec())));
        outputs.chain(own).chain(params).collect::<Results>()
    }};
}

macro_rules! agree {
    ($name:ident, $network:ty, $input:ty, $loss:expr, $targets:expr, |$out:ident| $outputs:expr) => {
        #[test]
        fn $name() {
            for (samples, mode) in [(2, Mode::Train), (1, Mode::Eval), (3, Mode::Train), (5, Mode::Eval), (18, Mode::Train)] {
                let x = Batch::<$input>::from_fn(samples, number);
                let targets = $targets(samples);
                let y = &targets;
                let outputs = |$out: <<$network as Network>::TrainOutput as Values>::Refs<'_>| $outputs;
                let wanted = results!($network, Layout::Chwn16, samples, mode, &x, $loss, y, outputs);
                let found = results!($network, Layout::Chw, samples, mode, &x, $loss, y, outputs);
                close(&format!("{samples} samples, {mode:?}"), &found, &wanted);
            }
        }
    };
}

mod sequences;

fn targets<S: Shape>(samples: usize) -> Batch<S> {
    Batch::from_fn(samples, |i, j| number(j, i))
}

agree!(residuals, Residuals, shape![3, 17, 15], Mse, targets::<shape![5]>, |out| vec![out.to_vec()]);
agree!(race, Race, shape![256, 2, 2], Mse, targets::<shape![256, 2, 2]>, |out| vec![out.to_vec()]);
agree!(corners, Corners, shape![16, 4, 4], Mse, targets::<shape![16, 4, 4]>, |out| vec![out.to_vec()]);
agree!(mobile, Mobile, shape![3, 13, 14], Mse, targets::<shape![4]>, |out| vec![out.to_vec()]);
agree!(pools, Pools, shape![3, 12, 10], Mse, targets::<shape![4]>, |out| vec![out.to_vec()]);
agree!(regions, Regions, shape![3, 12, 10], Mse, targets::<shape![4]>, |out| vec![out.to_vec()]);
agree!(normed, Normed, shape![3, 16, 12], Mse, targets::<shape![5]>, |out| vec![out.to_vec()]);
agree!(between, Between, shape![3, 7, 5], Mse, targets::<shape![4]>, |out| vec![out.to_vec()]);
agree!(neighbors, Neighbors, shape![3, 5, 6], Mse, targets::<shape![4]>, |out| vec![out.to_vec()]);
agree!(others, Others, shape![6, 9, 9], Mse, targets::<shape![4]>, |out| vec![out.to_vec()]);

#[test]
fn several_outputs() {
    for samples in [1, 2, 3, 4, 17] {
        let x = Batch::<shape![2, 12, 8]>::from_fn(samples, number);
        let (map, small) = (targets::<shape![3, 12, 8]>(samples), targets::<shape![21, 6, 4]>(samples));
        let outputs = |(a, b): (&Batch<_>, &Batch<_>)| vec![Batch::to_vec(a), Batch::to_vec(b)];
        let run = |layout| results!(Segment, layout, samples, Mode::Train, &x, (Mse, Mse.weight(0.5)), (&map, &small), outputs);
        close(&format!("Segment, {samples} samples"), &run(Layout::Chw), &run(Layout::Chwn16));
        let (scores, early) = (targets::<shape![50]>(samples), targets::<shape![66, 1, 1]>(samples));
        let x = Batch::<shape![3, 16, 16]>::from_fn(samples, number);
        let outputs = |(a, b): (&Batch<_>, &Batch<_>)| vec![Batch::to_vec(a), Batch::to_vec(b)];
        let run = |layout| results!(Deep, layout, samples, Mode::Train, &x, (Mse, Mse), (&scores, &early), outputs);
        close(&format!("Deep, {samples} samples"), &run(Layout::Chw), &run(Layout::Chwn16));
        let (map, scores) = (targets::<shape![32, 5, 4]>(samples), targets::<shape![4]>(samples));
        let x = Batch::<shape![16, 5, 4]>::from_fn(samples, number);
        let outputs = |(a, b): (&Batch<_>, &Batch<_>)| vec![Batch::to_vec(a), Batch::to_vec(b)];
        let run = |layout| results!(Joins, layout, samples, Mode::Train, &x, (Mse, Mse), (&map, &scores), outputs);
        close(&format!("Joins, {samples} samples"), &run(Layout::Chw), &run(Layout::Chwn16));
        let same = targets::<shape![64]>(samples);
        let x = Batch::<shape![4, 4, 4]>::from_fn(samples, number);
        let outputs = |(a, b, c): (&Batch<_>, &Batch<_>, &Batch<_>)| vec![Batch::to_vec(a), Batch::to_vec(b), Batch::to_vec(c)];
        let run = |layout| results!(Twin, layout, samples, Mode::Train, &x, (Mse, Mse, Mse), (&same, &same, &same), outputs);
        close(&format!("Twin, {samples} samples"), &run(Layout::Chw), &run(Layout::Chwn16));
        let (image, side) = (targets::<shape![3, 8, 8]>(samples), targets::<shape![65]>(samples));
        let z = Batch::<shape![70]>::from_fn(samples, number);
        let outputs = |(a, b): (&Batch<_>, &Batch<_>)| vec![Batch::to_vec(a), Batch::to_vec(b)];
        let run = |layout| results!(Drawn, layout, samples, Mode::Train, &z, (Mse, Mse), (&image, &side), outputs);
        close(&format!("Drawn, {samples} samples"), &run(Layout::Chw), &run(Layout::Chwn16));
        let z = Batch::<shape![7, 1, 1]>::from_fn(samples, number);
        let (image, score) = (targets::<shape![1, 16, 16]>(samples), targets::<shape![1]>(samples));
        let outputs = |(a, b): (&Batch<_>, &Batch<_>)| vec![Batch::to_vec(a), Batch::to_vec(b)];
        let run = |layout| results!(Gan, layout, samples, Mode::Train, &z, (Mse, Mse), (&image, &score), outputs);
        close(&format!("Gan, {samples} samples"), &run(Layout::Chw), &run(Layout::Chwn16));
    }
}

/// Finite differences: both forms might make the same mistake.
#[test]
fn joined_parts_have_right_gradients() -> Result<(), fireclay::Error> {
    let (x, map, scores) =
        (Batch::<shape![16, 5, 4]>::from_fn(2, number), targets::<shape![32, 5, 4]>(2), targets::<shape![4]>(2));
    fireclay::check::gradient(&*Joins::init(&mut rng(8)), &x, (Mse, Mse), (&map, &scores))?;
    Ok(())
}

#[test]
fn joined_parts_on_several_threads() {
    let (x, y) = (Batch::<shape![3, 5, 6]>::from_fn(18, number), targets::<shape![4]>(18));
    for layout in [Layout::Chw, Layout::Chwn16] {
        let on = |threads| {
            let mut net = Neighbors::init(&mut rng(5));
            let mut memory = fireclay::__private::memory_in::<Neighbors>(layout, 18).expect("it trains so");
            let mut grads = Neighbors::grads();
            let loss = net.train(&x, Mse, &y, memory.threads(threads), &mut grads);
            (loss.to_bits(), grads.as_slice().to_vec())
        };
        assert_eq!(on(1), on(3), "{layout:?}");
    }
}

/// What is packed for one sample has the same corners.
#[test]
fn corners_infer() {
    let net = Corners::init(&mut rng(3));
    let x = Tensor::from_fn(|j| number(1, j));
    let plain = fireclay::infer_plain(&*net, &x, &mut Corners::infer_memory()).as_slice().to_vec();
    let most = 2e-5 * largest(&plain);
    for (i, (found, wanted)) in net.predict(&x).as_slice().iter().zip(&plain).enumerate() {
        assert!((found - wanted).abs() <= most, "number {i} is {found}, not {wanted}");
    }
}
