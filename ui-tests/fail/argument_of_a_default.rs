use fireclay::prelude::*;

network! {
    default Conv(padding = 1);
    pub Net(x: [8, 4, 4]) -> [4, 4, 4] {
        x -> conv: Conv(4, 3)
    }
}

fn main() {}
