use fireclay::prelude::*;

network! {
    const STRIDE = 2 - 2;
    pub Net(x: [8]) -> [4] {
        x -> fc: Dense(x.features / STRIDE)
    }
}

fn main() {}
