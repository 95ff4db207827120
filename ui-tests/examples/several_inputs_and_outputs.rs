//! Several inputs and named outputs, in any order; one trained step through all of them.

use fireclay::prelude::*;

network! {
    pub Two(left: [4], right: [4]) -> (same: [1], class: [3]) {
        let a = left -> trunk: Dense(3);
        let b = right -> trunk;
        (class: a, same: concat(a, b) -> judge: Dense(1))
    }
}

fn main() {
    let mut net = Two::init(&mut rng(1));
    let (same, class) = *net.predict(&(Tensor::from([1.0, 0.0, 0.0, 0.0]), Tensor::zeros()));
    assert_eq!((same.as_slice().len(), class.as_slice().len()), (1, 3));
    let mut memory = Two::memory(2);
    let mut grads = Two::grads();
    let (left, right) = (Batch::zeros(2), Batch::zeros(2));
    let classes = IndexBatch::from_samples([0_usize, 2].map(|i| Index::new(i).expect("below 3")));
    let loss = net.train((&left, &right), (Mse, CrossEntropy), (0.0, &classes), &mut memory, &mut grads);
    assert!(loss > 0.0 && grads.as_slice().iter().any(|g| *g != 0.0));
}
