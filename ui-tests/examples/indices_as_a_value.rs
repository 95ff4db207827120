//! Where a maximum stood is a value like any other: an index into its map.

use fireclay::prelude::*;

network! {
    pub Where(image: [1, 4, 4]) -> (top: [1, 2, 2], at: [0..16; 4]) {
        let (top, at) = image -> MaxPool(2, indices = true);
        (top, at)
    }
}

fn main() {
    let net = Where::init(&mut rng(1));
    let (top, at) = *net.predict(&Tensor::from_fn(|i| i as f32));
    assert_eq!(top.as_slice(), [5.0, 7.0, 13.0, 15.0]);
    assert_eq!(at.as_slice().iter().map(|i| i.get()).collect::<Vec<_>>(), [5, 7, 13, 15]);
}
