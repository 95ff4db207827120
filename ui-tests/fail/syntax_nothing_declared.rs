use fireclay::prelude::*;

network! {}

fn main() {
    let _ = rng(1);
}
