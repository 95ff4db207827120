use fireclay::prelude::*;

network! {
    pub Trunk(image: [1, 28, 28]) -> [10] {
        image -> Flatten -> fc: Dense(10)
    }
    pub Net(photo: [3, 32, 32]) -> [10] {
        photo -> trunk: net Trunk
    }
}

fn main() {}
