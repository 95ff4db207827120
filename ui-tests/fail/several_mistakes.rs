use fireclay::prelude::*;

network! {
    pub Classifier(image: [1, 28, 28]) -> [10] {
        let a = image -> conv1: Cnov(6, 5) -> Relu;
        let b = image -> conv2: Conv(6, 5, padding = 2) -> Relu;
        let c = image -> Flatten -> fc1: Dense(WIDTH);
        let d = imgae -> Flatten;
        concat(a -> Flatten, b -> Flatten, c, d) -> fc2: Dense(10, bais = false)
    }
}

fn main() {}
