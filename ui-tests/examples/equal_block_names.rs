//! Two networks of one module whose blocks, labels and lists have equal names but other sizes.

use fireclay::prelude::*;

network! {
    block Basic(x; n) { x -> fc: Dense(n) -> Relu }
    pub First(x: [4]) -> [8] { x -> body: [Basic(6), Basic(8)] }
}

network! {
    block Basic(x; n) { x -> fc: Dense(n, bias = false) }
    pub Second(x: [3]) -> [2] { x -> body: [Basic(5), Basic(2)] }
    pub Third(x: [3]) -> [2] { x -> body: Basic(2) }
}

fn main() {
    assert_eq!((First::PARAMETERS, Second::PARAMETERS, Third::PARAMETERS), (30 + 56, 15 + 10, 6));
}
