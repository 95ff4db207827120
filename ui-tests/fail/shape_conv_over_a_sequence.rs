use fireclay::prelude::*;

network! {
    pub Net(x: [64, 40]) -> [8] {
        x -> conv: Conv(8, 3) -> GlobalAvgPool
    }
}

fn main() {}
