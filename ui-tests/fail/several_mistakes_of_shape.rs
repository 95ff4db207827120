use fireclay::prelude::*;

network! {
    pub Classifier(image: [1, 8, 8]) -> [12] {
        let a = image -> conv1: Conv(6, 9) -> Relu;
        let b = image -> conv2: Conv(6, 3) -> fc1: Dense(4);
        let c = image -> up: ConvTranspose(4, 2, stride = 2, output_pad = 2);
        concat(a -> Flatten, b, c -> Flatten) -> fc2: Dense(10)
    }
}

fn main() {}
