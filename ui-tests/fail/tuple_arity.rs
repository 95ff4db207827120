use fireclay::prelude::*;

network! {
    pub Net(x: [8, 4, 4]) -> [8, 2, 2] {
        let (a, _, _) = x -> MaxPool(2, indices = true);
        a
    }
}

fn main() {}
