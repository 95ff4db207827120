//! Blocks with words, numbers, decisions and defaults as arguments; a block may recur on a decreasing number.

use fireclay::prelude::*;

network! {
    block Layer(x; channels, padding = same, norm = false) {
        x -> conv: Conv(channels, 3, pad = padding) -> if norm { BatchNorm } -> Relu
    }
    block Tower(x; depth) {
        if depth == 0 { x } else { x -> level: Layer(depth * 2, norm = depth > 1) -> next: Tower(depth - 1) }
    }

    pub Net(image: [1, 8, 8]) -> [2, 6, 6] {
        image -> first: Layer(4, valid) -> tower: Tower(2)
    }
}

fn main() {
    let paths: Vec<&str> = Net::INFO.tensors.iter().filter(|t| !t.buffer).map(|t| t.path).collect();
    assert_eq!(
        paths,
        [
            "first.conv.weight",
            "first.conv.bias",
            "tower.level.conv.weight",
            "tower.level.conv.bias",
            "tower.level.conv_bn.weight",
            "tower.level.conv_bn.bias",
            "tower.next.level.conv.weight",
            "tower.next.level.conv.bias",
        ]
    );
}
