use fireclay::prelude::*;

network! {
    pub Net(x: [8, 4]) -> [8, 2] { x -> lstm: Lstm(3) -> fc: Dense(2) }
}

fn main() {
    let state = State::<Net>::new();
    drop(state);
}
