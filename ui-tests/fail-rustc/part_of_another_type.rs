use fireclay::prelude::*;

network! {
    pub Trunk(x: [4]) -> [3] { x -> fc: Dense(3) }
    pub Other(x: [4]) -> [5] { x -> fc: Dense(5) }
    pub Net(x: [4]) -> [2] { x -> trunk: net Trunk -> head: Dense(2) }
}

fn main() {
    let mut net = Net::init(&mut rng(1));
    let other = Other::init(&mut rng(2));
    net.trunk = *other.params();
}
