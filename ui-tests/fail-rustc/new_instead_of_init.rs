use fireclay::prelude::*;

network! {
    pub Net(x: [4]) -> [2] { x -> fc: Dense(2) }
}

fn main() {
    let net = Net::new();
}
