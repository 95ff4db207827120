//! `#[cfg]` and `cfg_attr` on everything that a declaration is made of.

#![allow(unexpected_cfgs)]

use fireclay::prelude::*;

network! {
    #[cfg(feature = "large")]
    const WIDTH = 100;
    #[cfg(not(feature = "large"))]
    const WIDTH = 10;

    #[cfg(any())]
    block Cell(x) { x -> Nonsense(3) }
    #[cfg(all())]
    /// Documented.
    block Cell(x) { x -> cell: Dense(WIDTH) }

    #[cfg(any())]
    default Dense(bias = true);
    #[cfg(all())]
    default Dense(bias = false);

    #[cfg(feature = "large")]
    pub Net(x: [4]) -> [100] { x -> fc: Dense(100) }
    #[cfg(not(feature = "large"))]
    #[cfg_attr(all(), doc = "Small.", cfg(all()))]
    #[cfg_attr(any(), nonsense)]
    pub Net(
        x: [4],
        #[cfg(any())] y: [4],
        /// The other one.
        #[cfg(all())]
        z: [4],
    ) -> (class: [10], #[cfg(any())] none: [3], #[train] #[cfg(all())] aux: [10]) {
        #[cfg(any())]
        let a = x -> Nonsense;
        #[cfg(all())]
        let a = x -> #[cfg(any())] Missing -> #[cfg(all())] Relu -> Cell -> [#[cfg(any())] Missing, #[cfg(all())] Relu, Tanh];
        let a = a + (z -> zed: Dense(10));
        (class: a, #[cfg(any())] none: a, #[cfg(all())] aux: a -> out: Dense(10))
    }

    #[cfg(any())]
    pub Gone(x: [4]) -> [3] { x -> t: net nowhere::Net }
}

mod zoo {
    // Answered here, whoever takes it.
    fireclay::network! {
        pub(crate) Trunk(x: [4]) -> [3] { x -> #[cfg(any())] fc: Dense(4) -> #[cfg(all())] fc: Dense(3) }
    }
}
network! { pub Whole(x: [4]) -> [3] { x -> trunk: net zoo::Trunk } }

fn inner() -> usize {
    network! {
        #[cfg(all())]
        Inner(x: [4]) -> [3] { x -> trunk: net zoo::Trunk }
        #[cfg(any())]
        Inner(x: [4]) -> [4] { x -> Relu }
    }
    Inner::init(&mut rng(1)).predict(&Tensor::zeros()).as_slice().len()
}

fn main() {
    assert_eq!((Net::PARAMETERS, Net::INFO.inputs.len()), (50 + 40 + 100, 2));
    assert_eq!((Whole::PARAMETERS, inner()), (15, 3));
}
