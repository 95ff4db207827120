use fireclay::prelude::*;

network! {
    pub Net(x: [4]) -> [2] { x -> fc: Dense(3) }
}

static NET: Packed<Net> = weights!(Net, "net.safetensors");

fn main() {
    println!("{NET:?}");
}
