use fireclay::prelude::*;

network! {
    pub Net(x: [1, 8, 8]) -> [4, 8, 8] {
        x -> conv: Conv(4, 7, pad = same, mask = A)
    }
}

fn main() {}
