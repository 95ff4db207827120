use fireclay::prelude::*;

network! {
    pub Inception(x: [8, 4, 4]) -> [4, 4, 4] {
        x -> 1x1: Conv(4, 1)
    }
}

fn main() {}
