use fireclay::prelude::*;

network! {
    pub Siamese(left: [4], right: [4]) -> (same: [1], left_class: [10]) {
        let a = left -> trunk: Dense(10);
        let b = right -> trunk;
        (same: a - b -> judge: Dense(1), a)
    }
}

fn main() {}
