use fireclay::prelude::*;

network! {
    pub self(x: [4]) -> [2] { x -> fc: Dense(2) }
    pub Net(x: [4]) -> [2] { let super = x; x -> crate: Dense(2) }
    pub __f(x: [4]) -> [2] { x -> fc: Dense(2) }
}

fn main() {}
