use fireclay::prelude::*;

network! {
    pub Net(x: [64, 8]) -> [64, 8] {
        x -> norm: LayerNorm
    }
}

fn main() {}
