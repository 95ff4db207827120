use fireclay::prelude::*;

network! {
    pub Net(x: [8]) -> [4] {
        let a = x => Relu;
        let b = a -> 2fc: Dense(8);
        let mut c = b -> Relu;
        c -> fc3: Dense(4)
    }
}

fn main() {}
