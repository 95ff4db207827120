use fireclay::prelude::*;

network! {
    block Twice(x, channels = 4) {
        x -> Dense(channels)
    }
    pub Net(x: [8]) -> [4] {
        x -> Twice
    }
}

fn main() {}
