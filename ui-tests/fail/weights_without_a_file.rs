use fireclay::prelude::*;

network! {
    pub Net(x: [4]) -> [2] { x -> fc: Dense(2) }
}

static MISSING: Packed<Net> = weights!(Net, "weights/net.safetensors");
static UNQUOTED: Packed<Net> = weights!(Net, NAME);
static QUANTIZED: Packed<Net> = weights!(Net, int8, "net.safetensors");

fn main() {
    println!("{MISSING:?} {UNQUOTED:?} {QUANTIZED:?}");
}
