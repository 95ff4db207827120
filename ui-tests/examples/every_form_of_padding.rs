//! Every form of `pad`, the sizes checked by annotations.

use fireclay::prelude::*;

network! {
    pub Pads(image: [1, 9, 10]) -> [1, 9, 10] {
        let a = image -> a: Conv(1, 3, pad = 1) as [1, 9, 10];
        let b = image -> b: Conv(1, (3, 5), pad = (1, 2)) as [1, 9, 10];
        let c = image -> c: Conv(1, 2, pad = ((1, 0), (0, 1))) as [1, 9, 10];
        let d = image -> d: Conv(1, 3, pad = valid) as [1, 7, 8];
        let e = image -> e: Conv(1, 3, pad = full) as [1, 11, 12];
        let f = image -> f: Conv(1, 5, pad = half) as [1, 9, 10];
        let g = image -> g: Conv(1, 4, pad = same) as [1, 9, 10];
        let h = image -> h: Conv(1, 3, stride = 2, pad = same) as [1, 5, 5];
        let i = image -> i: Conv(1, 3, dilation = 2, pad = same) as [1, 9, 10];
        let j = image -> j: Conv(1, 3, pad = (half, 1)) as [1, 9, 10];
        let k = image -> MaxPool(3, stride = 1, pad = 1) as [1, 9, 10];
        let l = image -> AvgPool(2, ceil = true) as [1, 5, 5];
        let m = image -> AvgPool(3, stride = 2, pad = 1, count_pad = false) as [1, 5, 5];
        let n = h + l + m -> up: ConvTranspose(1, 3, stride = 2, pad = 1, like = a) as [1, 9, 10];
        let o = h -> up2: ConvTranspose(1, (3, 4), stride = 2, pad = 1, output_pad = 0) as [1, 9, 10];
        let p = d -> p: Conv(1, 1, pad = 1) as [1, 9, 10];
        a + b + c + f + g + i + j + k + n + o + p + (e -> q: Conv(1, 3) as [1, 9, 10])
    }
}

fn main() {
    let net = Pads::init(&mut rng(1));
    assert!(net.predict(&Tensor::zeros()).as_slice().iter().all(|y| *y == 0.0));
}
