use fireclay::prelude::*;

network! {
    pub Two(x: [4]) -> (class: [3], size: [1]) { (class: x -> a: Dense(3), size: x -> b: Dense(1)) }
}

fn main() {
    let mut net = Two::init(&mut rng(1));
    let mut memory = Two::memory(8);
    let (class, size) = (IndexBatch::<3>::with_capacity(8), Batch::<shape![1]>::zeros(8));
    net.forward(Mode::Train, &Batch::zeros(8), &mut memory).loss(CrossEntropy, (&class, &size));
}
