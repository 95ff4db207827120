use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [8] {
        x + if true { x -> Relu } else { x }
    }
}

fn main() {}
