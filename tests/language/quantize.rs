//! Values of `i8` between `Quantize` and `Dequantize`: what every form gives, what training passes through, what is refused where.

use fireclay::prelude::*;
use fireclay::{Dim, Dtype, Values};

network! {
    /// A pair alone, over a number that fills no vector.
    pub Pair(x: [3, 5, 7]) -> [3, 5, 7] { x -> Quantize(scale = 0.05, zero_point = 3) -> Dequantize(scale = 0.05, zero_point = 3) }

    /// Between layers, seen under two shapes, read twice; channels that lie in vectors before and after.
    pub Between(image: [3, 9, 9]) -> (class: [4], map: [20, 7, 7]) {
        let q = image -> conv: Conv(20, 3) -> Relu -> Quantize(scale = 0.0625, zero_point = -128);
        let class = q -> Flatten -> Reshape([_, 7]) -> Flatten -> Dequantize(scale = 0.0625, zero_point = -128) -> fc: Dense(4);
        let map = q -> Dequantize(0.0625, -128) -> again: Conv(20, 3, pad = 1);
        (class, map)
    }

    /// The same without the pair.
    pub Without(image: [3, 9, 9]) -> (class: [4], map: [20, 7, 7]) {
        let q = image -> conv: Conv(20, 3) -> Relu;
        (class: q -> Flatten -> fc: Dense(4), map: q -> again: Conv(20, 3, pad = 1))
    }

    /// Bytes of an odd number before floats.
    pub Generic<In: Dim>(x: [In]) -> [In] {
        let q = x -> Quantize(0.25);
        (x -> Tanh) + (q -> Dequantize(0.25))
    }

    #[fireclay(step)]
    pub Steps(x: [6, 3]) -> [6, 2] { x -> rnn: Rnn(5) -> Quantize(0.01) -> Dequantize(0.01) -> out: Dense(2) }
}

type Image = Tensor<shape![3, 9, 9]>;

fn images(n: usize) -> Batch<shape![3, 9, 9]> {
    Batch::from_fn(n, |i, j| ((i * 31 + j * 17) % 41) as f32 / 20.0 - 1.0)
}

fn integer(x: f32) -> f32 {
    ((x / 0.05).round_ties_even() + 3.0).clamp(-128.0, 127.0)
}

#[test]
fn every_form_gives_what_the_formula_says() {
    let net = Pair::init(&mut rng(1));
    let x = Batch::<shape![3, 5, 7]>::from_fn(19, |i, j| ((i * 57 + j * 23) % 401) as f32 / 24.0 - 8.3);
    let wanted: Vec<f32> = x.to_vec().into_iter().map(|x| (integer(x) - 3.0) * 0.05).collect();
    let mut memory = Pair::memory(19);
    let mut net = net;
    for mode in [Mode::Train, Mode::Eval] {
        assert_eq!(net.forward(mode, &x, &mut memory).output().to_vec(), wanted);
    }
    let mut infer = Pair::infer_memory_for(19);
    assert_eq!(net.infer_batch(&x, &mut infer).to_vec(), wanted);
    for i in 0..19 {
        let wanted = &wanted[i * 105..][..105];
        assert_eq!(net.infer(&x.sample(i), &mut infer).as_slice(), wanted);
        assert_eq!(fireclay::infer_plain(&*net, &x.sample(i), &mut infer).as_slice(), wanted);
    }
}

#[test]
fn the_gradient_goes_straight_through_where_x_was_in_range() {
    let mut net = Pair::init(&mut rng(1));
    let x = Batch::<shape![3, 5, 7]>::from_fn(19, |i, j| ((i * 57 + j * 23) % 401) as f32 / 24.0 - 8.3);
    let dy = Batch::<shape![3, 5, 7]>::from_fn(19, |i, j| ((i * 7 + j * 3) % 13) as f32 / 6.0 - 1.0);
    let mut memory = Pair::memory(19);
    net.forward(Mode::Train, &x, &mut memory);
    let dx = net.backward_input_from(&dy, &mut memory).to_vec();
    let mut outside = 0;
    for ((x, dy), dx) in x.to_vec().iter().zip(dy.to_vec()).zip(dx) {
        let inside = (-128.0..=127.0).contains(&((x / 0.05).round_ties_even() + 3.0));
        let wanted = if inside { dy } else { 0.0 };
        outside += usize::from(!inside);
        assert!((dx - wanted).abs() <= 2e-7 * wanted.abs(), "{dx} at {x}, not {wanted}");
    }
    assert!(outside > 100, "{outside} numbers were out of range");
}

/// Over many steps of the integer the staircase rises as the gradient says: by one where it is in range, not at all outside.
#[test]
fn finite_differences_over_many_steps() {
    let mut net = Pair::init(&mut rng(1));
    let mut memory = Pair::memory(1);
    let mut at = |x: f32| {
        let x = Batch::from_fn(1, |_, _| x);
        let y = net.forward(Mode::Train, &x, &mut memory).output().to_vec()[0];
        let dy = Batch::from_fn(1, |_, _| 1.0);
        (y, net.backward_input_from(&dy, &mut memory).to_vec()[0])
    };
    // The range is from -6.55 to 6.2.
    for (x, wanted) in [(-20.0, 0.0), (-8.6, 0.0), (-4.0, 1.0), (0.01, 1.0), (3.7, 1.0), (8.3, 0.0), (100.0, 0.0)] {
        let h = 2.0;
        let difference = (at(x + h).0 - at(x - h).0) / (2.0 * h);
        assert!((difference - wanted).abs() < 0.05 / h, "{difference} at {x}");
        assert!((at(x).1 - wanted).abs() < 1e-6, "{} at {x}", at(x).1);
    }
}

/// The parameters before the pair get the gradient that they had without it, from slightly other values.
#[test]
fn parameters_before_the_pair_learn() {
    let (mut net, mut without) = (Between::init(&mut rng(3)), Without::init(&mut rng(3)));
    assert_eq!(net.params().as_slice(), without.params().as_slice(), "the same layers in the same order");
    let images = images(21);
    let (mut memory, mut grads) = (Between::memory(21), Between::grads());
    let (mut memory_without, mut grads_without) = (Without::memory(21), Without::grads());
    let loss = net.forward(Mode::Train, &images, &mut memory).loss((Mse, Mse), (0.2, 0.1));
    net.backward(&mut memory, &mut grads);
    let wanted = without.forward(Mode::Train, &images, &mut memory_without).loss((Mse, Mse), (0.2, 0.1));
    without.backward(&mut memory_without, &mut grads_without);
    assert!(loss != wanted && (loss - wanted).abs() < 0.02 * wanted, "{loss}, {wanted}");
    let size = |grads: &[f32]| grads.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
    let apart: Vec<f32> = grads.as_slice().iter().zip(grads_without.as_slice()).map(|(a, b)| a - b).collect();
    assert!(size(&apart) < 0.1 * size(grads_without.as_slice()), "{} of {}", size(&apart), size(grads_without.as_slice()));
    assert!(grads.conv.weight.as_slice().iter().any(|g| *g != 0.0));
    // All at once: the same bits.
    let mut fused = Between::grads();
    let again = net.train(&images, (Mse, Mse), (0.2, 0.1), &mut memory, &mut fused);
    assert_eq!((again.to_bits(), fused.as_slice()), (loss.to_bits(), grads.as_slice()));
}

#[test]
fn forms_agree_between_layers() {
    let mut net = Between::init(&mut rng(3));
    let images = images(18);
    let (mut memory, mut infer) = (Between::memory(18), Between::infer_memory_for(18));
    let (class, map) = net.forward(Mode::Eval, &images, &mut memory).output();
    let (class, map) = (class.to_vec(), map.to_vec());
    // An x that rounds up in one form and down in another is a whole step apart: few may be.
    let close = |found: &[f32], wanted: &[f32]| {
        let far = found.iter().zip(wanted).filter(|(a, b)| (**a - **b).abs() > 1e-5).count();
        assert!(found.len() == wanted.len() && far <= found.len() / 50, "{far} of {}", found.len());
        assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 0.1));
    };
    let (found, maps) = net.infer_batch(&images, &mut infer);
    close(&found.to_vec(), &class);
    close(&maps.to_vec(), &map);
    for i in 0..18 {
        let image: Image = images.sample(i);
        let (found, maps) = *net.infer(&image, &mut infer);
        close(found.as_slice(), &class[i * 4..][..4]);
        close(maps.as_slice(), &map[i * 980..][..980]);
        let (found, maps) = *fireclay::infer_plain(&*net, &image, &mut infer);
        close(found.as_slice(), &class[i * 4..][..4]);
        close(maps.as_slice(), &map[i * 980..][..980]);
    }
}

#[test]
fn sizes_that_are_types() {
    fn check<const N: usize>() {
        let mut net = Generic::<fireclay::Const<N>>::init(&mut rng(1));
        let x = Batch::<(fireclay::Const<N>,)>::from_fn(3, |i, j| (i * 5 + j) as f32 / 3.0 - 2.0);
        let wanted = |x: f32| x.tanh() + (x / 0.25).round_ties_even().clamp(-128.0, 127.0) * 0.25;
        let y = net.forward(Mode::Train, &x, &mut Generic::memory(3)).output().to_vec();
        for (x, y) in x.to_vec().into_iter().zip(y) {
            assert!((y - wanted(x)).abs() < 1e-6, "{y} at {x}");
        }
        let one = net.predict(&x.sample(2));
        assert!(one.as_slice().iter().zip(x.sample(2).as_slice()).all(|(y, x)| (y - wanted(*x)).abs() < 1e-6));
    }
    check::<1>();
    check::<13>();
    check::<32>();
}

#[test]
fn step_by_step() {
    let net = Steps::init(&mut rng(2));
    let x = Tensor::<shape![6, 3]>::from_fn(|i| (i % 7) as f32 / 3.0 - 1.0);
    let whole = net.predict(&x);
    let mut state = Steps::state();
    for t in 0..6 {
        let y = net.step(Tensor::from(x[t]), &mut state);
        assert!(y.as_slice().iter().zip(&whole[t]).all(|(a, b)| (a - b).abs() < 0.02), "{y:?}, {:?}", whole[t]);
    }
}

#[test]
fn the_table_shows_the_dtype_and_its_bytes() {
    let table = Between::summary().to_string();
    assert!(table.contains("[20, 7, 7] i8"), "{table}");
    let layer = Between::INFO.layers.iter().find(|layer| layer.layer.starts_with("Quantize")).expect("a layer");
    assert_eq!((layer.dtype, layer.output, layer.memory), (Dtype::I8, &[20, 7, 7][..], 980));
    let others = Between::INFO.layers.iter().filter(|layer| layer.layer.starts_with("Dequantize"));
    assert!(others.into_iter().all(|layer| layer.dtype == Dtype::F32 && layer.memory == 4 * 980));
    assert_eq!(<<Between as Network>::Output as Values>::TYPES.len(), 2);
}

/// A value of bytes takes bytes.
#[test]
fn memory_counts_bytes() {
    assert_eq!(Pair::MEMORY, 105 + 4 * 105, "a byte a number, and the output");
}
