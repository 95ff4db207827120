use fireclay::prelude::*;

network! {
    pub Net<In: Dim>(x: [In]) -> [8] {
        let y = if x.features == 8 { x } else { x -> Relu };
        y -> fc: Dense(8)
    }
}

fn main() {}
