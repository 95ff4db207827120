//! AlexNet: Krizhevsky, Sutskever and Hinton 2012, "ImageNet classification with deep convolutional neural networks", with the two groups of its two
//! graphics cards and the response norm of the paper (k = 2, n = 5, α = 10⁻⁴, β = ¾). 60 million parameters, as the paper says.

use fireclay::prelude::*;

network! {
    block Layers(x; c, hidden, classes) {
        x -> conv1: Conv(3 * c, 11, stride = 4) -> Relu -> Lrn(5, alpha = 5e-4, k = 2) -> MaxPool(3, stride = 2)
            -> conv2: Conv(8 * c, 5, pad = 2, groups = 2) -> Relu -> Lrn(5, alpha = 5e-4, k = 2) -> MaxPool(3, stride = 2)
            -> conv3: Conv(12 * c, 3, pad = 1) -> Relu -> conv4: Conv(12 * c, 3, pad = 1, groups = 2) -> Relu
            -> conv5: Conv(8 * c, 3, pad = 1, groups = 2) -> Relu -> MaxPool(3, stride = 2) -> Flatten
            -> Dropout(0.5) -> fc6: Dense(hidden) -> Relu -> Dropout(0.5) -> fc7: Dense(hidden) -> Relu -> fc8: Dense(classes)
    }
    /// As in the paper.
    pub AlexNet(image: [3, 227, 227]) -> [1000] { image -> Layers(32, 4096, 1000) }
    /// An eighth of its channels, on digits of 99×99 pixels.
    pub SmallAlexNet(image: [1, 8, 8]) -> [10] { image -> Upsample(size = 99, mode = bilinear) -> Layers(4, 128, 10) }
}

// As the authors' network in Caffe (bvlc_alexnet); torchvision's is another one, without groups.
const _: () = assert!(AlexNet::PARAMETERS == 60_965_224);
