use fireclay::prelude::*;

mod zoo {
    use fireclay::prelude::*;

    network! {
        pub Trunk(x: [8]) -> [4] { x -> fc: Dense(4) }
    }
}

network! {
    pub Whole(x: [9]) -> [2] { x -> trunk: net zoo::Trunk -> fc: Dense(2) }
}

fn main() {}
