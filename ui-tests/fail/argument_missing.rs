use fireclay::prelude::*;

network! {
    pub Net(x: [8, 4, 4]) -> [4, 4, 4] {
        x -> conv: Conv(4)
    }
}

fn main() {}
