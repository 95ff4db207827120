//! What desktop and device share: the declaration of `examples/digits.rs`, word for word, and ten digits.

#![no_std]

mod samples;

use fireclay::prelude::*;
pub use samples::SAMPLES;

network! {
    /// For 8×8 gray images of digits.
    pub DigitNet(image: [1, 8, 8]) -> [10] {
        image
            -> conv1: Conv(16, 3, pad = 1) -> BatchNorm -> Relu
            -> conv2: Conv(32, 3, pad = 1) -> BatchNorm -> Relu -> MaxPool(2)
            -> conv3: Conv(64, 3, pad = 1) -> BatchNorm -> Relu -> MaxPool(2)
            -> Flatten
            -> Dropout(0.5) -> fc: Dense(10)
    }
}

network! {
    /// Values of `i8` between layers: proof that they run without `std`.
    pub Rounded(image: [1, 8, 8]) -> [10] {
        image -> MaxPool(2) -> Quantize(scale = 0.004, zero_point = -128) -> Flatten -> Dequantize(scale = 0.004, zero_point = -128) -> fc: Dense(10)
    }
}

/// A digit as the network takes it.
#[must_use]
pub fn image(sample: &[[u8; 8]; 8]) -> Tensor<shape![1, 8, 8]> {
    Tensor::from([sample.map(|row| row.map(|pixel| f32::from(pixel) / 16.0))])
}
