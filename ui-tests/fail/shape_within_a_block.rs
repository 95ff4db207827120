use fireclay::prelude::*;

network! {
    block Half(x; channels) {
        x -> conv: Conv(channels, 3, stride = 2)
    }
    pub Net(x: [1, 8, 8]) -> [4, 1, 1] {
        x -> down1: Half(4) -> down2: Half(4) -> down3: Half(4)
    }
}

fn main() {}
