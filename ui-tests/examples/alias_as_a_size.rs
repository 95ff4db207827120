//! A size may be an alias of a type, though the network has no parameters.

use fireclay::prelude::*;

type Hidden = Const<32>;

network! {
    pub Net(x: [8]) -> [2] { x -> fc1: Dense(Hidden) -> Relu -> fc2: Dense(2) }
    pub Wide(x: [Hidden]) -> [2] { x -> fc: Dense(2) }
}

fn main() {
    assert_eq!(Wide::init(&mut rng(1)).predict(&Tensor::zeros()).as_slice().len(), 2);
    let net = Net::init(&mut rng(1));
    assert_eq!((Net::PARAMETERS, net.fc1.bias.as_slice().len()), (8 * 32 + 32 + 32 * 2 + 2, 32));
    assert_eq!(*net.predict(&Tensor::zeros()), *net.pack().infer(&Tensor::zeros(), &mut Net::infer_memory()));
}
