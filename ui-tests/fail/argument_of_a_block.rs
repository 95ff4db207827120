use fireclay::prelude::*;

network! {
    block Layer(x; channels, stride = 1) {
        x -> conv: Conv(channels, 3, stride = stride)
    }
    pub Net(x: [8, 5, 5]) -> [4, 2, 2] {
        x -> Layer(4, strides = 2)
    }
}

fn main() {}
