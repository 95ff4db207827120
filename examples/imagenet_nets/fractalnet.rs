//! FractalNet: Larsson, Maire and Shakhnarovich 2017, "FractalNet: ultra-deep neural networks without residuals", arXiv 1605.07648: five blocks of three
//! columns, of which the longest path has 20 convolutions, with drop-path.

use fireclay::prelude::*;

network! {
    block Unit(x; c) { x -> conv: Conv(c, 3, pad = 1, bias = false) -> bn: BatchNorm -> Relu }
    /// n values, one per column: the first is one convolution, the others are twice the fractal of one column less.
    block Columns(x; c, n) {
        if n == 1 { (x -> unit: Unit(c)) } else { (x -> unit: Unit(c), ..(x -> first: Joined(c, n - 1) -> second: Columns(c, n - 1))) }
    }
    /// The mean of all columns, of which some are dropped in training (drop-path).
    block Joined(x; c, n) { mean(..(x -> Columns(c, n)), drop = 0.15) }
    block Layers(x; c) {
        x -> b1: Joined(c, 3) -> MaxPool(2) -> b2: Joined(2 * c, 3) -> MaxPool(2) -> b3: Joined(4 * c, 3) -> MaxPool(2)
            -> b4: Joined(8 * c, 3) -> MaxPool(2) -> b5: Joined(8 * c, 3) -> MaxPool(2) -> Flatten -> fc: Dense(10)
    }
    /// For CIFAR-10, with the channels of the paper.
    pub FractalNet(image: [3, 32, 32]) -> [10] { image -> Layers(64) }
    /// An eighth of its channels, on digits of 32×32 pixels.
    pub SmallFractalNet(image: [1, 8, 8]) -> [10] { image -> Upsample(4, mode = bilinear) -> Layers(8) }
}

// What this declaration gives; torchvision has no FractalNet, and the paper no file. The paper's table has 38.6 million for its twenty layers and does not say what is
// counted; the 35 convolutions of 3×3 with its channels have 33,698,880, batch norms 20,608, the dense layer 5,130.
const _: () = assert!(FractalNet::PARAMETERS == 33_724_618);
