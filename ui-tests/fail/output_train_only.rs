use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> (#[train] y: [4]) {
        (y: x -> fc: Dense(4))
    }
}

fn main() {}
