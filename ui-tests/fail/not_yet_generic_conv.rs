use fireclay::prelude::*;

network! {
    pub Net<C: Dim>(x: [C, 8, 8]) -> [4, 6, 6] {
        x -> conv: Conv(4, 3)
    }
}

fn main() {}
