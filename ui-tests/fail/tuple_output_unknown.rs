use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> (class: [4], corners: [4]) {
        let class = x -> fc1: Dense(4);
        let corners = x -> fc2: Dense(4);
        (class: corners, corner: class)
    }
}

fn main() {}
