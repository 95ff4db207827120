use fireclay::prelude::*;

network! {
    use zoo::Basic;
    pub Sliding = Window(image: [1, 64, 64]);
}

fn main() {}
