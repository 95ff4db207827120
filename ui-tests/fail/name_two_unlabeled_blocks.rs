use fireclay::prelude::*;

network! {
    block Layer(x) {
        x -> fc: Dense(8) -> Relu
    }
    pub Net(x: [8]) -> [8] {
        x -> Layer -> Layer
    }
}

fn main() {}
