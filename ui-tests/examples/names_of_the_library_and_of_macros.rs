//! Networks that are called as types, traits and macros of Rust and of fireclay, beside code that uses those.

#![allow(non_camel_case_types)]

mod diagnostic {}

use fireclay::prelude::*;

mod nets {
    fireclay::network! {
        pub Box(x: [4]) -> [4] { x -> train: Dense(4) -> infer: Dense(4) -> info: Dense(4) -> batch: Dense(4) -> panels: Dense(4) }
        pub Vec(x: [4]) -> [4] { x -> box_: net Box }
        pub Option(x: [4]) -> [4] { x -> v: net Vec }
        pub Network(x: [4]) -> [4] { x -> o: net Option }
        pub Debug(x: [4]) -> [4] { x -> net Network }
        pub Clone(x: [4]) -> [4] { x -> net Debug }
        pub Super(x: [4]) -> [4] { x -> net Clone }
        pub diagnostic(x: [4]) -> [4] { x -> net Super }
        pub r#type(x: [4]) -> [4] { x -> net diagnostic }
        pub vec(x: [4]) -> [4] { x -> net r#type }
        pub assert_eq(x: [4]) -> [4] { x -> net vec }
    }

    #[derive(Debug, Clone)]
    pub struct Beside(pub ::std::vec::Vec<i32>);

    pub fn beside() -> Beside {
        assert_eq!(1 + 1, 2);
        Beside(vec![1, 2])
    }
}

fn main() {
    assert_eq!(nets::beside().clone().0, [1, 2]);
    let net = nets::assert_eq::init(&mut rng(1));
    let innermost = &net.vec.r#type.diagnostic.super_.clone.debug.network.o.v.box_;
    assert_eq!(innermost.train.bias.as_slice().len() + innermost.panels.bias.as_slice().len(), 8);
    assert_eq!((nets::assert_eq::PARAMETERS, nets::r#type::INFO.name), (100, "type"));
}
