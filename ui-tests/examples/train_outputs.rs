//! An output for training only: `infer` does not give it, and what only it needs has no part in inference.

use fireclay::prelude::*;

network! {
    pub Aux(x: [4]) -> (class: [3], #[train] aux: [5]) {
        let hidden = x -> fc1: Dense(8) -> Relu;
        (class: hidden -> fc2: Dense(3), aux: hidden -> side: Dense(5))
    }
}

fn main() {
    let mut net = Aux::init(&mut rng(1));
    let class: Tensor<shape![3]> = *net.predict(&Tensor::zeros());
    assert_eq!(class.as_slice().len(), 3);
    let mut memory = Aux::memory(1);
    let (class, aux) = net.forward(Mode::Eval, &Batch::zeros(1), &mut memory).output();
    assert_eq!((class.sample(0).as_slice().len(), aux.sample(0).as_slice().len()), (3, 5));
}
