use fireclay::prelude::*;

network! {
    pub First(x: [4]) -> [2] { x -> fc: Dense(2) }
    pub Second(x: [4]) -> [2] { x -> fc: Dense(2) }
}

fn main() {
    let net = First::init(&mut rng(1));
    net.infer(&Tensor::zeros(), &mut Second::infer_memory());
}
