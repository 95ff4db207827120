use fireclay::prelude::*;

network! {
    pub Inception(x: [192, 28, 28]) -> [224, 28, 28] {
        concat(
            x -> b1: Conv(64, 1) -> Relu,
            x -> b2: Conv(128, 3, pad = same) -> Relu,
            x -> b3: Conv(32, 3, stride = 2, pad = 1) -> Relu,
        )
    }
}

fn main() {}
