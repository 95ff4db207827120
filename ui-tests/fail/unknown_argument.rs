use fireclay::prelude::*;

network! {
    pub LeNet(image: [1, 28, 28]) -> [10] {
        image -> conv1: Conv(6, 5, padding = 2) -> Relu -> Flatten -> fc: Dense(10)
    }
}

fn main() {}
