//! A network inside another one, used twice: one set of parameters, of the inner network's own type.

use fireclay::prelude::*;

network! {
    pub Trunk(x: [4]) -> [3] {
        x -> fc: Dense(3)
    }
    pub Siamese(left: [4], right: [4]) -> [3] {
        (left -> trunk: net Trunk) - (right -> trunk)
    }
}

fn main() {
    assert_eq!((Trunk::PARAMETERS, Siamese::PARAMETERS), (15, 15));
    let net = Siamese::init(&mut rng(1));
    let x = Tensor::from([1.0, 2.0, 3.0, 4.0]);
    assert_eq!(net.predict(&(x, x)).as_slice(), [0.0; 3]);
}
