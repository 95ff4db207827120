use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [4] {
        x -> fc = Dense(4)
    }
}

fn main() {}
