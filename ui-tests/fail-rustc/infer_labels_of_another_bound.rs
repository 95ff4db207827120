use fireclay::prelude::*;

network! {
    pub Characters(text: [0..96; 16]) -> [16, 96] { text -> Embedding(8) -> fc: Dense(96) }
}

fn main() {
    let net = Characters::init(&mut rng(1));
    let bytes: Indices<256, 16> = Indices::new(&[0; 16]).expect("below 256");
    net.predict(&bytes);
}
