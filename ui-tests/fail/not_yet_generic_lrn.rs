use fireclay::prelude::*;

network! {
    pub Net<C: Dim>(x: [C, 8, 8]) -> [C, 8, 8] {
        x -> norm: Lrn(5)
    }
}

fn main() {}
