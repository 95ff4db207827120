//! SqueezeNet 1.0: Iandola et al. 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size", arXiv 1602.07360.

use fireclay::prelude::*;

network! {
    default MaxPool(stride = 2, ceil = true);

    /// Squeezes to s channels, expands to 4s of 1×1 and as many of 3×3.
    block Fire(x; s) {
        let squeezed = x -> squeeze: Conv(s, 1) -> Relu;
        concat(squeezed -> expand1x1: Conv(4 * s, 1) -> Relu, squeezed -> expand3x3: Conv(4 * s, 3, pad = 1) -> Relu)
    }
    block Layers(x; s, classes) {
        x -> conv1: Conv(6 * s, 7, stride = 2) -> Relu -> MaxPool(3)
            -> fire2: Fire(s) -> fire3: Fire(s) -> fire4: Fire(2 * s) -> MaxPool(3)
            -> fire5: Fire(2 * s) -> fire6: Fire(3 * s) -> fire7: Fire(3 * s) -> fire8: Fire(4 * s) -> MaxPool(3)
            -> fire9: Fire(4 * s) -> Dropout(0.5) -> conv10: Conv(classes, 1) -> Relu -> GlobalAvgPool
    }
    /// As in the paper.
    pub SqueezeNet(image: [3, 224, 224]) -> [1000] { image -> Layers(16, 1000) }
    /// A quarter of its channels, on digits of 64×64 pixels.
    pub SmallSqueezeNet(image: [1, 8, 8]) -> [10] { image -> Upsample(8, mode = bilinear) -> Layers(4, 10) }
}

// As torchvision's.
const _: () = assert!(SqueezeNet::PARAMETERS == 1_248_424);
