use fireclay::prelude::*;

network! {
    pub Net(image: [8]) -> [4] {
        imgae -> fc: Dense(4)
    }
}

fn main() {}
