//! Crates that deny warnings and missing documentation can declare networks.

#![deny(missing_docs, missing_debug_implementations, warnings, clippy::pedantic, clippy::undocumented_unsafe_blocks)]

use fireclay::prelude::*;

network! {
    block Unused(x) { x -> Relu }

    /// Documented.
    pub Net(image: [1, 6, 6]) -> (class: [2], #[train] aux: [2]) {
        let x = image -> stem: [Conv(2, 3), BatchNorm, Relu];
        (class: x -> Flatten -> fc: Dense(2), aux: x -> GlobalAvgPool)
    }
}

/// Public documentation is asked for here as well.
pub mod inner {
    use fireclay::prelude::*;

    network! {
        /// Documented.
        pub Inner<In: Dim>(x: [In]) -> [2] { x -> fc: Dense(2) }
    }
}

fn main() {
    assert!(Net::PARAMETERS > inner::Inner::<Const<3>>::PARAMETERS);
}
