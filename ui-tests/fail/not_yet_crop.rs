use fireclay::prelude::*;

network! {
    pub Net(x: [3, 8, 8]) -> [3, 4, 4] {
        x -> Crop(4)
    }
}

fn main() {}
