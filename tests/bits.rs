//! Bits of training and of inference, at each instruction set, are those that were recorded: what reorders sums or chooses another algorithm
//! shows here, whether it was meant or not.
//!
//! `tests/data/bits.txt` has the hashes. `UPDATE_BITS=1 cargo test --test bits` writes those of the instruction sets that this machine has,
//! and leaves the others as they are.

use fireclay::__private::memory_in;
use fireclay::Layout;
use fireclay::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/bits.txt");
/// Set for the processes that this test starts, one for each instruction set.
const CHILD: &str = "FIRECLAY_BITS_OF_ONE_LEVEL";
/// Two micro-batches, the last one with padding lanes.
const SAMPLES: usize = 21;

network! {
    pub Activations(x: [20]) -> [5] {
        let a = x -> a: Dense(33) -> LeakyRelu(0.1) -> Dropout(0.3);
        let b = x -> b: Dense(33) -> Sigmoid;
        let c = a * b -> c: Dense(33) -> Tanh;
        c - b -> d: Dense(9) -> Exp -> Softmax -> e: Dense(5)
    }

    /// Kernels five wide and few channels: small-channel convolutions, Winograd along the row, products that pool.
    pub LeNet(image: [1, 28, 28]) -> [10] {
        image -> c1: Conv(6, 5, pad = 2) -> Relu -> MaxPool(2) -> c2: Conv(16, 5) -> Relu -> MaxPool(2) -> Flatten
            -> f1: Dense(120) -> Relu -> f2: Dense(10)
    }

    block Residual(x; channels) {
        let main = x -> a: Conv(channels, 3, pad = same) -> bn1: BatchNorm -> Relu -> b: Conv(channels, 3, pad = same) -> bn2: BatchNorm;
        let skip = if x.channels == channels { x } else { x -> down: [Conv(channels, 1), BatchNorm] };
        main + skip -> Relu
    }

    /// Batch norm, residual connections, Winograd's F(4×4, 3×3).
    pub Residuals(image: [3, 12, 13]) -> [7] {
        image -> stem: Conv(16, 3, pad = same) -> BatchNorm -> Relu -> r1: Residual(16) -> r2: Residual(40) -> GlobalAvgPool -> fc: Dense(7)
    }

    /// Transposed convolutions; kernels of 4 with stride 2 (Winograd's F(4×4, 2×2)).
    pub Decoder(z: [19]) -> [3, 16, 16] {
        z -> Reshape([19, 1, 1])
          -> u1: ConvTranspose(48, 4)                          -> BatchNorm -> Relu
          -> u2: ConvTranspose(32, 4, stride = 2, pad = 1)     -> BatchNorm -> Relu
          -> u3: ConvTranspose(3, 4, stride = 2, pad = 1)      -> Tanh
    }
    pub Encoder(image: [3, 16, 16]) -> [1] {
        image -> c1: Conv(32, 4, stride = 2, pad = 1) -> LeakyRelu(0.2) -> c2: Conv(48, 4, stride = 2, pad = 1) -> BatchNorm -> LeakyRelu(0.2)
            -> c3: Conv(1, 4) -> Flatten
    }

    /// Depthwise, pointwise, grouped and dilated convolutions; average pools; padding.
    pub Mobile(image: [3, 17, 15]) -> [4] {
        image -> stem: Conv(16, 3, stride = 2, pad = 1) -> BatchNorm -> Relu
            -> d1: DepthwiseConv(3, pad = 1) -> BatchNorm -> Relu -> p1: Conv(32, 1) -> BatchNorm -> Relu
            -> d2: DepthwiseConv(5, stride = 2, pad = 2) -> p2: Conv(24, 1) -> Relu
            -> g: Conv(24, 3, pad = 1, groups = 3) -> AvgPool(2, stride = 1) -> e: Conv(11, 2, dilation = 2, pad = 1) -> GlobalAvgPool -> fc: Dense(4)
    }

    block Growing(x; by) { concat(x, x -> bn: BatchNorm -> Relu -> conv: Conv(by, 3, pad = same)) }

    /// Channels joined in the midst of a vector, and taken apart.
    pub Joined(image: [2, 9, 9]) -> [3] {
        let (a, b, c) = image -> stem: Conv(18, 3, pad = same) -> g1: Growing(12) -> g2: Growing(12) -> split(3);
        let joined = concat(a -> MaxPool(3, stride = 2, pad = 1), b -> AvgPool(3, stride = 2, pad = 1), c -> MaxPool(2, pad = ((0, 1), (0, 1))));
        joined -> Flatten -> fc: Dense(3)
    }

    #[fireclay(step)]
    pub Text(text: [0..23; 11]) -> [11, 6] {
        text -> embed: Embedding(12) -> lstm: Lstm(20, layers = 2, dropout = 0.2) -> out: Dense(6)
    }

    pub Both(x: [13, 5]) -> [4] { x -> lstm: Lstm(18, bidirectional = true) -> Flatten -> out: Dense(4) }
}

/// FNV-1a over the bits of numbers.
fn hash<'a>(numbers: impl IntoIterator<Item = &'a f32>) -> u64 {
    let bytes = numbers.into_iter().flat_map(|x| x.to_bits().to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Numbers between −1 and 1.
fn number(i: usize, j: usize) -> f32 {
    (((i * 7919 + j * 104_729 + 13) % 2003) as f32 / 1001.0) - 1.0
}

fn tensor<S: Shape>(i: usize) -> Tensor<S> {
    Tensor::from_fn(|j| number(i, j))
}

/// What a network does on one machine: losses, gradients and parameters of three steps, then its outputs sample by sample and by the batch.
macro_rules! report {
    ($out:ident, $network:ty, $target:ty, $sample:expr, $batch:expr) => {{
        let mut net = <$network>::init(&mut rng(5));
        let mut memory = memory_in::<$network>(Layout::Chwn16, SAMPLES).expect("every network trains so");
        let (mut grads, mut adam) = (<$network>::grads(), Adam::new(1e-2).on(&net));
        memory.seed(9);
        let samples: Vec<<$network as Network>::Input> = (0..SAMPLES).map($sample).collect();
        let x = $batch(&samples);
        let y = Batch::<$target>::from_fn(SAMPLES, |i, j| number(j, i));
        let (mut losses, mut gradients) = (Vec::new(), 0);
        for _ in 0..3 {
            grads.zero();
            losses.push(net.train(&x, Mse, &y, &mut memory, &mut grads));
            gradients ^= hash(grads.as_slice());
            adam.step(&mut net, &grads);
        }
        assert!(losses.iter().all(|loss| loss.is_finite()), "{losses:?}");
        let name = stringify!($network);
        let _ = writeln!($out, "{name}.losses {:016x}", hash(&losses));
        let _ = writeln!($out, "{name}.gradients {gradients:016x}");
        let _ = writeln!($out, "{name}.trained {:016x}", hash(net.params().as_slice().iter().chain(net.buffers().as_slice())));
        if let Some(mut memory) = memory_in::<$network>(Layout::Chw, SAMPLES) {
            let (mut net, mut grads) = (<$network>::init(&mut rng(5)), <$network>::grads());
            let loss = net.train(&x, Mse, &y, memory.seed(9), &mut grads);
            let numbers = [&[loss], grads.as_slice(), net.buffers().as_slice()];
            let _ = writeln!($out, "{name}.by_sample {:016x}", hash(numbers.into_iter().flatten()));
        }
        let predicted: Vec<_> = samples.iter().map(|sample| net.predict(sample)).collect();
        let _ = writeln!($out, "{name}.predict {:016x}", hash(predicted.iter().flat_map(|y| y.as_slice())));
        let mut memory = <$network>::infer_memory();
        let plain: Vec<_> = samples.iter().map(|sample| fireclay::infer_plain(&*net, sample, &mut memory).clone()).collect();
        let _ = writeln!($out, "{name}.infer_plain {:016x}", hash(plain.iter().flat_map(|y| y.as_slice())));
        let mut memory = <$network>::infer_memory_for(SAMPLES);
        let batched = net.infer_batch(&x, &mut memory);
        let batched: Vec<_> = (0..SAMPLES).map(|i| batched.sample(i)).collect();
        let _ = writeln!($out, "{name}.infer_batch {:016x}", hash(batched.iter().flat_map(|y| y.as_slice())));
        net
    }};
}

fn of_this_process() -> String {
    let mut out = String::new();
    report!(out, Activations, shape![5], tensor, Batch::from_samples);
    report!(out, LeNet, shape![10], tensor, Batch::from_samples);
    report!(out, Residuals, shape![7], tensor, Batch::from_samples);
    report!(out, Decoder, shape![3, 16, 16], tensor, Batch::from_samples);
    report!(out, Encoder, shape![1], tensor, Batch::from_samples);
    report!(out, Mobile, shape![4], tensor, Batch::from_samples);
    report!(out, Joined, shape![3], tensor, Batch::from_samples);
    let text = report!(
        out,
        Text,
        shape![11, 6],
        |i| Indices::from_fn(|t| Index::new((i * 5 + t * 3) % 23).expect("below 23")),
        |samples: &[_]| IndicesBatch::from_sequences(samples.iter().copied())
    );
    let mut state = Text::state();
    let steps: Vec<_> = (0..11).map(|t| text.step(Index::new(t * 2).expect("below 23"), &mut state)).collect();
    let _ = writeln!(out, "Text.step {:016x}", hash(steps.iter().flat_map(|y| y.as_slice())));
    report!(out, Both, shape![4], tensor, Batch::from_samples);
    out
}

/// The instruction sets that this machine has, as `FIRECLAY_SIMD` calls them.
fn levels() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let vectors = {
        let fma = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        [("avx2", fma), ("avx512", fma && is_x86_feature_detected!("avx512f"))]
    };
    #[cfg(not(target_arch = "x86_64"))]
    let vectors = [("neon", cfg!(target_arch = "aarch64"))];
    ["scalar"].into_iter().chain(vectors.into_iter().filter(|(_, has)| *has).map(|(name, _)| name)).collect()
}

/// `avx2 LeNet.losses` to its hash.
fn recorded() -> BTreeMap<String, String> {
    let text = if Path::new(RECORD).exists() { std::fs::read_to_string(RECORD).expect("the record") } else { String::new() };
    text.lines().filter_map(|line| line.rsplit_once(' ')).map(|(name, hash)| (name.to_owned(), hash.to_owned())).collect()
}

#[test]
fn bits_are_those_recorded() {
    if std::env::var_os(CHILD).is_some() {
        println!("{}", of_this_process());
        return;
    }
    let mut record = recorded();
    let update = std::env::var_os("UPDATE_BITS").is_some();
    let mut wrong = Vec::new();
    for level in levels() {
        let this = std::env::current_exe().expect("this test");
        let child = Command::new(this)
            .args(["--exact", "bits_are_those_recorded", "--nocapture"])
            .envs([("FIRECLAY_SIMD", level), (CHILD, "1")])
            .output()
            .expect("a process");
        assert!(child.status.success(), "{level}: {}", String::from_utf8_lossy(&child.stderr));
        let text = String::from_utf8(child.stdout).expect("text");
        let lines = text.lines().filter(|line| line.contains('.')).filter_map(|line| line.split_once(' '));
        let found: Vec<(String, String)> =
            lines.filter(|(_, hash)| hash.len() == 16).map(|(name, hash)| (format!("{level} {name}"), hash.to_owned())).collect();
        assert_eq!(found.len(), 9 * 7 + 1, "{level}: {text}");
        let known = record.keys().any(|name| name.starts_with(&format!("{level} ")));
        for (name, hash) in found {
            if update {
                record.insert(name, hash);
            } else if known && record.get(&name) != Some(&hash) {
                wrong.push(format!("{name} is {hash}, recorded is {}", record.get(&name).map_or("nothing", |hash| hash)));
            }
        }
    }
    if update {
        let lines: String = record.iter().map(|(name, hash)| format!("{name} {hash}\n")).collect();
        std::fs::write(RECORD, lines).expect("written");
    }
    assert!(wrong.is_empty(), "{} hashes differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(!record.is_empty(), "there is no record: UPDATE_BITS=1 makes it");
}
