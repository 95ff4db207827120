use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [4] {
        x -> Dropout(1.5) -> fc: Dense(4)
    }
}

fn main() {}
