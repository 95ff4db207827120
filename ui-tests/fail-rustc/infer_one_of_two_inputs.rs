use fireclay::prelude::*;

network! {
    pub Two(left: [4], right: [6]) -> [2] { concat(left, right) -> fc: Dense(2) }
}

fn main() {
    let net = Two::init(&mut rng(1));
    let left: Tensor<shape![4]> = Tensor::zeros();
    net.predict(&left);
}
