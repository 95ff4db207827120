use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [8] {
        x -> body: [Dense(8), Relu; 3]
    }
}

fn main() {}
