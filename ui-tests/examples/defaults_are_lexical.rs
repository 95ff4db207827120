//! `default` holds from where it stands to the end of the braces; a block has the defaults of where it is written.

use fireclay::prelude::*;

network! {
    block Plain(x) { x -> conv: Conv(2, 3) }

    default Conv(pad = 1, bias = false);

    block Padded(x) { x -> conv: Conv(2, 3) }

    pub Net(image: [1, 6, 6]) -> [2, 6, 6] {
        block Wide(x) {
            default Conv(pad = (1, 2));
            x -> conv: Conv(2, 3, bias = true)
        }
        let a = image -> plain: Plain as [2, 4, 4];
        let b = image -> padded: Padded as [2, 6, 6];
        let c = image -> wide: Wide as [2, 6, 8];
        (a -> AvgPool(4)) + (b -> last: Conv(2, 1, pad = 0)) + (c -> Conv(2, (1, 3), pad = 0))
    }
}

fn main() {
    let has = |path: &str| Net::INFO.tensors.iter().any(|t| t.path == path);
    assert!(has("plain.conv.bias") && !has("padded.conv.bias") && has("wide.conv.bias") && !has("last.bias"));
}
