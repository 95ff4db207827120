//! GoogLeNet: Szegedy et al. 2015, "Going deeper with convolutions", arXiv 1409.4842, without batch norm, and with the two auxiliary classifiers that only
//! training has. The main one has 7 million parameters, as the paper says.

use fireclay::prelude::*;

network! {
    default MaxPool(ceil = true);

    block Unit(x; c, k, stride = 1) { x -> conv: Conv(c, k, stride = stride, pad = k / 2) -> Relu }
    /// The paper's table, of whose channels there are w of 64.
    block Inception(x; w, a, b0, b, c0, c, d) {
        concat(
            x -> branch1: Unit(a * w / 64, 1),
            x -> branch2: [Unit(b0 * w / 64, 1), Unit(b * w / 64, 3)],
            x -> branch3: [Unit(c0 * w / 64, 1), Unit(c * w / 64, 5)],
            x -> MaxPool(3, stride = 1, pad = 1) -> branch4: Unit(d * w / 64, 1),
        )
    }
    block Auxiliary(x; w, classes) {
        x -> AvgPool(5, stride = 3) -> conv: Unit(2 * w, 1) -> Flatten -> fc1: Dense(16 * w) -> Relu -> Dropout(0.7) -> fc2: Dense(classes)
    }
    block Layers(x; w, classes) {
        let a = x -> conv1: Unit(w, 7, stride = 2) -> MaxPool(3, stride = 2) -> Lrn(5)
            -> conv2: Unit(w, 1) -> conv3: Unit(3 * w, 3) -> Lrn(5) -> MaxPool(3, stride = 2)
            -> i3a: Inception(w, 64, 96, 128, 16, 32, 32) -> i3b: Inception(w, 128, 128, 192, 32, 96, 64) -> MaxPool(3, stride = 2)
            -> i4a: Inception(w, 192, 96, 208, 16, 48, 64);
        let b = a -> i4b: Inception(w, 160, 112, 224, 24, 64, 64) -> i4c: Inception(w, 128, 128, 256, 24, 64, 64)
            -> i4d: Inception(w, 112, 144, 288, 32, 64, 64);
        let y = b -> i4e: Inception(w, 256, 160, 320, 32, 128, 128) -> MaxPool(3, stride = 2)
            -> i5a: Inception(w, 256, 160, 320, 32, 128, 128) -> i5b: Inception(w, 384, 192, 384, 48, 128, 128)
            -> GlobalAvgPool -> Dropout(0.4) -> fc: Dense(classes);
        (y, a -> aux1: Auxiliary(w, classes), b -> aux2: Auxiliary(w, classes))
    }
    /// As in the paper.
    pub GoogLeNet(image: [3, 224, 224]) -> (class: [1000], #[train] aux1: [1000], #[train] aux2: [1000]) {
        let (class, aux1, aux2) = image -> Layers(64, 1000);
        (class, aux1, aux2)
    }
    /// A quarter of its channels, on digits of 80×80 pixels.
    pub SmallGoogLeNet(image: [1, 8, 8]) -> (class: [10], #[train] aux1: [10], #[train] aux2: [10]) {
        let (class, aux1, aux2) = image -> Upsample(10, mode = bilinear) -> Layers(16, 10);
        (class, aux1, aux2)
    }
}

// As Caffe's bvlc_googlenet with both auxiliary classifiers: 6,998,552 are of the main one. torchvision's has batch norm.
const _: () = assert!(GoogLeNet::PARAMETERS == 13_378_280);
