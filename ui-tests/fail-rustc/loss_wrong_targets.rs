use fireclay::prelude::*;

network! {
    pub Net(x: [4]) -> [2] { x -> fc: Dense(2) }
}

fn main() {
    let mut net = Net::init(&mut rng(1));
    let mut memory = Net::memory(8);
    let x: Batch<shape![4]> = Batch::zeros(8);
    let y: Batch<shape![3]> = Batch::zeros(8);
    net.forward(Mode::Train, &x, &mut memory).loss(Mse, &y);
}
