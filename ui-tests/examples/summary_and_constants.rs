//! What a program can ask of a declaration.

use fireclay::prelude::*;

network! {
    /// A small one.
    pub LeNet(image: [1, 12, 12]) -> [10] {
        image -> conv1: Conv(6, 5) -> Relu -> MaxPool(2) -> Flatten -> fc: Dense(10)
    }
}

const _: () = assert!(LeNet::PARAMETERS == 6 * 25 + 6 + 96 * 10 + 10);
const _: () = assert!(LeNet::MACS == 6 * 25 * 64 + 960);
const _: () = assert!(LeNet::MEMORY < 8 * 1024);

fn main() {
    let table = LeNet::summary().to_string();
    assert!(table.contains("conv1") && table.contains("Conv(6, 5)") && table.contains("[6, 8, 8]"), "{table}");
    let net = LeNet::init(&mut rng(3));
    let copy = net.clone();
    assert_eq!(copy.conv1.weight, net.conv1.weight);
    let mut memory = LeNet::infer_memory();
    let packed = net.pack();
    let x = Tensor::from_fn(|i| (i % 7) as f32);
    assert_eq!(*net.predict(&x), *packed.infer(&x, &mut memory));
}
