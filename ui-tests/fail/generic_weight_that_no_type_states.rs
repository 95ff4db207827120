use fireclay::prelude::*;

network! {
    pub Net<H: Dim>(x: [3, H, H]) -> [10] {
        x -> conv: Conv(8, 3, stride = 2, pad = 1) -> Flatten -> fc: Dense(10)
    }
}

fn main() {}
