use fireclay::prelude::*;

network! {
    pub Net(x: [8, 4]) -> [8, 2] { x -> lstm: Lstm(3) -> fc: Dense(2) }
}

fn main() {
    let net = Net::init(&mut rng(1));
    let mut state = Net::state();
    net.step(Tensor::from([0.0; 4]), &mut state);
}
