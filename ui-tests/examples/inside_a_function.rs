//! Declarations inside functions, two of one name in two of them.

use fireclay::prelude::*;

fn first() -> usize {
    network! { Net(x: [4]) -> [2] { x -> fc: Dense(2) } }
    let _ = Net::init(&mut rng(1)).predict(&Tensor::zeros());
    Net::PARAMETERS
}

fn second() -> usize {
    network! { Net(x: [4]) -> [3] { x -> fc: Dense(3) } }
    Net::PARAMETERS
}

fn main() {
    assert_eq!((first(), second()), (10, 15));
}
