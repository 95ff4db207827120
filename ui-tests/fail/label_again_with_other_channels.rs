use fireclay::prelude::*;

network! {
    pub Twice(image: [1, 28, 28]) -> [6, 24, 24] {
        image -> conv1: Conv(6, 3) -> Relu
            -> conv1
    }
}

fn main() {}
