//! MobileNetV2: Sandler et al. 2018, "MobileNetV2: inverted residuals and linear bottlenecks", arXiv 1801.04381.

use fireclay::prelude::*;

network! {
    default Conv(bias = false);

    /// Expands t times, convolves each channel alone (depthwise), and projects to c channels without an activation.
    block Inverted(x; t, c, stride) {
        let h = if t == 1 { x } else { x -> expand: Conv(x.channels * t, 1) -> BatchNorm -> Relu6 };
        let y = h -> depthwise: DepthwiseConv(3, stride = stride, pad = 1, bias = false) -> BatchNorm -> Relu6 -> project: Conv(c, 1) -> BatchNorm;
        if stride == 1 && x.channels == c { x + y } else { y }
    }
    block Group(x; t, c, n, stride) { x -> [Inverted(t, c, if i == 0 { stride } else { 1 }); i in 0..n] }
    block Layers(x; c, classes) {
        x -> stem: Conv(4 * c, 3, stride = 2, pad = 1) -> BatchNorm -> Relu6
            -> g1: Group(1, 2 * c, 1, 1) -> g2: Group(6, 3 * c, 2, 2) -> g3: Group(6, 4 * c, 3, 2) -> g4: Group(6, 8 * c, 4, 2)
            -> g5: Group(6, 12 * c, 3, 1) -> g6: Group(6, 20 * c, 3, 2) -> g7: Group(6, 40 * c, 1, 1)
            -> last: Conv(160 * c, 1) -> BatchNorm -> Relu6 -> GlobalAvgPool -> Dropout(0.2) -> fc: Dense(classes)
    }
    /// As in the paper.
    pub MobileNetV2(image: [3, 224, 224]) -> [1000] { image -> Layers(8, 1000) }
    /// A quarter of its channels, on digits of 64×64 pixels.
    pub SmallMobileNetV2(image: [1, 8, 8]) -> [10] { image -> Upsample(8, mode = bilinear) -> Layers(2, 10) }
}

// As torchvision's.
const _: () = assert!(MobileNetV2::PARAMETERS == 3_504_872);
