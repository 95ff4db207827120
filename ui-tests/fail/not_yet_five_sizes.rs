use fireclay::prelude::*;

network! {
    pub Net(x: [2, 6, 3, 8, 8]) -> [4] {
        x -> Flatten -> fc: Dense(4)
    }
}

fn main() {}
