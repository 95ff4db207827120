use fireclay::prelude::*;

network! {
    block Join(x, skip) {
        concat(x, skip)
    }
    pub Net(x: [8]) -> [16] {
        x -> Join
    }
}

fn main() {}
