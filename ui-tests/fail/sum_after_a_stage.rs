use fireclay::prelude::*;

network! {
    pub Add(x: [8], y: [8]) -> [8] {
        x -> Relu + y
    }
}

fn main() {}
