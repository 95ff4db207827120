use fireclay::prelude::*;

network! {
    pub Trunk(x: [8]) -> [8] {
        x -> fc: Dense(8)
    }
    pub Net(x: [8]) -> [8] {
        x -> trunk: Trunk
    }
}

fn main() {}
