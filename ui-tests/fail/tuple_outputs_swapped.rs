use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> (class: [4], corners: [6]) {
        let class = x -> fc1: Dense(4);
        let corners = x -> fc2: Dense(6);
        (class: corners, corners: class)
    }
}

fn main() {}
