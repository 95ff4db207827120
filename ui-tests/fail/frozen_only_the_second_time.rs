use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [8] {
        x -> fc: Dense(8) -> Relu
            -> #[frozen] fc
    }
}

fn main() {}
