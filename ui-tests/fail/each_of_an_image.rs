use fireclay::prelude::*;

network! {
    pub Net(image: [3, 8, 8]) -> [3, 8, 8] { image -> each(Relu) }
}

fn main() {}
