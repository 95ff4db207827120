use fireclay::prelude::*;

network! {
    block Layer(x; padding) {
        x -> conv: Conv(4, 3, pad = padding)
    }
    pub Net(x: [8, 4, 4]) -> [4, 4, 4] {
        x -> Layer(auto)
    }
}

fn main() {}
