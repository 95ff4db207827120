//! Tuples: into blocks, out of layers, bound by `let`, given to the next stage.

use fireclay::prelude::*;

network! {
    block Up(x, skip; channels, k = 2) {
        let up = x -> up: ConvTranspose(channels, k, stride = k);
        concat(up, skip) -> conv: Conv(channels, 3, pad = 1)
    }
    block Both(x) {
        (x -> Relu, x -> Tanh)
    }

    pub Net(image: [2, 8, 8]) -> [2, 8, 8] {
        let small = image -> down: Conv(4, 2, stride = 2);
        let joined = (small, image) -> u1: Up(2);
        let (positive, _) = joined -> Both;
        let (a, (b, c)) = (positive, joined -> split(2));
        a + concat(c, b)
    }
}

fn main() {
    let net = Net::init(&mut rng(1));
    assert_eq!(net.predict(&Tensor::zeros()).as_slice().len(), 128);
}
