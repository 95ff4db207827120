use fireclay::prelude::*;

network! {
    block Widen(x) {
        concat(x, image)
    }
    pub Net(image: [8]) -> [16] {
        image -> Widen
    }
}

fn main() {}
