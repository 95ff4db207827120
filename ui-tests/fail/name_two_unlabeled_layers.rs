use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [8] {
        x -> Dense(8) -> Relu -> Dense(8)
    }
}

fn main() {}
