use fireclay::prelude::*;

network! {
    pub Net<C: Dim>(x: [C, 8, 8]) -> [C, 8, 8] {
        x -> bn: BatchNorm
    }
}

fn main() {}
