use fireclay::prelude::*;

network! {
    pub Regions(x: [2, 3, 8, 8]) -> [2, 4, 6, 6] {
        x -> Relu -> conv: Conv(4, 3)
    }
    pub Norm(x: [2, 3, 8, 8]) -> [2, 3, 8, 8] {
        x -> bn: BatchNorm
    }
    pub Rows(x: [2, 3, 8, 8]) -> [4] {
        x -> fc: Dense(4)
    }
    pub Promised(x: [2, 3, 8, 8]) -> [2, 3, 8, 9] {
        x -> Relu
    }
    pub Read(x: [2, 3, 8, 8]) -> [2] {
        x -> Flatten -> fc: Dense(x.features)
    }
}

fn main() {}
