//! Layers that move numbers, and arithmetic between values: what they give, in every form, and their gradients against finite differences.

use fireclay::prelude::*;
use fireclay::{AsNetwork, Shape};

network! {
    /// Each part is what its layer makes of the same image.
    pub Movements(x: [4, 4, 6]) -> (
        slice: [2, 3, 2], crop: [4, 2, 3], like: [4, 4, 2], turned: [4, 6, 4], deep: [16, 2, 3], wide: [1, 8, 12]
    ) {
        let narrow = x -> Slice(width = 3..5);
        (
            slice: x -> Slice(channels = -3..-1, height = 1.., width = ..2), crop: x -> Crop((2, 3)), like: x -> Crop(like = narrow),
            turned: x -> Permute(height, width, channels), deep: x -> SpaceToDepth(2), wide: x -> DepthToSpace(2)
        )
    }

    pub Parts(x: [4, 4, 6]) -> (step: [6], part: [1, 4, 6]) {
        let (_, part) = split(x, [_, 1]);
        (step: part -> Squeeze(channels) -> Step(2), part)
    }

    /// Of values with gradients from several sides.
    pub Moved(x: [4, 6, 6]) -> [3, 4, 8] {
        let y = x -> conv: Conv(8, 3, pad = 1) -> Tanh;
        let (a, b) = split(y, [3, _]);
        let wide = b -> Crop((4, 6)) -> Slice(width = ..4, channels = 1..5) -> DepthToSpace(2) -> Permute(0, 2, 1) -> Slice(height = 2.., width = -6..);
        let deep = y -> Slice(height = 1..5, width = ..4) -> SpaceToDepth(2) -> Reshape([8, 4, 4]) -> Permute(channels, width, height);
        let row = (y -> Slice(channels = 1..2) -> Squeeze -> Step(-2)) * (wide -> Squeeze -> Step(last)) -> Slice(features = 1..5);
        concat(a -> Crop(4), (deep -> Slice(channels = 2..5)) * (row -> Reshape([1, 1, 4])), axis = width)
    }

    /// Crops between convolutions, as a U-Net has them: over vectors of channels too.
    pub Cropped(x: [3, 12, 12]) -> [4, 6, 6] {
        let a = x -> a: Conv(20, 3, pad = 1) -> Sigmoid;
        let b = a -> AvgPool(2) -> b: Conv(35, 3, pad = 1) -> Tanh -> up: ConvTranspose(18, 2, stride = 2) -> u: Conv(17, 3);
        concat(a -> Crop(like = b), b) -> c: Conv(18, 3, pad = 1) -> Slice(height = 1..7, width = 3..-1) -> d: Conv(4, 1)
    }

    /// Operators and reductions.
    pub Arithmetic(x: [3, 4, 5]) -> [4, 5] {
        let y = x -> conv: Conv(3, 3, pad = 1) -> Tanh;
        let size = sum(y * y, axis = channels, keep = true) + 1;
        let unit = y / size + 1 / size - -y / 3;
        let large = max(unit, x) + min(y, 0.3) - max(0.2 - x, unit) + (unit -> Pow(3));
        let centered = large - mean(large, axis = (height, width), keep = true);
        max(centered, axis = channels) + min(y, axis = channels) * mean(large, axis = channels)
    }

    /// Values without an input, a mask that does not move, products of values.
    pub Learned(x: [7, 6]) -> [7, 6] {
        let scale = Param([1, 6], init = ones);
        let shift = Param([7, 1]);
        let y = x * scale + shift + ones([7, 6]) - zeros([1, 6]);
        let mask = ones([7, 1]) >= zeros([1, 6]);
        let mixed = matmul(matmul(y, y -> Permute(1, 0)), y) / 20;
        where(mask, mixed, y) + matmul(y, Param([6, 6], init = lecun_normal)) + where(mask < 0.5, mixed, y)
    }

    /// A transformer block but for its norms.
    pub Transformer(x: [7, 8]) -> [7, 8] {
        let a = x + (x -> attn: Attention(heads = 4, causal = true));
        a + (a -> fc1: Dense(16) -> Gelu -> fc2: Dense(8)) + (a -> all: Attention(2, bias = false))
    }

    pub Stopped(x: [4]) -> [4] { x * stop_gradient(x) }

    pub Chosen(x: [3, 4]) -> (rows: [3, 4], places: [0..4; 3], all: [0..12], above: [3, 4], chosen: [3, 4]) {
        let places = argmax(x, axis = features);
        let above = x > 0;
        (rows: places -> OneHot, places, all: argmax(x), above, chosen: where(above, x, x <= -x))
    }
}

fn number(i: usize, salt: u64) -> f32 {
    let mut x = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt.wrapping_mul(0xD1B5_4A32_D192_ED03);
    x = (x ^ (x >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (((x >> 40) as f64) / f64::from(1 << 24) - 0.5) as f32 * 2.0
}

/// Parameters, inputs and outputs in all forms agree, and gradients are those of finite differences, h apart: little where maxima bend, which
/// a larger step would cross, more where sums are rounded.
fn check<N, I, O>(h: f32)
where
    N: Network<Input = Tensor<I>, Output = Tensor<O>, TrainOutput = Tensor<O>> + AsNetwork<Network = N>,
    I: Shape,
    O: Shape,
{
    for samples in [1, 3, 17] {
        let mut net = N::init(&mut rng(samples as u64));
        net.params_mut().as_mut_slice().iter_mut().enumerate().for_each(|(i, p)| *p += 0.1 * number(i, 9));
        let x: Batch<I> = Batch::from_fn(samples, |i, j| number(i * 1000 + j, 1));
        let dy: Batch<O> = Batch::from_fn(samples, |i, j| number(i * 1000 + j, 2));
        let (mut memory, mut grads) = (N::memory(samples), N::grads());
        let loss = |net: &mut N, x: &Batch<I>, memory: &mut Memory<N>| -> f64 {
            let y = net.forward(Mode::Eval, x, memory).output().to_vec();
            y.iter().zip(dy.to_vec()).map(|(y, d)| f64::from(*y) * f64::from(d)).sum()
        };
        let y = net.forward(Mode::Eval, &x, &mut memory).output().to_vec();
        net.backward_from(&dy, &mut memory, &mut grads);
        let dx = net.backward_input_from(&dy, &mut memory).to_vec();

        let packed = net.pack();
        let mut infer = N::infer_memory_for(samples);
        let each = |run: &mut dyn FnMut(&Tensor<I>) -> Vec<f32>| (0..samples).flat_map(|i| run(&x.sample(i))).collect::<Vec<_>>();
        close("plain", &each(&mut |x| fireclay::infer_plain(&*net, x, &mut infer).as_slice().to_vec()), &y);
        close("packed", &each(&mut |x| packed.infer(x, &mut infer).as_slice().to_vec()), &y);
        close("batch", &packed.infer_batch(&x, &mut infer).to_vec(), &y);

        let start = net.params().as_slice().to_vec();
        directions(&format!("{} parameters, {samples}", N::INFO.name), h, grads.as_slice(), |step| {
            net.params_mut().as_mut_slice().iter_mut().zip(start.iter().zip(step)).for_each(|(p, (s, d))| *p = s + d);
            loss(&mut net, &x, &mut memory)
        });
        net.params_mut().as_mut_slice().copy_from_slice(&start);
        let flat = x.to_vec();
        directions(&format!("{} inputs, {samples}", N::INFO.name), h, &dx, |step| {
            let moved: Vec<f32> = flat.iter().zip(step).map(|(x, d)| x + d).collect();
            loss(&mut net, &Batch::from_slice(&moved).expect("whole samples"), &mut memory)
        });
    }
}

#[track_caller]
fn close(what: &str, found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let bound = 1e-5 * wanted.iter().fold(1.0_f32, |most, w| most.max(w.abs()));
    for (i, (f, w)) in found.iter().zip(wanted).enumerate() {
        assert!((f - w).abs() <= bound, "{what}: number {i} is {f}, not {w}");
    }
}

/// The directional derivative along random directions, against a central difference.
#[track_caller]
fn directions(what: &str, h: f32, grads: &[f32], mut loss_at: impl FnMut(&[f32]) -> f64) {
    let norm: f64 = grads.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
    for salt in 0..if grads.is_empty() { 0 } else { 2 } {
        let direction: Vec<f32> = (0..grads.len()).map(|i| number(i, 77 + salt)).collect();
        let slope: f64 = grads.iter().zip(&direction).map(|(g, d)| f64::from(*g) * f64::from(*d)).sum();
        let step = |sign: f32| direction.iter().map(|d| sign * h * d).collect::<Vec<_>>();
        let difference = (loss_at(&step(1.0)) - loss_at(&step(-1.0))) / (2.0 * f64::from(h));
        assert!(
            (difference - slope).abs() <= 2e-3 * norm.max(slope.abs()) + 1e-4,
            "{what}: {difference} by difference, {slope} by backward"
        );
    }
    assert!(grads.is_empty() || norm > 0.0, "{what}: the gradient is zero");
}

#[test]
fn numbers_go_where_they_belong() {
    type Image = Tensor<shape![4, 4, 6]>;
    let x = Image::from_fn(|i| i as f32);
    let y = Movements::init(&mut rng(1)).predict(&x);
    let (slice, crop, like, turned, deep, wide) = &*y;
    let parts = Parts::init(&mut rng(1)).predict(&x);
    let (step, part) = &*parts;
    let each = |sizes: [usize; 3], place: &dyn Fn(usize, usize, usize) -> [usize; 3]| -> Vec<f32> {
        let at = |i: usize| place(i / sizes[2] / sizes[1], i / sizes[2] % sizes[1], i % sizes[2]);
        (0..sizes.iter().product()).map(at).map(|[c, i, j]| x[c][i][j]).collect()
    };
    assert_eq!(slice.as_slice(), each([2, 3, 2], &|c, i, j| [c + 1, i + 1, j]));
    assert_eq!(crop.as_slice(), each([4, 2, 3], &|c, i, j| [c, i + 1, j + 1]));
    assert_eq!(like.as_slice(), each([4, 4, 2], &|c, i, j| [c, i, j + 2]));
    assert_eq!(turned.as_slice(), each([4, 6, 4], &|i, j, c| [c, i, j]));
    // PyTorch's `pixel_unshuffle` and `pixel_shuffle`.
    assert_eq!(deep.as_slice(), each([16, 2, 3], &|c, i, j| [c / 4, 2 * i + c / 2 % 2, 2 * j + c % 2]));
    assert_eq!(wide.as_slice(), each([1, 8, 12], &|_, i, j| [i % 2 * 2 + j % 2, i / 2, j / 2]));
    assert_eq!(part.as_slice(), each([1, 4, 6], &|_, i, j| [3, i, j]));
    assert_eq!(step.as_slice(), each([1, 1, 6], &|_, _, j| [3, 2, j]));
}

#[test]
fn moved_numbers_have_their_gradients() {
    check::<Moved, _, _>(1e-3);
    check::<Cropped, _, _>(1e-3);
}

#[test]
fn arithmetic_has_its_gradients() {
    check::<Arithmetic, _, _>(1e-4);
    check::<Learned, _, _>(1e-3);
    check::<Transformer, _, _>(1e-3);
}

#[test]
fn parameters_are_called_as_pytorch_calls_them() {
    let net = Learned::init(&mut rng(1));
    assert_eq!((net.scale.as_slice(), net.shift.as_slice()), (&[1.0; 6][..], &[0.0; 7][..]));
    let paths = |tensors: &'static [fireclay::TensorInfo]| tensors.iter().map(|tensor| tensor.path).collect::<Vec<_>>();
    assert_eq!(paths(Learned::INFO.tensors), ["scale", "shift", "param"]);
    assert_eq!(
        paths(Transformer::INFO.tensors)[..4],
        ["attn.in_proj_weight", "attn.in_proj_bias", "attn.out_proj.weight", "attn.out_proj.bias"]
    );
}

#[test]
fn a_gradient_that_stops() {
    let mut net = Stopped::init(&mut rng(1));
    let mut memory = Stopped::memory(1);
    let x: Batch<shape![4]> = Batch::from_slice(&[1.0, -2.0, 3.0, 0.5]).expect("one sample");
    let y = net.forward(Mode::Train, &x, &mut memory).output().to_vec();
    assert_eq!(y, [1.0, 4.0, 9.0, 0.25]);
    let ones = Batch::from_slice(&[1.0; 4]).expect("one sample");
    assert_eq!(net.backward_input_from(&ones, &mut memory).to_vec(), x.to_vec());
}

#[test]
fn indices_and_masks() {
    let x = Tensor::from([[0.5, -1.0, 2.0, 2.0], [-3.0, -1.0, -2.0, -1.5], [0.0, 4.0, 1.0, -4.0]]);
    let y = Chosen::init(&mut rng(1)).predict(&x);
    let (rows, places, all, above, chosen) = &*y;
    assert_eq!(rows.as_slice(), [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(places.as_slice().iter().map(|index| index.get()).collect::<Vec<_>>(), [2, 1, 1]);
    assert_eq!(all.get(), 9);
    assert_eq!(above.as_slice(), [1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    assert_eq!(chosen.as_slice(), [0.5, 1.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 4.0, 1.0, 1.0]);
}
