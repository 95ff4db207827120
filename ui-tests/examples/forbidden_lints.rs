//! What a crate forbids is not allowed again by what is emitted, and finds nothing there.

#![forbid(
    missing_docs,
    missing_debug_implementations,
    missing_copy_implementations,
    nonstandard_style,
    unused,
    future_incompatible
)]
#![forbid(
    rust_2018_idioms,
    unsafe_code,
    unreachable_pub,
    unused_qualifications,
    unused_results,
    trivial_casts,
    single_use_lifetimes
)]
#![forbid(clippy::all, clippy::undocumented_unsafe_blocks, clippy::missing_safety_doc)]

use fireclay::prelude::*;

network! {
    block Unused(x) { x -> Relu }

    /// Documented.
    pub Net(image: [1, 6, 6]) -> (class: [2], #[train] aux: [2]) {
        let x = image -> stem: [Conv(2, 3), BatchNorm, Relu];
        (class: x -> Flatten -> #[frozen] FC: Dense(2), aux: x -> GlobalAvgPool)
    }
    #[fireclay(step)]
    pub Characters(text: [0..96; 16]) -> [16, 96] { text -> Embed: Embedding(8) -> lstm: Lstm(12, layers = 2) -> out: Dense(96) }
    pub Open<In: Dim>(x: [In]) -> [3] { x -> fc: Dense(3) }
    Private(x: [4]) -> [3] { x -> fc: Dense(3) }
    pub(crate) Crate(x: [4]) -> [3] { x -> p: net Private }
}

fn main() {
    network! { Inner(x: [4]) -> [3] { x -> fc: Dense(3) } }
    let parameters =
        [Net::PARAMETERS, Characters::PARAMETERS, Open::<Const<2>>::PARAMETERS, Crate::PARAMETERS, Inner::PARAMETERS];
    assert_eq!(parameters[2..], [9, 15, 15]);
}
