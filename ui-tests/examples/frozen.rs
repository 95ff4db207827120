//! A frozen stage: no gradients, no moments, and a step leaves it as it was.

use fireclay::prelude::*;

network! {
    pub Trunk(x: [4]) -> [6] {
        x -> fc: Dense(6) -> Relu
    }
    pub Transfer(x: [4]) -> [2] {
        x -> #[frozen] trunk: net Trunk -> head: Dense(2)
    }
}

fn main() {
    let mut net = Transfer::init(&mut rng(1));
    let trained = Trunk::init(&mut rng(2));
    net.trunk = *trained.params();
    assert_eq!((Transfer::INFO.parameters, Transfer::INFO.trainable), (30 + 14, 14));
    let (mut memory, mut grads, mut sgd) = (Transfer::memory(1), Transfer::grads(), Sgd::new(0.1).on(&net));
    assert_eq!(grads.as_slice().len(), 14);
    let before = net.head.bias;
    net.train(&Batch::zeros(1), Mse, 1.0, &mut memory, &mut grads);
    sgd.step(&mut net, &grads);
    assert_eq!(net.trunk.fc.weight, trained.fc.weight);
    assert_ne!(net.head.bias, before);
}
