use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [8] {
        let y = if x.features == 9 { x -> Relu };
        y -> fc: Dense(8)
    }
}

fn main() {}
