use fireclay::prelude::*;

network! {
    pub Net(x: [8, 16, 16]) -> [8, 9, 9] {
        x -> MaxPool(2, pad = 2)
    }
}

fn main() {}
