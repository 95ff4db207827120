use fireclay::prelude::*;

network! {
    pub Net(x: [16, 3], h: [8]) -> [8] { (x, h) -> cell: GruCell(8) }
}

fn main() {}
