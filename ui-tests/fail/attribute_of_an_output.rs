use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> (y: [8], #[training] aux: [8]) {
        let y = x -> fc: Dense(8);
        (y, aux: y)
    }
}

fn main() {}
