use fireclay::prelude::*;

network! {
    pub Net(x: [1, 8, 8]) -> [1, 16, 16] {
        x -> up: Upsample(2)
    }
}

fn main() {}
