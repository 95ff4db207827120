use fireclay::prelude::*;

network! {
    pub Net(x: [8, 4, 4]) -> [0] {
        x -> Flatten -> fc: Dense(4 - 8)
    }
}

fn main() {}
