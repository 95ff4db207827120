//! Network in network: Lin, Chen and Yan 2014, arXiv 1312.4400, as the authors published it for CIFAR-10.

use fireclay::prelude::*;

network! {
    /// A convolution, and a perceptron of two layers at each place.
    block Mlpconv(x; a, b, c, k) { x -> conv: Conv(a, k, pad = k / 2) -> Relu -> mlp1: Conv(b, 1) -> Relu -> mlp2: Conv(c, 1) -> Relu }
    block Layers(x; w) {
        x -> m1: Mlpconv(6 * w, 5 * w, 3 * w, 5) -> MaxPool(3, stride = 2, ceil = true) -> Dropout(0.5)
            -> m2: Mlpconv(6 * w, 6 * w, 6 * w, 5) -> AvgPool(3, stride = 2, ceil = true) -> Dropout(0.5)
            -> m3: Mlpconv(6 * w, 6 * w, 10, 3) -> GlobalAvgPool
    }
    /// As published.
    pub Nin(image: [3, 32, 32]) -> [10] { image -> Layers(32) }
    /// A quarter of its channels, on digits of 24×24 pixels.
    pub SmallNin(image: [1, 8, 8]) -> [10] { image -> Upsample(3, mode = bilinear) -> Layers(8) }
}

// As the authors' file for Caffe; torchvision has none.
const _: () = assert!(Nin::PARAMETERS == 966_986);
