use fireclay::prelude::*;

network! {
    pub Net(x: [4]) -> [4] { x -> true: Dense(4) }
}

fn main() {}
