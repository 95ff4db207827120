use fireclay::prelude::*;

network! {
    pub Sequence(x: [16, 3]) -> [8, 16, 1] { x -> DiagonalBiLstm(8) }
    pub Masked(image: [1, 8, 8]) -> [8, 8, 8] { image -> DiagonalBiLstm(8, mask = A) }
    #[fireclay(step)]
    pub Stepped(x: [16, 4], image: [1, 8, 8]) -> (y: [16, 2], map: [2, 8, 8]) {
        (y: x -> fc: Dense(2), map: image -> DiagonalBiLstm(2))
    }
}

fn main() {}
