use fireclay::prelude::*;

network! {
    pub Net(x: [4]) -> [2] { x -> fc: Dense(2) }
}

fn main() {
    let mut net = Net::init(&mut rng(1));
    let grads = Net::grads();
    Adam::new(0.01).step(&mut net, &grads);
}
