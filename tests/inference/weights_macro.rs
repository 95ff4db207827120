//! `weights!`: the network in the program is the one in the file.

use fireclay::prelude::*;

#[path = "../data/every.rs"]
mod zoo;
use zoo::Every;

// Made by `make_the_file`.
static NET: Packed<Every> = weights!(Every, "tests/data/every.safetensors");

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/every.safetensors");

fn samples() -> impl Iterator<Item = (Tensor<shape![3, 8, 8]>, Indices<9, 4>)> {
    (0..20).map(|s| {
        let image = Tensor::from_fn(|i| ((i * 37 + s * 11) % 41) as f32 / 20.0 - 1.0);
        (image, Indices::from_fn(|i| Index::new((i * 5 + s) % 9).expect("below 9")))
    })
}

#[test]
fn one_sample_gives_the_same_bits_as_a_network_packed_when_running() {
    let packed = Every::open(FILE).expect("weights").pack();
    let (mut here, mut there) = (Every::infer_memory(), Every::infer_memory());
    for sample in samples() {
        let (class, map) = NET.infer(&sample, &mut here);
        let (other_class, other_map) = packed.infer(&sample, &mut there);
        assert_eq!((class, map), (other_class, other_map));
        assert!(class.as_slice().iter().any(|x| x.abs() > 1e-3));
    }
}

#[test]
fn a_batch_gives_the_same_bits_too() {
    let packed = Every::open(FILE).expect("weights").pack();
    let (images, codes): (Vec<_>, Vec<_>) = samples().unzip();
    let (images, codes) = (Batch::from_samples(&images), IndicesBatch::from_sequences(codes));
    let (mut here, mut there) = (Every::infer_memory_for(20), Every::infer_memory_for(20));
    let (class, map) = NET.infer_batch((&images, &codes), &mut here);
    let (other_class, other_map) = packed.infer_batch((&images, &codes), &mut there);
    for i in 0..20 {
        assert_eq!((class.sample(i), map.sample(i)), (other_class.sample(i), other_map.sample(i)));
    }
}

#[test]
fn it_predicts_what_the_network_does() {
    let net = Every::open(FILE).expect("weights");
    let (mut raw, mut packed) = (Every::infer_memory(), Every::infer_memory());
    for sample in samples() {
        let (class, map) = fireclay::infer_plain(&*net, &sample, &mut raw);
        let (folded_class, folded_map) = NET.infer(&sample, &mut packed);
        for (a, b) in
            class.as_slice().iter().chain(map.as_slice()).zip(folded_class.as_slice().iter().chain(folded_map.as_slice()))
        {
            assert!((a - b).abs() < 1e-5 * a.abs().max(1.0), "{a} {b}");
        }
    }
}

/// Only what inference reads is kept: no statistics but those that could not be folded, nothing of `aux`.
#[test]
fn a_constant_holds_what_inference_reads() {
    let folded = 3 * 8 * 9 + 8 + (8 * 9 + 8) + (20 * 8 * 9 + 20) + (20 * 2 * 4 + 2) + 9 * 6 + 4 * 5 * (6 + 5 + 2);
    let bn = 4 * 20;
    let dense = (20 * 16 + 4 * 5) * 12 + 12 + 12 * 5 + 5;
    assert_eq!(Every::INFER.packed, folded + bn + dense);
}

/// Makes the file anew: `cargo test --test inference -- --ignored make_the_file`.
#[test]
#[ignore = "writes a file of the repository"]
fn make_the_file() {
    let mut net = Every::init(&mut rng(7));
    let names: Vec<&str> = Every::INFO.tensors.iter().map(|t| t.path).collect();
    // As after training: statistics, batch norms' parameters and magnitudes are not what they begin as.
    for (n, name) in names.iter().enumerate() {
        let shift = if name.ends_with("var") || name.ends_with("bn.weight") { 0.6 } else { 0.0 };
        let numbers = net.tensor_mut(name).expect("there");
        if name.ends_with("weight.g") {
            numbers.iter_mut().enumerate().for_each(|(i, x)| *x *= 0.5 + (i % 7) as f32 / 5.0);
        }
        if name.contains("bn") {
            numbers.iter_mut().enumerate().for_each(|(i, x)| *x = shift + ((i * 7 + n * 3) % 13) as f32 / 30.0);
        }
    }
    net.save(FILE).expect("a file");
}
