use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [8] {
        x -> fc1: Dense(1 << 70) -> fc2: Dense(8)
    }
}

fn main() {}
