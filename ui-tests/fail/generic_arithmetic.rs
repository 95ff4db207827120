use fireclay::prelude::*;

network! {
    pub Net<In: Dim>(x: [In]) -> [8] {
        x -> fc1: Dense(2 * In - 1) -> fc2: Dense(8)
    }
}

fn main() {}
