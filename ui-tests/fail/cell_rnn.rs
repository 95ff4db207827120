use fireclay::prelude::*;

network! {
    pub Net(x: [3], h: [4]) -> (a: [8], b: [8]) {
        let a = (x, h) -> one: RnnCell(8);
        let b = x -> other: RnnCell(8, nonlinearity = sigmoid);
        (a, b)
    }
}

fn main() {}
