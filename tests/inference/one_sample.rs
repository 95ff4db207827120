//! A single sample with packed weights, its channels in vectors as far as the operations can, gives what the plain form gives.

use fireclay::prelude::*;

network! {
    default Conv(pad = same);

    block Residual(x; channels) {
        let main = x -> a: Conv(channels, 3) -> bn1: BatchNorm -> Relu -> b: Conv(channels, 3) -> bn2: BatchNorm;
        let skip = if x.channels == channels { x } else { x -> down: [Conv(channels, 1), BatchNorm] };
        main + skip -> Relu
    }

    /// Residual connections, in the one and the other order; products that end in a ReLU.
    pub Residuals(x: [3, 9, 10]) -> [5] {
        x -> stem: Conv(16, 3) -> Relu -> r1: Residual(16) -> r2: Residual(40) -> r3: Residual(40) -> GlobalAvgPool -> fc: Dense(5)
    }

    /// A value that two read, one of them a ReLU.
    pub Shared(x: [2, 6, 6]) -> [20, 6, 6] {
        let a = x -> a: Conv(20, 3);
        let b = a -> Relu;
        a + b
    }

    /// The sum of a value and itself, of a product with another that comes later, and of the network's input.
    pub Sums(x: [20, 5, 5]) -> (sum: [20, 5, 5], double: [20, 5, 5], on: [20, 5, 5]) {
        let a = x -> a: Conv(20, 1);
        let b = x -> b: Conv(20, 3);
        let twice = a -> c: Conv(20, 1);
        (sum: a + b, double: twice + twice, on: x + twice -> Relu)
    }

    /// Parts that fill their vectors, and parts that do not.
    pub Parts(x: [3, 8, 8]) -> [7] {
        let s = x -> s: Conv(17, 1) -> Relu;
        let whole = concat(s -> e1: Conv(32, 1) -> Relu, s -> e3: Conv(16, 3) -> Relu, s -> e5: Conv(5, 5));
        let odd = concat(s -> f1: Conv(5, 1), whole);
        odd -> MaxPool(2) -> Flatten -> fc: Dense(7)
    }

    /// What goes over vectors of channels by kernels of its own, keeps something beside its result, or halves channels; parts of parts.
    pub Between(x: [3, 8, 7]) -> [32, 8, 7] {
        let a = x -> c1: Conv(20, 3) -> InstanceNorm -> Relu -> c2: Conv(32, 1) -> GroupNorm(32, affine = false) -> Softmax;
        let b = 32 * a -> c3: Conv(64, 3) -> Glu -> LogSoftmax -> c4: Conv(36, 1) -> Glu -> InstanceNorm(affine = true) -> Softmin;
        let c = 32 * b -> c5: Conv(16, 1) -> InstanceNorm -> c6: Conv(32, 1);
        let parts = concat(c, c -> c7: Conv(16, 3));
        concat(parts, parts -> c8: Conv(16, 3), b) -> c9: Conv(32, 1)
    }

    /// Parts that end within a vector before one that lies in place.
    pub Neighbors(x: [3, 6, 5]) -> [16, 6, 5] {
        let s = x -> s: Conv(16, 3) -> Relu;
        let a = concat(s -> a1: Conv(8, 1), s -> a2: Conv(8, 3), s -> a3: Conv(16, 1)) -> a4: Conv(16, 1);
        let b = concat(a -> b1: Conv(24, 1), s -> b2: Conv(8, 1), a -> b3: Conv(16, 3));
        let c = concat(b -> c1: Conv(8, 1), b -> c2: Conv(24, 3), b -> c3: Conv(16, 1));
        concat(c, a) -> out: Conv(16, 1)
    }

    /// Channels weighted each by a number of its own.
    pub Squeeze(x: [4, 7, 6]) -> [9] {
        let y = x -> c: Conv(24, 3);
        let weight = y -> GlobalAvgPool -> d1: Dense(6) -> Relu -> d2: Dense(24) -> Sigmoid -> Reshape([24, 1, 1]);
        y * weight -> Tanh -> AvgPool(3, stride = 2, pad = 1, count_pad = false) -> Flatten -> fc: Dense(9)
    }

    /// Channels for themselves, with one filter and with two; groups that fill vectors and groups that do not.
    pub Grouped(x: [32, 9, 7]) -> [33, 2, 2] {
        x
            -> d1: DepthwiseConv(3, stride = 2, pad = 1) -> Relu -> c1: Conv(64, 3, groups = 2) -> Relu
            -> c2: Conv(24, 1, groups = 4) -> d2: DepthwiseConv(3, multiplier = 2, pad = 1) -> LeakyRelu(0.1)
            -> MaxPool(2) -> c3: Conv(33, 1) -> Relu
    }

    /// From a vector to an image and back.
    pub Upward(z: [10]) -> [3, 16, 16] {
        z
            -> Dense(72) -> Reshape([18, 2, 2])
            -> u1: ConvTranspose(40, 4, stride = 2, pad = 1) -> n1: BatchNorm -> Relu
            -> u2: ConvTranspose(16, 4, stride = 2, pad = 1, groups = 2) -> n2: BatchNorm -> Relu
            -> u3: ConvTranspose(3, 4, stride = 2, pad = 1) -> Tanh
    }

    /// Norms that nothing stands before, numbers that are added, dropout, a softmax, an output that is another's input.
    pub Mixed(x: [3, 6, 6], y: [12]) -> (sum: [12], chances: [12]) {
        let a = x -> n1: BatchNorm -> Relu -> Conv(12, 3) -> Dropout(0.5) -> n2: BatchNorm -> GlobalAvgPool;
        let sum = 2 * a + y - 1;
        (sum, chances: sum -> Dense(12) -> Relu -> Softmax)
    }

    /// Nothing but an operation channel by channel.
    pub Pool(x: [3, 6, 6]) -> [3, 3, 3] { x -> MaxPool(2) }

    /// Few filters whose maps go on as maps: pools with the products, before and after a ReLU, sizes that do not come out even.
    pub Maps(x: [1, 29, 31]) -> [7] {
        x
            -> c1: Conv(6, 5) -> Relu -> MaxPool(2) -> c2: Conv(5, 3) -> MaxPool(2) -> Relu
            -> c3: Conv(20, 5) -> Relu -> MaxPool(2) -> c4: Conv(33, (3, 5)) -> Relu -> Flatten -> fc: Dense(7)
    }

    /// Few filters that some read as maps and some as vectors; a pool that is not alone in what it reads; an output of maps.
    pub Readers(x: [3, 16, 16]) -> (pooled: [40, 8, 8], maps: [4, 8, 8], both: [8, 16, 16]) {
        let a = x -> a: Conv(8, 3);
        let b = x -> b: Conv(8, 3) -> Relu;
        let pooled = a -> p: Conv(40, 5) -> MaxPool(2) -> Relu;
        let maps = b -> m: Conv(4, 3, stride = 2);
        (pooled: pooled, maps: maps, both: a + b -> d: DepthwiseConv(3, pad = 1))
    }

    /// What was pooled has something added, and what has something added is pooled.
    pub PooledSums(x: [3, 12, 12]) -> [24, 3, 3] {
        let a = x -> a: Conv(24, 5) -> MaxPool(2);
        let b = x -> b: Conv(24, 5, stride = 2);
        let c = a + b -> Relu;
        let d = c -> d: Conv(24, 5);
        d + c -> MaxPool(2)
    }

    /// Steps of a sequence.
    pub Steps(x: [6, 5]) -> [6, 3] { x -> a: Dense(20) -> Relu -> b: Dense(3) }
}

/// Statistics that are not those of the start, and biases.
fn shaken<N: Network>() -> Box<N> {
    use fireclay::network::Block;
    let mut net = N::init(&mut rng(3));
    for (i, x) in net.params_mut().as_mut_slice().iter_mut().enumerate() {
        *x += ((i * 37 % 101) as f32 - 50.0) / 1000.0;
    }
    for (i, x) in net.buffers_mut().as_mut_slice().iter_mut().enumerate() {
        *x = 0.5 + (i * 31 % 89) as f32 / 89.0;
    }
    net
}

#[track_caller]
fn close(found: &[f32], wanted: &[f32]) {
    let size = wanted.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    assert!(size > 0.0, "nothing to compare");
    for (i, (f, w)) in found.iter().zip(wanted).enumerate() {
        assert!((f - w).abs() <= 2e-5 * size, "number {i} is {f}, not {w}");
    }
}

fn numbers<S: Shape>() -> Tensor<S> {
    Tensor::from_fn(|i| ((i * 7919 + 13) % 101) as f32 / 50.0 - 1.0)
}

macro_rules! same {
    ($($name:ident: $net:ty, $input:expr, |$y:ident| $($out:expr),+;)*) => {$(
        #[test]
        fn $name() {
            let net = shaken::<$net>();
            let packed = net.pack();
            let (mut memory, mut other) = (<$net>::infer_memory(), <$net>::infer_memory());
            let input = $input;
            // Twice: what the first leaves in the memory is not read by the second.
            for _ in 0..2 {
                let wanted = fireclay::infer_plain(&*net, &input, &mut memory).clone();
                let found = packed.infer(&input, &mut other).clone();
                $(
                    let of = |$y: &<$net as Network>::Output| $out.as_slice().to_vec();
                    close(&of(&found), &of(&wanted));
                )+
            }
        }
    )*};
}

same! {
    residual_connections: Residuals, numbers(), |y| y;
    shared_values: Shared, numbers(), |y| y;
    sums: Sums, numbers(), |y| y.0, y.1, y.2;
    parts: Parts, numbers(), |y| y;
    neighbors: Neighbors, numbers(), |y| y;
    between_products: Between, numbers(), |y| y;
    squeeze_and_excitation: Squeeze, numbers(), |y| y;
    groups: Grouped, numbers(), |y| y;
    transposed: Upward, numbers(), |y| y;
    mixed: Mixed, (numbers(), numbers()), |y| y.0, y.1;
    channel_by_channel: Pool, numbers(), |y| y;
    maps_and_pools: Maps, numbers(), |y| y;
    readers_of_both_kinds: Readers, numbers(), |y| y.0, y.1, y.2;
    pooled_sums: PooledSums, numbers(), |y| y;
    sequences: Steps, numbers(), |y| y;
}

network! {
    /// Every kernel that threads share: maps of many tiles and of few, from `chw` and from vectors, without and with a residual connection, points, strides, groups, dense layers, large pools of more and of fewer vectors of channels than threads.
    pub Team(image: [3, 64, 64]) -> [40] {
        let few = image -> c0: Conv(32, 3, stride = 1, pad = same) -> MaxPool(3, stride = 1, pad = 1) -> c00: Conv(3, 1);
        let a = image + few -> c1: Conv(40, 3, pad = same) -> Relu -> AvgPool(3, stride = 1, pad = 1) -> c2: Conv(40, 3, pad = same) -> Relu;
        let b = a + (a -> c3: Conv(40, 3, pad = same)) -> Relu -> c4: Conv(130, 3, stride = 2, pad = 1) -> Relu -> c5: Conv(200, 1) -> Relu;
        b -> MaxPool(4) -> c6: Conv(200, 3, pad = same) -> Relu -> c7: Conv(100, 5, pad = same) -> Relu -> up: ConvTranspose(90, 4, stride = 2, pad = 1)
          -> Relu -> MaxPool(2) -> Flatten -> fc1: Dense(120) -> Relu -> fc2: Dense(40)
    }
}

#[test]
fn threads_that_share_a_sample_change_no_bit() {
    let net = Team::init(&mut rng(1));
    let packed = net.pack();
    let image = Tensor::from_fn(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0);
    let (mut alone, mut shared) = (Team::infer_memory(), Team::infer_memory());
    let wanted = *packed.infer(&image, &mut alone);
    assert!(wanted.as_slice().iter().all(|y| y.is_finite()));
    for threads in [1, 2, 3, 16, usize::MAX] {
        shared.threads(threads);
        for _ in 0..3 {
            assert_eq!(*packed.infer(&image, &mut shared), wanted, "{threads} threads");
            assert_eq!(*net.infer(&image, &mut shared), wanted, "{threads} threads");
        }
    }
}
