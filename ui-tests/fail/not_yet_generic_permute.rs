use fireclay::prelude::*;

network! {
    pub Net<C: Dim>(x: [C, 8, 8]) -> [8, 8, C] {
        x -> turned: Permute(1, 2, 0)
    }
}

fn main() {}
