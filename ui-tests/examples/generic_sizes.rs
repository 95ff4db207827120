//! Sizes that are types, chosen where the network is used.

use fireclay::prelude::*;

network! {
    pub Mlp<In: Dim, Out: Dim>(x: [In]) -> [Out] {
        const HIDDEN = 8;
        x -> fc1: Dense(HIDDEN) -> Relu -> fc2: Dense(Out)
    }
}

type Small = Mlp<Const<4>, Const<2>>;

fn main() {
    assert_eq!(Small::PARAMETERS, 4 * 8 + 8 + 8 * 2 + 2);
    assert_eq!(Mlp::<Const<5>, Const<1>>::PARAMETERS, 5 * 8 + 8 + 8 + 1);
    let y: Box<Tensor<shape![2]>> = Small::init(&mut rng(1)).predict(&Tensor::zeros());
    assert_eq!(y.as_slice().len(), 2);
}
