//! Batches of every size from 1 to 40: sixteen side by side are the samples one by one, forward and backward.

use fireclay::Layout;
use fireclay::prelude::*;

network! {
    default Conv(pad = same);

    /// Winograd's form, strides, channels for themselves, transposed, pools, a residual connection.
    pub Net(image: [2, 9, 10]) -> [4] {
        let x = image -> stem: Conv(32, 3) -> Relu -> v: Conv(32, 3) -> c: Conv(32, 3, stride = 2, pad = 1) -> Tanh;
        let y = x -> w: Conv(32, 3) -> Sigmoid -> dw: DepthwiseConv(3, pad = 1);
        x + y -> up: ConvTranspose(16, 4, stride = 2, pad = 1) -> MaxPool(2) -> Flatten -> fc: Dense(4)
    }

    /// Without Winograd's form: packed, sixteen samples run side by side.
    pub Side(image: [2, 9, 10]) -> [4] {
        let x = image -> stem: Conv(9, 3) -> Relu -> c: Conv(15, 3, stride = 2, pad = 1) -> Tanh;
        let y = x -> w: Conv(15, 3) -> Sigmoid -> dw: DepthwiseConv(3, pad = 1);
        x + y -> up: ConvTranspose(5, 4, stride = 2, pad = 1) -> MaxPool(2) -> Flatten -> fc: Dense(4)
    }

    /// So large that with packed weights samples run one by one.
    pub Large(image: [2, 33, 30], bias: [3]) -> (logits: [3], map: [16, 33, 30]) {
        let map = image -> c1: Conv(24, 3) -> Relu -> c2: Conv(24, 3) -> Relu -> c3: Conv(16, 3);
        (logits: (map -> GlobalAvgPool -> fc: Dense(3)) + bias, map: map)
    }
}

#[track_caller]
fn close(what: &str, n: usize, found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len());
    let size = wanted.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    for (i, (f, w)) in found.iter().zip(wanted).enumerate() {
        assert!((f - w).abs() <= 2e-5 * size, "{what} of {n} samples: number {i} is {f}, not {w}");
    }
}

#[test]
fn both_ways_are_here() {
    let one_by_one = |samples| {
        [<Net as Network>::BATCH, <Large as Network>::BATCH, <Side as Network>::BATCH].map(|batch| batch.one_by_one(samples))
    };
    assert_eq!(one_by_one(16), [true, true, false]);
    // Fewer than sixteen take as long as sixteen side by side.
    assert_eq!(one_by_one(3), [true; 3]);
}

#[test]
fn sizes_side_by_side() {
    let packed = Side::init(&mut rng(5)).pack();
    let (mut memory, mut one) = (Side::infer_memory_for(40), Side::infer_memory());
    let images = Batch::<shape![2, 9, 10]>::from_fn(40, |i, j| ((i * 7919 + j * 104_729) % 211) as f32 / 105.0 - 1.0);
    for n in [1, 2, 15, 16, 17, 40] {
        let samples: Vec<_> = (0..n).map(|i| images.sample(i)).collect();
        let wanted: Vec<f32> = samples.iter().flat_map(|x| packed.infer(x, &mut one).as_slice().to_vec()).collect();
        close("packed infer_batch", n, &packed.infer_batch(&Batch::from_samples(&samples), &mut memory).to_vec(), &wanted);
    }
}

#[test]
fn every_size() {
    const MOST: usize = 40;
    let mut net = Net::init(&mut rng(5));
    let packed = net.pack();
    let (mut memory, mut infer_memory, mut one) = (Net::memory(MOST), Net::infer_memory_for(MOST), Net::infer_memory());
    let images = Batch::<shape![2, 9, 10]>::from_fn(MOST, |i, j| ((i * 7919 + j * 104_729) % 211) as f32 / 105.0 - 1.0);
    let per_sample: Vec<Vec<f32>> =
        (0..MOST).map(|i| fireclay::infer_plain(&*net, &images.sample(i), &mut one).as_slice().to_vec()).collect();
    // Gradients of the samples, each alone.
    let mut grads = Net::grads();
    let of_each: Vec<(Vec<f32>, Vec<f32>)> = (0..MOST)
        .map(|i| {
            grads.zero();
            let x = Batch::from_samples([&images.sample(i)]);
            net.forward(Mode::Eval, &x, &mut memory).loss(Mse, 0.5);
            net.backward(&mut memory, &mut grads);
            (grads.as_slice().to_vec(), net.backward_input(&mut memory).to_vec())
        })
        .collect();
    let samples: Vec<_> = (0..MOST).map(|i| images.sample(i)).collect();
    for n in 1..=MOST {
        let x = Batch::from_samples(&samples[..n]);
        let wanted = per_sample[..n].concat();
        close("infer_batch", n, &net.infer_batch(&x, &mut infer_memory).to_vec(), &wanted);
        close("packed infer_batch", n, &packed.infer_batch(&x, &mut infer_memory).to_vec(), &wanted);
        grads.zero();
        net.forward(Mode::Eval, &x, &mut memory).loss(Mse, 0.5);
        net.backward(&mut memory, &mut grads);
        let mut mean = vec![0.0; grads.as_slice().len()];
        for (of_one, _) in &of_each[..n] {
            mean.iter_mut().zip(of_one).for_each(|(sum, g)| *sum += g / n as f32);
        }
        close("gradients", n, grads.as_slice(), &mean);
        let inputs: Vec<f32> = of_each[..n].iter().flat_map(|(_, dx)| dx.iter().map(|d| d / n as f32)).collect();
        close("the gradient of the input", n, &net.backward_input(&mut memory).to_vec(), &inputs);
    }
}

#[test]
fn one_by_one() {
    const MOST: usize = 40;
    let packed = Large::init(&mut rng(5)).pack();
    let (mut memory, mut one) = (Large::infer_memory_for(MOST), Large::infer_memory());
    let images = Batch::<shape![2, 33, 30]>::from_fn(MOST, |i, j| ((i * 7919 + j * 104_729) % 211) as f32 / 105.0 - 1.0);
    let biases = Batch::<shape![3]>::from_fn(MOST, |i, j| (i + j) as f32);
    for n in [1, 15, 16, 17, 40] {
        let (x, b): (Vec<_>, Vec<_>) = (0..n).map(|i| (images.sample(i), biases.sample(i))).unzip();
        for threads in [1, 3] {
            memory.threads(threads);
            let (logits, map) = packed.infer_batch((&Batch::from_samples(&x), &Batch::from_samples(&b)), &mut memory);
            for i in 0..n {
                let wanted = packed.infer(&(x[i], b[i]), &mut one);
                assert_eq!(logits.sample(i).as_slice(), wanted.0.as_slice(), "sample {i} of {n}");
                assert_eq!(map.sample(i).as_slice(), wanted.1.as_slice(), "sample {i} of {n}");
            }
        }
    }
}

/// The same samples, one after another in memory.
fn sample_after_sample<S: Shape>(batch: &Batch<S>) -> Batch<S> {
    let mut apart = Batch::in_layout(batch.len(), Layout::Chw);
    apart.set_len(batch.len());
    for i in 0..batch.len() {
        apart.set(i, &batch.sample(i));
    }
    assert_eq!(apart.to_vec(), batch.to_vec());
    apart
}

#[test]
fn a_batch_in_another_layout_is_the_same_batch() {
    let mut net = Side::init(&mut rng(7));
    let (mut memory, mut grads, mut infer) = (Side::memory(21), Side::grads(), Side::infer_memory_for(21));
    for n in [1, 16, 21] {
        let images = Batch::<shape![2, 9, 10]>::from_fn(n, |i, j| ((i * 7919 + j * 104_729) % 211) as f32 / 105.0 - 1.0);
        let targets = Batch::<shape![4]>::from_fn(n, |i, j| (i + j) as f32 * 0.1);
        let mut all = [(&images, &targets), (&sample_after_sample(&images), &sample_after_sample(&targets))].map(|(x, t)| {
            grads.zero();
            let loss = net.train(x, Mse, t, &mut memory, &mut grads);
            let mut numbers = [&[loss], grads.as_slice()].concat();
            net.forward(Mode::Eval, x, &mut memory).loss(Mse, t);
            numbers.extend(net.backward_input(&mut memory).to_vec());
            numbers.extend(net.infer_batch(x, &mut infer).to_vec());
            numbers
        });
        let [side_by_side, apart] = &mut all;
        assert_eq!(side_by_side, apart, "{n} samples");
    }
}
