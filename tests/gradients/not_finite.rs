//! An infinity, NaN, or a number so large that a transform overflows, in networks whose convolutions are trained and packed with transforms: it
//! reaches what depends on it and nothing else.

use fireclay::prelude::*;

network! {
    pub Image(x: [16, 12, 12]) -> [16, 12, 12] { x -> c: Conv(16, 3, pad = 1) }
    pub Folded(x: [16, 12, 12]) -> [16, 12, 12] {
        let h = x -> c: Conv(16, 3, pad = 1, bias = false) -> bn: BatchNorm;
        h + x -> Relu
    }
    pub Pooled(x: [16, 12, 12]) -> [16, 6, 6] { x -> c: Conv(16, 5, pad = 2) -> Relu -> MaxPool(2) }
    pub Maps(x: [4, 12, 12]) -> [16, 12, 12] { x -> c: Conv(16, 5, pad = 2) -> Relu }
}

/// In the third channel at row 5, column 6.
const PLACE: usize = 2 * 144 + 5 * 12 + 6;

fn image<S: Shape>(odd: f32) -> Tensor<S> {
    Tensor::from_fn(|j| if j == PLACE { odd } else { (j * 7919 % 1013) as f32 / 1013.0 - 0.5 })
}

/// Packed as with weights as they are, whose sums are direct: not finite in as many places, the same ones, and close elsewhere.
macro_rules! check_packed {
    ($Net:ident, $($odd:expr => $reached:expr),*) => {{
        let mut net = $Net::init(&mut rng(3));
        for (i, x) in net.buffers_mut().as_mut_slice().iter_mut().enumerate() {
            *x = 0.5 + (i % 7) as f32 / 10.0;
        }
        let (packed, mut memory) = (net.pack(), $Net::infer_memory());
        $(
            let x = image($odd);
            let found = packed.infer(&x, &mut memory).clone();
            let wanted = fireclay::infer_plain(&*net, &x, &mut memory).clone();
            let wrong = |y: &&f32| !y.is_finite();
            assert_eq!(wanted.as_slice().iter().filter(wrong).count(), $reached, "{}, {}", stringify!($Net), $odd);
            let largest = wanted.as_slice().iter().filter(|y| y.is_finite()).fold(1.0_f32, |most, y| most.max(y.abs()));
            for (i, (f, w)) in found.as_slice().iter().zip(wanted.as_slice()).enumerate() {
                let alike = if w.is_finite() { (f - w).abs() <= 1e-5 * largest } else { f.is_nan() == w.is_nan() && !f.is_finite() };
                assert!(alike, "{}, {}: number {i} is {f}, not {w}", stringify!($Net), $odd);
            }
        )*
    }};
}

#[test]
fn packed() {
    check_packed!(Image, f32::NAN => 144, f32::INFINITY => 144, 1e38 => 0, -1e38 => 0, 0.25 => 0);
    // What a ReLU makes of −∞ is 0; NaN stays.
    check_packed!(Folded, f32::NAN => 144, 1e38 => 0, 0.25 => 0);
    check_packed!(Pooled, f32::NAN => 16 * 9, 1e38 => 0, 0.25 => 0);
    check_packed!(Maps, f32::NAN => 16 * 25, 1e38 => 0, 0.25 => 0);
}

/// Forward, and the gradients of weight and input, with one odd number in one of eighteen samples.
#[test]
fn trained() {
    type X = shape![16, 12, 12];
    for (odd, reached) in [(f32::NAN, 144), (f32::INFINITY, 144), (f32::NEG_INFINITY, 144), (1e38, 0)] {
        let images: Vec<Tensor<X>> = (0..18).map(|i| image(if i == 16 { odd } else { 0.25 })).collect();
        let x = Batch::<X>::from_samples(&images);
        let (mut net, mut memory, mut grads) = (Image::init(&mut rng(3)), Image::memory(18), Image::grads());
        let y = net.forward(Mode::Train, &x, &mut memory).output().to_vec();
        assert_eq!(y.iter().filter(|y| !y.is_finite()).count(), reached, "{odd}");
        assert!(y[..16 * 16 * 144].iter().all(|y| y.is_finite()), "of another sample");
        // A gradient of the outputs of its own, so that only x is odd.
        let dy = Batch::<X>::from_fn(18, |i, j| ((i * 31 + j * 17) % 101) as f32 / 101.0 - 0.5);
        net.backward_from(&dy, &mut memory, &mut grads);
        // Every filter's nine taps on the channel that it is in.
        let wrong = grads.as_slice().iter().filter(|g| !g.is_finite()).count();
        assert_eq!(wrong, if odd.is_finite() { 0 } else { 16 * 9 }, "{odd}");
        // And where the gradient is odd, so is the gradient of x that it reaches, but no other.
        let mut dy = dy;
        dy.set(16, &image(odd));
        let dx = net.backward_input_from(&dy, &mut memory).to_vec();
        assert_eq!(dx.iter().filter(|d| !d.is_finite()).count(), reached, "{odd}");
    }
}
