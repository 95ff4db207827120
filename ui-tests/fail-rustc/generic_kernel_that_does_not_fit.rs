use fireclay::prelude::*;
use fireclay::shape::formula::ConvSize;

network! {
    pub Net<H: Dim>(x: [1, H, H]) -> [8]
    where
        H: ConvSize<Const<5>, Const<1>, Const<0>, Const<1>>,
    {
        x -> conv: Conv(8, 5) -> GlobalAvgPool
    }
}

fn five(_: &Net<Const<5>>) {}
fn four(_: &Net<Const<4>>) {}

fn main() {}
