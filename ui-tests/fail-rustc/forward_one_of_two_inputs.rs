use fireclay::prelude::*;

network! {
    pub Two(left: [4], right: [6]) -> [2] { concat(left, right) -> fc: Dense(2) }
}

fn main() {
    let mut net = Two::init(&mut rng(1));
    let mut memory = Two::memory(8);
    let left: Batch<shape![4]> = Batch::zeros(8);
    net.forward(Mode::Train, &left, &mut memory);
}
