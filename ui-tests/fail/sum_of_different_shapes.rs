use fireclay::prelude::*;

network! {
    pub Residual(x: [16, 32, 32]) -> [32, 16, 16] {
        let main = x -> conv1: Conv(32, 3, stride = 2, pad = 1) -> Relu;
        let skip = x -> Relu;
        main + skip -> Relu
    }
}

fn main() {}
