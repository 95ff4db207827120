//! A crate without a prelude, where Rust's and fireclay's own names mean something else, and the library is reached by another path.

#![no_implicit_prelude]
#![allow(dead_code, non_camel_case_types, unused_macros)]
mod library {
    pub use ::fireclay as clay;
}
use library::clay;
type usize = ::core::primitive::u32;
type u32 = ();
type f32 = ();
type bool = ();
type u8 = ();
type f64 = ();
struct Option;
struct Some;
struct None;
struct Result;
struct Ok;
struct Box;
struct Vec;
struct String;
struct Clone;
struct Copy;
struct Send;
struct Sync;
struct Sized;
struct Fn;
struct Drop;
struct Tensor;
struct Network;
struct Const;
struct Dim;
struct Micro;
struct Default;
struct Debug;
struct Deref;
struct Borrow;
struct PhantomData;
const GEOMETRY: ::core::primitive::u8 = 1;
const NODE: ::core::primitive::u8 = 1;
#[allow(non_upper_case_globals)]
const c: ::core::primitive::f64 = 3e8;
#[allow(non_upper_case_globals)]
static v_x: ::core::primitive::f64 = 3e8;
#[allow(non_upper_case_globals)]
static f: ::core::primitive::f64 = 3e8;
mod core {}
mod std {}
mod alloc {}
mod fireclay {}
macro_rules! assert {
    () => {};
}
macro_rules! concat {
    () => {};
}
clay::network! {
    block Unused(x) { x -> Relu }
    /// Documented.
    #[fireclay(no_implicit_prelude)] pub Net(image: [1, 6, 6]) -> (class: [2], #[train] aux: [2]) {
        let x = image -> stem: [Conv(2, 3), BatchNorm, Relu] -> MaxPool(2) -> Dropout;
        (class: x -> Flatten -> #[frozen] Conv1: Dense(2) , aux: x -> GlobalAvgPool)
    }
    #[fireclay(step, no_implicit_prelude)]
    pub Characters(text: [0..96; 16]) -> [16, 96] {
        text -> Embed: Embedding(8) -> lstm: Lstm(12, layers = 2, dropout = 0.2) -> out: Dense(96)
    }
    #[fireclay(no_implicit_prelude)] pub Gen<In: clay::Dim>(x: [In]) -> [3] { x -> fc: Dense(3) }
#[fireclay(no_implicit_prelude)]     Private(x: [4]) -> [3] { x -> fc: Dense(3) }
    #[fireclay(no_implicit_prelude)] pub(crate) Crate(x: [4]) -> [3] { x -> p: net Private }
}
fn main() {}
