use fireclay::prelude::*;

network! {
    pub Net(x: [9]) -> [4] {
        let (a, b) = split(x, 2);
        a + b
    }
}

fn main() {}
