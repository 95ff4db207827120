use fireclay::prelude::*;

network! {
    pub Net(x: [8], hint: [8]) -> [8] {
        x -> fc: Dense(8)
    }
}

fn main() {}
