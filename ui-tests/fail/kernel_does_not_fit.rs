use fireclay::prelude::*;

network! {
    pub Deep(image: [1, 8, 8]) -> [10] {
        image
            -> conv1: Conv(16, 3, pad = 1) -> MaxPool(2) -> Relu
            -> conv2: Conv(32, 5) -> Relu
            -> Flatten -> fc: Dense(10)
    }
}

fn main() {}
