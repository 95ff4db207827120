use fireclay::prelude::*;

network! {
    block Down(x; n) {
        x -> Relu -> Down(n + 1)
    }
    pub Net(x: [8]) -> [8] {
        x -> Down(0)
    }
}

fn main() {}
