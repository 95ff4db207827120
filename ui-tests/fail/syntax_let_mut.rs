use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [4] {
        let mut a = x -> fc1: Dense(8);
        a -> fc2: Dense(4)
    }
}

fn main() {}
