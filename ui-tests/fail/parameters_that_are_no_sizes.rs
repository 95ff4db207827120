use fireclay::prelude::*;

network! {
    pub Lengths<const A: usize>(x: [A]) -> [4] { x -> fc: Dense(4) }
    pub Borrowed<'a>(x: [4]) -> [4] { x -> fc: Dense(4) }
    pub Bare<In>(x: [In]) -> [4] { x -> fc: Dense(4) }
}

fn main() {}
