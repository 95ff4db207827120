use fireclay::prelude::*;

network! {
    pub Net(image: [1, 28, 28]) -> [10] {
        let a = image -> conv1: Conv2d(1, 8, 3, padding = 1) -> norm: BatchNorm2d(8) -> nn.ReLU -> MaxPool2d(2, 2);
        let b = a -> View(-1, 1568) -> fc1: nn::Linear(in_features = 1568, out_features = 64);
        let c = Sigmoid(b);
        c -> fc2: Dense(10) -> LogSoftmax(dim = 1)
    }
    pub Batched(image: [64, 1, 28, 28]) -> [10] { image -> conv: Conv(8, 3) -> Flatten -> fc: Dense(10) }
    pub Time(x: [28, 64]) -> [64] { x -> GlobalAvgPool }
    pub Lost(x: [4]) -> [4] { x -> CrossEntropyLoss }
}

fn main() {}
