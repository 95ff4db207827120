use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [4] {
        let a = x -> fc1: Dense(8)
        let b = a -> Relu;
        b -> fc2: Dense(4)
    }
}

fn main() {}
