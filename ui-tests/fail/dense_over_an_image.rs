use fireclay::prelude::*;

network! {
    pub LeNet(image: [1, 10, 10]) -> [10] {
        image -> conv1: Conv(16, 3) -> Relu -> pool: MaxPool(2, stride = 1, pad = 0) -> conv2: Conv(16, 3)
            -> fc1: Dense(120) -> Relu -> fc2: Dense(10)
    }
}

fn main() {}
