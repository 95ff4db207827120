use fireclay::prelude::*;
use fireclay::shape::formula::{ConvOut, ConvSize, TransposedSize};

network! {
    /// The bounds say that the decoder gives back the size that the encoder takes.
    pub Autoencoder<H: Dim>(x: [1, H, H]) -> [1, H, H]
    where
        H: ConvSize<Const<3>, Const<2>, Const<1>, Const<1>>,
        ConvOut<H, 3, 2, 1>: TransposedSize<Const<4>, Const<2>, Const<1>, Const<1>, Const<0>, Output = H>,
    {
        x -> down: Conv(8, 3, stride = 2, pad = 1) -> Relu -> up: ConvTranspose(1, 4, stride = 2, pad = 1)
    }
}

fn even(_: &Autoencoder<Const<28>>) {}
fn odd(_: &Autoencoder<Const<27>>) {}

fn main() {}
