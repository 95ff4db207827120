//! ResNet-18, -50 and -152: He et al. 2016, "Deep residual learning for image recognition", arXiv 1512.03385. As in torchvision, the stride of a bottleneck
//! is in its middle convolution.

use fireclay::prelude::*;

network! {
    default Conv(bias = false);

    block Basic(x; c, stride) {
        let y = x -> conv1: Conv(c, 3, stride = stride, pad = 1) -> bn1: BatchNorm -> Relu -> conv2: Conv(c, 3, pad = 1) -> bn2: BatchNorm;
        let skip = if stride == 1 && x.channels == c { x } else { x -> downsample: [Conv(c, 1, stride = stride), BatchNorm] };
        y + skip -> Relu
    }
    block Bottleneck(x; c, stride) {
        let y = x -> conv1: Conv(c, 1) -> bn1: BatchNorm -> Relu -> conv2: Conv(c, 3, stride = stride, pad = 1) -> bn2: BatchNorm -> Relu
            -> conv3: Conv(4 * c, 1) -> bn3: BatchNorm;
        let skip = if stride == 1 && x.channels == 4 * c { x } else { x -> downsample: [Conv(4 * c, 1, stride = stride), BatchNorm] };
        y + skip -> Relu
    }
    block Stage(x; deep, c, n, stride) {
        x -> [if deep { Bottleneck(c, if i == 0 { stride } else { 1 }) } else { Basic(c, if i == 0 { stride } else { 1 }) }; i in 0..n]
    }
    block Layers(x; deep, width, a, b, c, d, classes) {
        x -> conv1: Conv(width, 7, stride = 2, pad = 3) -> bn1: BatchNorm -> Relu -> MaxPool(3, stride = 2, pad = 1)
            -> layer1: Stage(deep, width, a, 1) -> layer2: Stage(deep, 2 * width, b, 2)
            -> layer3: Stage(deep, 4 * width, c, 2) -> layer4: Stage(deep, 8 * width, d, 2) -> GlobalAvgPool -> fc: Dense(classes)
    }
    /// As in the paper.
    pub ResNet18(image: [3, 224, 224]) -> [1000] { image -> Layers(false, 64, 2, 2, 2, 2, 1000) }
    /// As in the paper.
    pub ResNet50(image: [3, 224, 224]) -> [1000] { image -> Layers(true, 64, 3, 4, 6, 3, 1000) }
    /// As in the paper.
    pub ResNet152(image: [3, 224, 224]) -> [1000] { image -> Layers(true, 64, 3, 8, 36, 3, 1000) }
    /// An eighth of its channels, on digits of 32×32 pixels.
    pub SmallResNet18(image: [1, 8, 8]) -> [10] { image -> Upsample(4, mode = bilinear) -> Layers(false, 8, 2, 2, 2, 2, 10) }
    /// An eighth of its channels, on digits of 32×32 pixels.
    pub SmallResNet50(image: [1, 8, 8]) -> [10] { image -> Upsample(4, mode = bilinear) -> Layers(true, 8, 3, 4, 6, 3, 10) }
    /// An eighth of its channels, on digits of 32×32 pixels.
    pub SmallResNet152(image: [1, 8, 8]) -> [10] { image -> Upsample(4, mode = bilinear) -> Layers(true, 8, 3, 8, 36, 3, 10) }
}

// As torchvision's.
const _: () = assert!(ResNet18::PARAMETERS == 11_689_512 && ResNet50::PARAMETERS == 25_557_032);
const _: () = assert!(ResNet152::PARAMETERS == 60_192_808);
