//! Values of four sizes, `[regions, channels, height, width]`: declared, trained, inferred in every form, saved and loaded.

use fireclay::prelude::*;
use fireclay::{ValueType, Values};

type Regions = Tensor<shape![3, 4, 5, 6]>;

network! {
    /// What takes any shape, over regions: channels are the second axis.
    pub Any(x: [3, 4, 5, 6]) -> (map: [3, 5, 5, 6], class: [7]) {
        let slopes = x -> slopes: PRelu(true) -> Tanh;
        let gate = x -> Reshape([12, 5, 6]) -> mix: Conv(12, 3, pad = 1) -> GlobalAvgPool -> Sigmoid -> Reshape([3, 4, 1, 1]);
        let joined = concat(slopes * gate + x, x -> Softmax);
        let (a, b) = joined -> split(2);
        let first = a - 0.5 * b -> Dropout(0.25) -> Quantize(0.02) -> Dequantize(0.02);
        let (top, _, _, _) = first -> split(4, axis = channels);
        let map = concat(first, top -> Exp);
        (map, class: map -> Flatten -> fc: Dense(x.regions + x.channels))
    }

    /// Element by element over whole vectors.
    pub Whole(x: [2, 4, 4, 8]) -> [4, 2, 8, 4] { x -> Relu -> Reshape([4, 2, 8, 4]) -> Elu(0.7) }

    pub Along(x: [2, 3, 4, 4], y: [5, 3, 4, 4]) -> [7, 3, 4, 4] { concat(x, y, axis = regions) -> Relu }
}

fn batch(n: usize) -> Batch<shape![3, 4, 5, 6]> {
    Batch::from_fn(n, |i, j| ((i * 131 + j * 37) % 97) as f32 / 48.0 - 1.0)
}

#[test]
fn tensors_of_four_sizes() {
    let x = Regions::from_fn(|i| i as f32);
    assert_eq!(x[2][1][4][5], ((2 * 4 + 1) * 5 + 4) as f32 * 6.0 + 5.0);
    assert_eq!(Tensor::from([[[[1.0, 2.0]]], [[[3.0, 4.0]]]]), Tensor::<shape![2, 1, 1, 2]>::from_fn(|i| i as f32 + 1.0));
    assert!(format!("{x:?}").starts_with("Tensor[3, 4, 5, 6] [0.0, 1.0"));
    assert_eq!(Regions::TYPES, [ValueType::Tensor(&[3, 4, 5, 6])]);
    let batch = Batch::from_samples([&x, &x]);
    assert_eq!((batch.sample(1), format!("{batch:?}")), (x, "Batch of 2 × [3, 4, 5, 6]".to_owned()));
}

#[test]
fn the_table_shows_four_sizes() {
    let table = Any::summary().to_string();
    assert!(
        table.starts_with("Any  [3, 4, 5, 6]\n") && table.contains("[3, 8, 5, 6]") && table.contains("[3, 4, 5, 6] i8"),
        "{table}"
    );
}

#[test]
fn forms_agree() {
    let mut net = Any::init(&mut rng(4));
    let x = batch(18);
    let mut memory = Any::memory(18);
    let (map, class) = net.forward(Mode::Eval, &x, &mut memory).output();
    let (map, class) = (map.to_vec(), class.to_vec());
    // One that rounds otherwise is a step apart, and its exponential with it.
    let close = |found: &[f32], wanted: &[f32], bound: f32| {
        let far = found.iter().zip(wanted).filter(|(a, b)| (**a - **b).abs() > 1e-5).count();
        assert!(found.len() == wanted.len() && far <= 1 + found.len() / 50, "{far} of {}", found.len());
        assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < bound));
    };
    let mut infer = Any::infer_memory_for(18);
    let (maps, classes) = net.infer_batch(&x, &mut infer);
    close(&maps.to_vec(), &map, 0.1);
    assert!(classes.to_vec().iter().zip(&class).all(|(a, b)| (a - b).abs() < 0.1));
    for i in 0..18 {
        let sample: Regions = x.sample(i);
        let found = net.infer(&sample, &mut infer).0;
        close(found.as_slice(), &map[i * 450..][..450], 0.1);
        let found = fireclay::infer_plain(&*net, &sample, &mut infer).0;
        close(found.as_slice(), &map[i * 450..][..450], 0.1);
    }
}

/// Softmax over the channels, slopes by the channel, what is stretched over them: as the definitions say.
#[test]
fn channels_are_the_second_axis() {
    network! {
        pub Soft(x: [3, 4, 5, 6]) -> [3, 4, 5, 6] { x -> Softmax }
        pub Slope(x: [3, 4, 5, 6]) -> [3, 4, 5, 6] { x -> p: PRelu(true) }
        pub Gate(x: [3, 4, 5, 6], g: [3, 4, 1, 1]) -> [3, 4, 5, 6] { x * g }
    }
    let x = batch(1).sample(0);
    let soft = Soft::init(&mut rng(1)).predict(&x);
    let mut slope = Slope::init(&mut rng(1));
    assert_eq!(slope.p.weight.as_slice().len(), 4);
    slope.p.weight = Tensor::from([0.1, 0.2, 0.3, 0.4]);
    let slope = slope.predict(&x);
    let g = Tensor::from_fn(|i| i as f32);
    let gated = Gate::init(&mut rng(1)).predict(&(x, g));
    for (r, c, h, w) in (0..360).map(|i| (i / 120, i / 30 % 4, i / 6 % 5, i % 6)) {
        let value = x[r][c][h][w];
        let sum: f32 = (0..4).map(|c| x[r][c][h][w].exp()).sum();
        assert!((soft[r][c][h][w] - value.exp() / sum).abs() < 1e-6);
        assert!((slope[r][c][h][w] - if value > 0.0 { value } else { [0.1, 0.2, 0.3, 0.4][c] * value }).abs() < 1e-6);
        assert!((gated[r][c][h][w] - value * (r * 4 + c) as f32).abs() < 1e-5);
    }
}

#[test]
fn a_step_of_training_makes_the_loss_smaller() {
    let mut net = Any::init(&mut rng(4));
    let x = batch(21);
    let wanted = Batch::<shape![3, 5, 5, 6]>::from_fn(21, |i, j| ((i + j) % 5) as f32 / 5.0);
    let classes = IndexBatch::<7>::from_samples((0..21).map(|i| Index::new(i % 7).expect("below 7")));
    let (mut memory, mut grads) = (Any::memory(21), Any::grads());
    let mut adam = Optimizer::new(Adam::new(0.01));
    let mut losses = Vec::new();
    for _ in 0..30 {
        grads.zero();
        memory.seed(1);
        losses.push(net.train(&x, (Mse, CrossEntropy), (&wanted, &classes), &mut memory, &mut grads));
        adam.step(&mut net, &grads);
    }
    assert!(losses[29] < 0.9 * losses[0], "{losses:?}");
    assert!(grads.mix.weight.as_slice().iter().any(|g| *g != 0.0) && grads.slopes.weight.as_slice().iter().all(|g| *g != 0.0));
}

/// Gradients of inputs against differences, without what rounds or drops.
#[test]
fn gradients_of_four_sizes() {
    network! {
        pub Smooth(x: [2, 3, 2, 3]) -> [2, 4, 2, 3] {
            let (a, rest) = (x -> split(3), x -> Tanh);
            let (first, _, last) = a;
            concat(rest * (x -> Softmax), first * last)
        }
    }
    let mut net = Smooth::init(&mut rng(1));
    let mut memory = Smooth::memory(1);
    let x = Tensor::<shape![2, 3, 2, 3]>::from_fn(|i| (i * 7 % 11) as f32 / 5.0 - 1.0);
    let dy = Batch::<shape![2, 4, 2, 3]>::from_fn(1, |_, j| (j * 5 % 7) as f32 / 3.0 - 1.0);
    let weighed = |net: &mut Smooth, memory: &mut Memory<Smooth>, x: &Tensor<shape![2, 3, 2, 3]>| -> f64 {
        let y = net.forward(Mode::Train, &Batch::from_samples([x]), memory).output().to_vec();
        y.iter().zip(dy.to_vec()).map(|(y, dy)| f64::from(*y) * f64::from(dy)).sum()
    };
    weighed(&mut net, &mut memory, &x);
    let dx = net.backward_input_from(&dy, &mut memory).to_vec();
    for (i, dx) in dx.into_iter().enumerate() {
        let at = |net: &mut Smooth, memory: &mut Memory<Smooth>, h: f32| {
            let mut x = x;
            x.as_mut_slice()[i] += h;
            weighed(net, memory, &x)
        };
        let difference = (at(&mut net, &mut memory, 0.01) - at(&mut net, &mut memory, -0.01)) / 0.02;
        assert!((difference - f64::from(dx)).abs() < 2e-3, "number {i}: {dx} and {difference}");
    }
}

#[test]
fn whole_vectors() {
    let net = Whole::init(&mut rng(1));
    let x = Tensor::<shape![2, 4, 4, 8]>::from_fn(|i| (i % 23) as f32 - 11.0);
    let y = net.predict(&x);
    assert!(y.as_slice().iter().zip(x.as_slice()).all(|(y, x)| *y == x.max(0.0)));
    let (a, b) = (Tensor::from_fn(|i| i as f32), Tensor::from_fn(|i| i as f32 + 0.5));
    let joined = Along::init(&mut rng(1)).predict(&(a, b));
    assert_eq!((joined[1][2][3][3], joined[2][0][0][0], joined[6][2][3][3]), (95.0, 0.5, 239.5));
}

#[test]
fn saved_and_loaded() {
    let net = Any::init(&mut rng(4));
    let path =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fireclay_rank_four_{}.safetensors", std::process::id()));
    net.save(&path).expect("written");
    let loaded = Any::open(&path).expect("read");
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(loaded.params().as_slice(), net.params().as_slice());
    assert_eq!(loaded.mix.weight[11][11][2][2], net.mix.weight[11][11][2][2]);
    let x = batch(1).sample(0);
    assert_eq!(loaded.predict(&x).1, net.predict(&x).1);
}
