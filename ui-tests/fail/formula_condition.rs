use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [8] {
        const NORM = 1;
        x -> if NORM { BatchNorm } -> fc: Dense(8)
    }
}

fn main() {}
