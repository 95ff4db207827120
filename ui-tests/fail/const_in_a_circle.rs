use fireclay::prelude::*;

network! {
    const WIDTH = SIZE * 2;
    const SIZE = WIDTH / 2;
    pub Net(x: [4]) -> [4] { x -> fc: Dense(WIDTH) }
}

fn main() {}
