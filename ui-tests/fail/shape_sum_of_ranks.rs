use fireclay::prelude::*;

network! {
    pub Net(x: [8, 4, 4], y: [8]) -> [8, 4, 4] {
        x + y
    }
}

fn main() {}
