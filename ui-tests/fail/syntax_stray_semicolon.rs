use fireclay::prelude::*;

network! {
    pub Net(x: [1, 8, 8]) -> [4] {
        x -> conv: Conv(8, 3) -> Relu;
          -> Flatten -> fc: Dnese(4)
    };
    pub Other(x: [4]) -> [4] { x -> fc: Dense(4, bais = false); }
}

fn main() {}
