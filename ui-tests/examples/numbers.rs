//! The language of numbers: constants, axes, decisions, shifts.

use fireclay::prelude::*;

network! {
    const BASE = 2;
    const WIDTH = if BASE << 2 > 4 && !(BASE == 3) { BASE * 3 % 4 + 2 } else { 1 };
    const RATE = 0.25;

    pub Net(image: [WIDTH, 2 * BASE, 10 / 2]) -> [WIDTH * 8] {
        image -> conv: Conv(image.channels * 2, (image.height, image.width)) -> Flatten -> Dropout(RATE * 2)
            -> fc: Dense(if image.height > 3 || false { 1 << 5 } else { 1 })
    }
}

fn main() {
    assert_eq!(Net::INFO.tensors[0].dims, [8, 4, 4, 5]);
    assert_eq!(Net::init(&mut rng(1)).predict(&Tensor::zeros()).as_slice().len(), 32);
}
