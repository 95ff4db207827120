use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [8] {
        x -> Relu -> inner: net Net
    }
}

fn main() {}
