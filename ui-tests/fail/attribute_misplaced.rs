use fireclay::prelude::*;

network! {
    //! Inner documentation.
    pub Inner(x: [4]) -> [2] { x -> fc: Dense(2) }
}

network! {
    pub const DEPTH = 1; block Cell(x) { x -> Relu }
    #[inline]
    const WIDTH = 2;
    pub Net(#[must_use] x: [4]) -> [2] {
        #[inline]
        let a = x -> Cell;
        #[cfg(any())]
        a -> fc: Dense(WIDTH)
    }
}

network! { pub NoInputs(#[cfg(any())] x: [4]) -> [2] { x -> Relu } }

network! { #[cfg(a b)] pub Condition(x: [4]) -> [2] { x -> fc: Dense(2) } }

fn main() {}
