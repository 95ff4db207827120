//! Visibility: private, in a module, `pub(crate)`.

use fireclay::prelude::*;

mod models {
    use fireclay::prelude::*;

    network! {
        Hidden(x: [4]) -> [2] { x -> fc: Dense(2) }
        pub(crate) Shown(x: [4]) -> [2] { x -> inner: net Hidden }
    }

    pub fn parameters() -> usize {
        Hidden::PARAMETERS
    }
}

network! {
    Private(x: [4]) -> [2] { x -> fc: Dense(2) }
}

fn main() {
    assert_eq!(Private::PARAMETERS, models::parameters());
    let net = models::Shown::init(&mut rng(1));
    assert_eq!(net.inner.fc.bias.as_slice(), [0.0; 2]);
}
