use fireclay::prelude::*;

network! {
    pub LeNet(image: [1, 28, 28]) -> [10] {
        image -> conv1: Cnov(6, 5) -> Relu -> Flatten -> fc: Dense(10)
    }
}

fn main() {}
