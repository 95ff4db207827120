use fireclay::prelude::*;

network! {
    pub Net(x: [8, 4, 4]) -> [8, 4, 4] {
        x -> conv: Conv(8 3, pad = 1)
    }
}

fn main() {}
