//! `Net::new()` is explained where nothing has that name; a user's own is found.
use fireclay::prelude::*;

network! {
    pub Net(x: [4]) -> [2] { x -> fc: Dense(2) }
    pub Other(x: [4]) -> [2] { x -> fc: Dense(2) }
    const WIDTH = 2 * SIZE;
    const SIZE = 4;
    pub Late(x: [SIZE]) -> [WIDTH] { x -> fc: Dense(WIDTH) }
}

trait Model {
    fn new() -> Box<Self>;
}

impl Model for Net {
    fn new() -> Box<Self> {
        Self::init(&mut rng(1))
    }
}

impl Other {
    fn new(seed: u64) -> Box<Self> {
        Self::init(&mut rng(seed))
    }
}

fn main() {
    assert_eq!(Net::new().fc.weight, Other::new(1).fc.weight);
    assert_eq!(Late::PARAMETERS, 8 * 5);
}
