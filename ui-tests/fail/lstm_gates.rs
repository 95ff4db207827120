use fireclay::prelude::*;

network! {
    pub Net(x: [12], c: [4]) -> [4] { let (h, _c) = (x, c) -> LstmGates; h }
    pub Alone(x: [12]) -> [3] { let (h, _c) = x -> LstmGates; h }
    pub Turned(image: [1, 8, 8]) -> [1, 8, 8] { image -> Flip(time) }
}

fn main() {}
