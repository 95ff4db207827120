use fireclay::prelude::*;

const CHANNELS: usize = 16;

network! {
    pub Narrow(image: [1, 28, 28]) -> [10] {
        image -> conv1: Conv(CHANNELS, 5) -> Relu -> Flatten -> fc: Dense(10)
    }
}

fn main() {
    let _ = CHANNELS;
}
