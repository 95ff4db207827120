use fireclay::prelude::*;

network! {
    pub Up(x: [8, 7, 7]) -> [4, 16, 16] {
        x -> up1: ConvTranspose(4, 2, stride = 2, output_pad = 2)
    }
}

fn main() {}
