use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [8] {
        x -> fc: Dense(x.channels)
    }
}

fn main() {}
