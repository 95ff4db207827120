//! `if` as a stage and between flows; the branch that is not taken costs nothing.

use fireclay::prelude::*;

network! {
    const NORM = false;

    block Layer(x; n, last = false) {
        x -> fc: Dense(n) -> if NORM { BatchNorm } -> if last { Sigmoid } else { Relu }
    }
    block Skip(x; n) {
        if x.features == n {
            x
        } else if x.features < n {
            x -> wide: Dense(n)
        } else {
            let y = x -> narrow: Dense(n);
            y * 0.5
        }
    }

    pub Net(x: [4]) -> [2] {
        x -> a: Layer(4) -> same: Skip(4) -> wider: Skip(5) -> narrower: Skip(3) -> b: Layer(2, last = true)
    }
}

fn main() {
    let has = |path: &str| Net::INFO.tensors.iter().any(|t| t.path == path);
    assert!(has("wider.wide.weight") && has("narrower.narrow.weight") && !Net::INFO.tensors.iter().any(|t| t.buffer));
    let y = Net::init(&mut rng(1)).predict(&Tensor::zeros());
    assert!(y.as_slice().iter().all(|y| (0.0..=1.0).contains(y)));
}
