use fireclay::prelude::*;

network! {
    #[derive(Clone)]
    pub Net(x: [4]) -> [2] { x -> fc: Dense(2) }
}

fn main() {}
