use fireclay::prelude::*;

network! {
    pub Net(x: [8, 16, 16]) -> [8] {
        x -> MaxPool(2) as [8, 7, 7] -> GlobalAvgPool
    }
}

fn main() {}
