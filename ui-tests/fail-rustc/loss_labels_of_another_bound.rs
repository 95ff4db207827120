use fireclay::prelude::*;

network! {
    pub Net(x: [4]) -> [7] { x -> fc: Dense(7) }
}

fn main() {
    let mut net = Net::init(&mut rng(1));
    let mut memory = Net::memory(8);
    let labels: IndexBatch<10> = IndexBatch::with_capacity(8);
    net.forward(Mode::Train, &Batch::zeros(8), &mut memory).loss(CrossEntropy, &labels);
}
