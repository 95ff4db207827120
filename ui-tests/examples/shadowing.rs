//! `let` may bind a name again; labels and values are two namespaces.

use fireclay::prelude::*;

network! {
    pub Net(x: [4]) -> [4] {
        let x = x -> x: Dense(4, init = ones);
        let x = x + x;
        let _unused = x -> Relu;
        x -> relu: Relu
    }
}

fn main() {
    let net = Net::init(&mut rng(1));
    assert_eq!(net.predict(&Tensor::from([1.0, 1.0, 0.0, 0.0])).as_slice(), [4.0; 4]);
}
