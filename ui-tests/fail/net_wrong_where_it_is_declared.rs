use fireclay::prelude::*;

mod zoo {
    use fireclay::prelude::*;

    network! {
        pub Trunk(x: [8]) -> [4] { x -> fc: Dense(5) }
    }
}

network! {
    pub Whole(x: [8]) -> [2] { x -> trunk: net zoo::Trunk -> fc: Dense(2) }
}

fn main() {
    let net = Whole::init(&mut rng(1));
    println!("{} {:?}", net.predict(&Tensor::zeros()).argmax(), net.trunk.fc.weight);
}
