//! What weights start as: the statistics of every initialization, and what becomes of activations through fifty layers.

use fireclay::prelude::*;
use fireclay::{Init, Initialize};

network! {
    pub Started(x: [200]) -> [50] {
        x -> he_n: Dense(300, init = he_normal) -> he_u: Dense(200, init = he_uniform) -> he_out: Dense(300, init = (he_normal, fan_out))
          -> xavier_n: Dense(200, init = xavier_normal) -> xavier_u: Dense(300, init = (xavier_uniform, 2.0))
          -> lecun_n: Dense(200, init = lecun_normal) -> lecun_u: Dense(300, init = lecun_uniform)
          -> normal: Dense(200, init = (normal, 0.5, 0.1)) -> uniform: Dense(300, init = (uniform, -0.2, 0.4))
          -> cut: Dense(200, init = (truncated_normal, 0.1, 0.02)) -> cut_narrow: Dense(300, init = (truncated_normal, 0.0, 1.0, -0.5, 0.25))
          -> wide: Dense(50, init = orthogonal) -> tall: Dense(200, init = (orthogonal, 1.5)) -> constant: Dense(50, init = 0.25)
    }
    pub Images(image: [16, 6, 6]) -> [24, 2, 2] { image -> a: Conv(32, 3, init = he_normal) -> b: Conv(24, 3, init = orthogonal) }
}

/// Mean and variance.
fn moments(numbers: &[f32]) -> (f32, f32) {
    let n = numbers.len() as f64;
    let mean = numbers.iter().map(|x| f64::from(*x)).sum::<f64>() / n;
    let variance = numbers.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / n;
    (mean as f32, variance as f32)
}

/// Mean and variance are these, but for chance; all numbers lie within the bounds, and come near them where they are finite.
#[track_caller]
fn drawn(numbers: &[f32], mean: f32, variance: f32, bounds: [f32; 2]) {
    let (found, spread) = moments(numbers);
    let n = numbers.len() as f32;
    assert!((found - mean).abs() < 4.0 * (variance / n).sqrt(), "mean {found}, right is {mean}");
    assert!((spread / variance - 1.0).abs() < 6.0 / n.sqrt(), "variance {spread}, right is {variance}");
    let [least, most] = numbers.iter().fold([f32::INFINITY, f32::NEG_INFINITY], |[a, b], x| [a.min(*x), b.max(*x)]);
    assert!(least >= bounds[0] && most <= bounds[1], "from {least} to {most}, bounds are {bounds:?}");
    if bounds[0].is_finite() {
        let near = 0.05 * (bounds[1] - bounds[0]);
        assert!(least < bounds[0] + near && most > bounds[1] - near, "from {least} to {most}, bounds are {bounds:?}");
    }
}

/// The product of each two rows, or columns, is 0, and each has this length.
#[track_caller]
fn orthogonal(numbers: &[f32], rows: usize, length: f32) {
    let columns = numbers.len() / rows;
    let (count, other) = (rows.min(columns), rows.max(columns));
    let at = |i: usize, j: usize| f64::from(if rows <= columns { numbers[i * columns + j] } else { numbers[j * columns + i] });
    for i in 0..count {
        for j in 0..=i {
            let product: f64 = (0..other).map(|k| at(i, k) * at(j, k)).sum();
            let right = if i == j { f64::from(length * length) } else { 0.0 };
            assert!((product - right).abs() < 1e-5, "{i}, {j}: {product}");
        }
    }
}

#[test]
fn statistics() {
    const ANY: [f32; 2] = [f32::NEG_INFINITY, f32::INFINITY];
    let net = Started::init(&mut rng(1));
    let within = |variance: f32| [-(3.0 * variance).sqrt(), (3.0 * variance).sqrt()];
    drawn(net.he_n.weight.as_slice(), 0.0, 2.0 / 200.0, ANY);
    drawn(net.he_u.weight.as_slice(), 0.0, 2.0 / 300.0, within(2.0 / 300.0));
    drawn(net.he_out.weight.as_slice(), 0.0, 2.0 / 300.0, ANY);
    drawn(net.xavier_n.weight.as_slice(), 0.0, 2.0 / 500.0, ANY);
    drawn(net.xavier_u.weight.as_slice(), 0.0, 4.0 * 2.0 / 500.0, within(4.0 * 2.0 / 500.0));
    drawn(net.lecun_n.weight.as_slice(), 0.0, 1.0 / 300.0, ANY);
    drawn(net.lecun_u.weight.as_slice(), 0.0, 1.0 / 200.0, within(1.0 / 200.0));
    drawn(net.normal.weight.as_slice(), 0.5, 0.01, ANY);
    drawn(net.uniform.weight.as_slice(), 0.1, 0.36 / 12.0, [-0.2, 0.4]);
    // Of a normal distribution cut at two deviations 0.7737 of the variance is left.
    drawn(net.cut.weight.as_slice(), 0.1, 0.773_7 * 0.02 * 0.02, [0.06, 0.14]);
    // Cut so near it is almost uniform: integrals of the density.
    drawn(net.cut_narrow.weight.as_slice(), -0.119_25, 0.045_983, [-0.5, 0.25]);
    orthogonal(net.wide.weight.as_slice(), 50, 1.0);
    orthogonal(net.tall.weight.as_slice(), 200, 1.5);
    assert!(net.constant.weight.as_slice().iter().all(|x| *x == 0.25));
    assert!([net.he_n.bias.as_slice(), net.tall.bias.as_slice()].concat().iter().all(|x| *x == 0.0));

    // Nine taps of sixteen channels go into each output; a filter is a row.
    let net = Images::init(&mut rng(2));
    drawn(net.a.weight.as_slice(), 0.0, 2.0 / 144.0, ANY);
    orthogonal(net.b.weight.as_slice(), 24, 1.0);
    assert_eq!(Images::init(&mut rng(2)).b.weight, net.b.weight);
}

const WIDTH: usize = 128;

network! {
    pub Linear(x: [128]) -> [128] { x -> layers: [Dense(128, bias = false); 50] }
    pub Rectified(x: [128]) -> [128] { x -> layers: [Dense(128, bias = false) -> Relu; 50] }
}

/// The mean square of what comes out of fifty layers that start so, where that of the input is 1.
fn after_fifty<N>(init: Init) -> f32
where
    N: Network<Input = Tensor<shape![128]>, Output = Tensor<shape![128]>> + AsNetwork<Network = N>,
{
    let mut net = N::zeros();
    let mut rng = rng(5);
    net.fill_with(|tensor, numbers| init.fill(tensor.dims, numbers, &mut rng));
    let x = Tensor::from_fn(|_| rng.normal());
    let y = net.predict(&x);
    let square = |x: &Tensor<shape![128]>| x.as_slice().iter().map(|x| x * x).sum::<f32>();
    square(&y) / square(&x)
}

/// Standard deviation 1 / √n keeps the variance of a sum of n products; where ReLU takes half of it away √2 gives it back. Less decays with the depth, more explodes.
#[test]
fn activations_through_fifty_layers() {
    let normal = |gain: f32| Init::VarianceNormal { gain, fan: WIDTH };
    let kept = [after_fifty::<Linear>(normal(1.0)), after_fifty::<Rectified>(normal(2.0))];
    // Each layer multiplies by one plus chance, whose deviation is √(2 / n), twice that after ReLU.
    assert!(kept.iter().all(|variance| (0.1..10.0).contains(variance)), "{kept:?}");
    let right = after_fifty::<Linear>(Init::Orthogonal { gain: 1.0 });
    assert!((right - 1.0).abs() < 1e-3, "{right}");
    let decayed = [after_fifty::<Linear>(normal(0.5)), after_fifty::<Rectified>(normal(1.0))];
    assert!(decayed.iter().all(|variance| *variance < 1e-10), "{decayed:?}");
    let exploded = [after_fifty::<Linear>(normal(2.0)), after_fifty::<Rectified>(normal(4.0))];
    assert!(exploded.iter().all(|variance| *variance > 1e10), "{exploded:?}");
}

/// Bounds beside the mean, far or near, and settings that say nothing: all end, and all stay within. Means by the formula of the truncated normal distribution.
#[test]
fn truncated_on_one_side() {
    let draw = |mean: f32, deviation: f32, low: f32, high: f32| {
        let mut numbers = vec![0.0; 20_000];
        Init::TruncatedNormal { mean, deviation, low, high }.fill(&[20_000], &mut numbers, &mut rng(5));
        assert!(numbers.iter().all(|x| (low..=high).contains(x)), "{mean} ± {deviation} in {low}…{high}");
        moments(&numbers).0
    };
    for (found, wanted) in [
        (draw(0.0, 1.0, 2.0, 1e6), 2.373),
        (draw(0.0, 1.0, -1e6, -2.0), -2.373),
        (draw(1.0, 2.0, 21.0, 41.0), 21.196),
        (draw(0.0, 1.0, 3.0, 3.001), 3.0005),
        (draw(0.0, 1.0, 0.5, 1.0), 0.7345),
    ] {
        assert!((found - wanted).abs() < 0.01, "{found}, not {wanted}");
    }
    let mut one = [5.0];
    Init::TruncatedNormal { mean: 0.0, deviation: f32::NAN, low: -1.0, high: 1.0 }.fill(&[1], &mut one, &mut rng(1));
    assert_eq!(one, [0.0]);
}
