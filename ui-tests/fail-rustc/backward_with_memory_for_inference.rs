use fireclay::prelude::*;

network! {
    pub Net(x: [4]) -> [2] { x -> fc: Dense(2) }
}

fn main() {
    let net = Net::init(&mut rng(1));
    let mut memory = Net::infer_memory();
    let mut grads = Net::grads();
    net.backward(&mut memory, &mut grads);
}
