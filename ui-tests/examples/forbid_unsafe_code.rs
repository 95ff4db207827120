//! Crates that forbid unsafe code can declare networks.

#![forbid(unsafe_code)]

use fireclay::prelude::*;

network! {
    pub Net(image: [1, 6, 6]) -> [2] {
        image -> conv: Conv(2, 3) -> BatchNorm -> Relu -> Flatten -> Dropout(0.2) -> fc: Dense(2)
    }
}

fn main() {
    let mut net = Net::init(&mut rng(1));
    let (mut memory, mut grads) = (Net::memory(2), Net::grads());
    assert!(net.train(&Batch::zeros(2), Mse, 0.5, &mut memory, &mut grads).is_finite());
}
