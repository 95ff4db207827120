use fireclay::prelude::*;

network! {
    pub Net(x: [8, 4, 4]) -> [4, 2, 2] {
        x -> conv: Conv(4, 3, kernel = 3)
    }
}

fn main() {}
