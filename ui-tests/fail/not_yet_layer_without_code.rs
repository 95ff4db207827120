use fireclay::prelude::*;

network! {
    pub Net(x: [64, 8]) -> [64, 16] {
        x -> gru: Gru(16)
    }
}

fn main() {}
