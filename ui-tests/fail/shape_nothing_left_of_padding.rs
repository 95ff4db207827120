use fireclay::prelude::*;

network! {
    pub Net(x: [8, 4, 4]) -> [4, 1, 1] {
        x -> up: ConvTranspose(4, 2, pad = 3)
    }
}

fn main() {}
