use fireclay::prelude::*;

network! {
    const HIDDEN = 32;
    pub Net(x: [8]) -> [8] {
        x -> fc1: Dense(HIDEN) -> Relu -> fc2: Dense(8)
    }
}

fn main() {}
