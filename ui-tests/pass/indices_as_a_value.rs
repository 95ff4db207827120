//! Where a maximum stood is a value like any other.

use fireclay::prelude::*;

network! {
    pub Where(image: [1, 4, 4]) -> (top: [1, 2, 2], at: [1, 2, 2]) {
        let (top, at) = image -> MaxPool(2, indices = true);
        (top, at)
    }
}

fn main() {
    let net = Where::init(&mut rng(1));
    let (top, at) = *net.predict(&Tensor::from_fn(|i| i as f32));
    assert_eq!(top.as_slice(), [5.0, 7.0, 13.0, 15.0]);
    assert_eq!(at.as_slice(), top.as_slice());
}
