use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [8] {
        x -> trunk: net zoo::Trunk
    }
}

fn main() {}
