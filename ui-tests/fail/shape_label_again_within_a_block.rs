use fireclay::prelude::*;

network! {
    block Head(x) {
        x -> fc1: Dense(8) -> Relu -> fc2: Dense(4)
    }
    pub Net(a: [8], b: [6]) -> [8] {
        concat(a -> head: Head, b -> head)
    }
}

fn main() {}
