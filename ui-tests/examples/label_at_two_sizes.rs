//! One label at two spatial sizes: the weights are the same, the maps are not.

use fireclay::prelude::*;

network! {
    pub Pyramid(image: [3, 8, 8]) -> (large: [2, 8, 8], small: [2, 4, 4]) {
        let large = image -> head: Conv(2, 3, pad = 1);
        let small = image -> AvgPool(2) -> head;
        (large, small)
    }
}

fn main() {
    assert_eq!(Pyramid::PARAMETERS, 2 * 3 * 9 + 2);
    let net = Pyramid::init(&mut rng(1));
    let (large, small) = *net.predict(&Tensor::from_fn(|_| 1.0));
    // Over an image of ones both maps agree away from the padding.
    assert_eq!(large.as_slice()[8 + 1].to_bits(), small.as_slice()[4 + 1].to_bits());
}
