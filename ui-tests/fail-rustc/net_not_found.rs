use fireclay::prelude::*;

mod zoo {
    use fireclay::prelude::*;

    network! {
        pub Trunk(x: [8]) -> [4] { x -> fc: Dense(4) }
    }
}

network! {
    pub Misspelled(x: [8]) -> [4] { x -> trunk: net zoo::Trnuk }
}

network! {
    pub NotInScope(x: [8]) -> [4] { x -> trunk: net Trunk }
}

fn main() {}
