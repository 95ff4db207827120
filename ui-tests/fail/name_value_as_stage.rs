use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [8] {
        let relu = x -> fc: Dense(8);
        x -> relu
    }
}

fn main() {}
