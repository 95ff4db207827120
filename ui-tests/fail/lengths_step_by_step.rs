use fireclay::prelude::*;

network! {
    #[fireclay(step)]
    pub Net(x: [16, 3], n: [0..17]) -> [16, 8] { (x, n) -> gru: Gru(8) }
}

fn main() {}
