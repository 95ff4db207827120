use fireclay::prelude::*;

network! {
    pub Integers(x: [8]) -> [4] {
        x -> q: Quantize(scale = 0.05) -> fc: Dense(4)
    }
    pub Output(x: [16, 5, 5]) -> [16, 5, 5] {
        x -> Quantize(scale = 0.05)
    }
    pub Numbers(x: [8]) -> [8] {
        x -> Dequantize(scale = 0.05)
    }
    pub Sum(x: [8]) -> [8] {
        x + (x -> Quantize(scale = 0.05))
    }
    pub Range(x: [8]) -> [8] {
        x -> Quantize(scale = 0, zero_point = 128) -> Dequantize(scale = 0.05)
    }
}

fn main() {}
