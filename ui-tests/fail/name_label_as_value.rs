use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [8] {
        let y = x -> fc: Dense(8);
        y + fc
    }
}

fn main() {}
