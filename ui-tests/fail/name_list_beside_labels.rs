use fireclay::prelude::*;

network! {
    pub First(x: [4]) -> [2] { x -> [Dense(4), Relu] -> fc: Dense(2) }
    pub Last(x: [4]) -> [2] { x -> fc: Dense(4) -> [Relu, Dense(2)] }
    block Cell(x) { x -> [Dense(4)] }
    pub Within(x: [4]) -> [2] { x -> Cell -> fc: Dense(2) }
    pub Nested(x: [4]) -> [2] { x -> a: [Dense(4) -> [Dense(2)]] }
    // All of it may be one list.
    pub Alone(x: [4]) -> [2] { x -> [Dense(4), Relu, Dense(2)] }
}

fn main() {}
