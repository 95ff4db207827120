use fireclay::prelude::*;

network! {
    pub LeNet(image: [1, 28, 28]) -> [10] {
        let features = image -> conv1: Conv(6, 5) -> Relu -> Flatten;
        let aux = features -> side: Dense(10);
        features -> fc: Dense(10)
    }
}

fn main() {}
