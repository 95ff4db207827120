//! What a `macro_rules!` hands in stays one thing, as in Rust: expressions, names, literals, blocks, types, paths, attributes.

use fireclay::prelude::*;

macro_rules! expressions {
    ($n:expr, $k:expr, $layer:expr, $sizes:expr, $range:expr, $list:expr, $choice:expr) => {
        network! {
            pub Conv12(x: [2, 8, 8]) -> [12, 6, 6] { x -> a: Conv(4 * $n, 3) -> LeakyRelu(1 - $k) }
            pub Layers(x: $sizes) -> [3] { (2 - $k) * x -> $list -> $choice -> fc: Dense($n) -> $layer }
            pub Repeated(i: [$range; 5]) -> [5, 2] { i -> e: Embedding(2) -> fc: [Dense(2 * i + 2); i in $range] as [5, 10] -> out: Dense(2) }
        }
    };
}
expressions!(2 + 1, 0.5 - 0.25, Dropout(0.5), [4], 1 - 1..2 + 3, [Relu, Tanh], if true { Sigmoid } else { Relu });

macro_rules! pieces {
    ($(#[$meta:meta])* $vis:vis $name:ident, $label:ident, $literal:literal, $body:block, $inner:path, $size:ty, $word:tt) => {
        network! {
            $(#[$meta])*
            $vis $name(x: [4]) -> [4] { x * $literal -> $label: Dense(4, init = $literal, bias = $word) -> inner: net $inner }
            pub Inner(x: [4]) -> [4] $body
            pub Typed<D: Dim>(x: [$size]) -> [3] { x -> fc: Dense(3) }
        }
    };
}
pieces!(
    #[doc = "Documented."]
    pub(crate) Net, first, -1, { x }, Inner, D, false
);

/// One macro hands on what it was handed.
macro_rules! outer {
    ($a:expr) => {
        inner!(3 * $a, $a);
    };
}
macro_rules! inner {
    ($n:expr, $m:expr) => {
        network! {
            const TWICE = 2 * $n;
            block Wide(x; n = $m + 1) { x -> Dense(10 * n) }
            pub Nested(x: [1]) -> [TWICE - $m] { x -> wide: Wide -> fc: Dense(2 * $n - $m) }
        }
    };
}
outer!(1 + 1);

fn main() {
    assert_eq!(Conv12::init(&mut rng(1)).a.bias.as_slice().len(), 12);
    assert_eq!(Conv12::INFO.layers[1].layer, "LeakyRelu(0.75)");
    assert_eq!(Layers::INFO.layers[0].layer, "1.75 *");
    assert_eq!(Layers::INFO.layers.len(), 6);
    assert_eq!(Repeated::INFO.inputs[0], fireclay::ValueType::Indices { bound: 5, len: 5 });
    let mut net = Net::init(&mut rng(1));
    net.first.weight = Tensor::from_fn(|i| if i / 4 == i % 4 { 1.0 } else { 0.0 });
    assert_eq!(net.predict(&Tensor::from_fn(|i| i as f32)).as_slice(), [0.0, -1.0, -2.0, -3.0]);
    assert_eq!(Typed::<Const<2>>::PARAMETERS, 9);
    // 30 + 30 from 1, then 2 · 6 − 2 = 10 from 30.
    assert_eq!((Nested::PARAMETERS, Nested::INFO.layers[1].output), (60 + 310, [10].as_slice()));
}
