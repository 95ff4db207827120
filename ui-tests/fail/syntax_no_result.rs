use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [4] {
        x -> fc1: Dense(4);
    }
}

fn main() {}
