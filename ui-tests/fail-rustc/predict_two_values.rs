use fireclay::prelude::*;

network! {
    pub Two(left: [4], right: [6]) -> [2] { concat(left, right) -> fc: Dense(2) }
}

fn main() {
    let net = Two::init(&mut rng(1));
    let (left, right) = (Tensor::from([0.0; 4]), Tensor::from([0.0; 6]));
    net.predict(&left, &right);
}
