use fireclay::prelude::*;

network! {
    pub Net<C: Dim>(x: [C, 8, 8]) -> [2 * C, 8, 8] {
        x -> conv: Conv(2 * C, 3, pad = 1)
    }
}

fn main() {}
