use fireclay::prelude::*;

network! {
    pub Net(x: [8], y: [8]) -> [16] {
        let both = (x, y);
        concat(..both)
    }
}

fn main() {}
