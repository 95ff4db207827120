use fireclay::prelude::*;

network! {
    pub First(x: [8]) -> [4] {
        x -> fc: Dense(5)
    }

    pub Second(x: [8]) -> [4] {
        x -> fc: Dnse(4)
    }
}

fn main() {}
