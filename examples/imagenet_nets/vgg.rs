//! VGG-16 and VGG-19: Simonyan and Zisserman 2015, "Very deep convolutional networks for large-scale image recognition", arXiv 1409.1556.

use fireclay::prelude::*;

network! {
    block Stage(x; c, n) { x -> [Conv(c, 3, pad = 1) -> Relu; n] -> MaxPool(2) }
    /// The last three stages have n convolutions each.
    block Layers(x; c, n, hidden, classes) {
        x -> s1: Stage(c, 2) -> s2: Stage(2 * c, 2) -> s3: Stage(4 * c, n) -> s4: Stage(8 * c, n) -> s5: Stage(8 * c, n) -> Flatten
            -> fc6: Dense(hidden) -> Relu -> Dropout(0.5) -> fc7: Dense(hidden) -> Relu -> Dropout(0.5) -> fc8: Dense(classes)
    }
    /// As in the paper: configuration D.
    pub Vgg16(image: [3, 224, 224]) -> [1000] { image -> Layers(64, 3, 4096, 1000) }
    /// As in the paper: configuration E.
    pub Vgg19(image: [3, 224, 224]) -> [1000] { image -> Layers(64, 4, 4096, 1000) }
    /// An eighth of its channels, on digits of 32×32 pixels.
    pub SmallVgg16(image: [1, 8, 8]) -> [10] { image -> Upsample(4, mode = bilinear) -> Layers(8, 3, 128, 10) }
    /// An eighth of its channels, on digits of 32×32 pixels.
    pub SmallVgg19(image: [1, 8, 8]) -> [10] { image -> Upsample(4, mode = bilinear) -> Layers(8, 4, 128, 10) }
}

// As torchvision's.
const _: () = assert!(Vgg16::PARAMETERS == 138_357_544 && Vgg19::PARAMETERS == 143_667_240);
