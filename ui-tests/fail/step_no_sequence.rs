use fireclay::prelude::*;

network! {
    #[fireclay(step)]
    pub Net(x: [8]) -> [8] {
        x -> fc: Dense(8)
    }
}

fn main() {}
