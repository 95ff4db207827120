use fireclay::prelude::*;

network! {
    pub LeNet(image: [1, 28, 28]) -> [12] {
        image -> Flatten -> fc2: Dense(84) -> Relu -> fc3: Dense(10)
    }
}

fn main() {}
