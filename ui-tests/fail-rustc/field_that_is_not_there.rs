use fireclay::prelude::*;

network! {
    pub Net(x: [4]) -> [2] { x -> fc1: Dense(2) }
}

fn main() {
    let net = Net::init(&mut rng(1));
    println!("{:?}", net.fc2.weight);
    println!("{:?}", net.fc1.weigth);
}
