use fireclay::prelude::*;

network! {
    pub Net(x: [8], y: [8]) -> [8] {
        x % y -> Relu
    }
}

fn main() {}
