use fireclay::prelude::*;

network! {
    pub Net(x: [30]) -> [4, 8, 1] {
        x -> Reshape([4, 8, 1])
    }
}

fn main() {}
