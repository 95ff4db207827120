use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [8] {
        x -> #[forzen] fc: Dense(8)
    }
}

fn main() {}
