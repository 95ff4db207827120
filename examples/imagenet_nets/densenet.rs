//! DenseNet-121: Huang et al. 2017, "Densely connected convolutional networks", arXiv 1608.06993: the input of every layer are the outputs of all before it in its block.

use fireclay::prelude::*;

network! {
    default Conv(bias = false);

    block Layer(x; k) {
        concat(x, x -> norm1: BatchNorm -> Relu -> conv1: Conv(4 * k, 1) -> norm2: BatchNorm -> Relu -> conv2: Conv(k, 3, pad = 1))
    }
    block Transition(x) { x -> norm: BatchNorm -> Relu -> conv: Conv(x.channels / 2, 1) -> AvgPool(2) }
    /// Each layer adds k channels.
    block Layers(x; k, classes) {
        x -> conv0: Conv(2 * k, 7, stride = 2, pad = 3) -> norm0: BatchNorm -> Relu -> MaxPool(3, stride = 2, pad = 1)
            -> d1: [Layer(k); 6] -> t1: Transition -> d2: [Layer(k); 12] -> t2: Transition
            -> d3: [Layer(k); 24] -> t3: Transition -> d4: [Layer(k); 16] -> norm5: BatchNorm -> Relu -> GlobalAvgPool -> fc: Dense(classes)
    }
    /// As in the paper.
    pub DenseNet121(image: [3, 224, 224]) -> [1000] { image -> Layers(32, 1000) }
    /// A growth of 8 instead of 32, on digits of 32×32 pixels.
    pub SmallDenseNet121(image: [1, 8, 8]) -> [10] { image -> Upsample(4, mode = bilinear) -> Layers(8, 10) }
}

// As torchvision's.
const _: () = assert!(DenseNet121::PARAMETERS == 7_978_856);
