use fireclay::prelude::*;

network! {
    pub Longer(x: [16, 3], n: [0..32]) -> [16, 8] { (x, n) -> lstm: Lstm(8) }
    pub Argument(x: [16, 3], n: [0..17]) -> [16, 8] { x -> lstm: Lstm(8, length = n) }
}

fn main() {}
