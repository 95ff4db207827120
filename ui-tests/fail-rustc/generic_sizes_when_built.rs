use fireclay::prelude::*;

network! {
    /// No bound says it: a constant does, where the network is built.
    pub Autoencoder<H: Dim>(x: [1, H, H]) -> [1, H, H] {
        x -> down: Conv(8, 3, stride = 2, pad = 1) -> Relu -> up: ConvTranspose(1, 4, stride = 2, pad = 1)
    }
    pub Small<H: Dim>(x: [1, H, H]) -> [8] { x -> conv: Conv(8, 5, pad = 1) -> GlobalAvgPool }
}

const GOOD: usize = Autoencoder::<Const<28>>::INFO.parameters;
const ODD: usize = Autoencoder::<Const<27>>::INFO.parameters;
const FOUR: usize = Small::<Const<4>>::INFO.parameters;
const TWO: usize = Small::<Const<2>>::INFO.parameters;

fn main() {}
