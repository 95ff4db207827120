use fireclay::prelude::*;

network! {
    pub Small(image: [1, 8, 8]) -> [3] { image -> Flatten -> fc: Dense(3) }
    pub Large = Small(image: [1, 16, 16]);
}

fn main() {}
