use fireclay::prelude::*;

network! {
    pub Net(x: [8, 3, 3], target: [8, 9, 9]) -> [4, 9, 9] {
        let up = x -> up: ConvTranspose(8, 2, stride = 2, like = target);
        up + target -> conv: Conv(4, 1)
    }
}

fn main() {}
