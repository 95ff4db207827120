use fireclay::prelude::*;

network! {
    pub Net(x: [2]) -> (a: [2], b: [2], c: [2], d: [2], e: [2], f: [2], g: [2]) {
        (a: 1 * x, b: 2 * x, c: 3 * x, d: 4 * x, e: 5 * x, f: 6 * x, g: 7 * x)
    }
}

fn main() {}
