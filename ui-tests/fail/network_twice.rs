use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [4] {
        x -> fc: Dense(4)
    }
    pub Net(x: [8]) -> [4] {
        x -> fc: Dense(4) -> Relu
    }
}

fn main() {}
