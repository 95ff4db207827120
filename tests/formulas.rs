//! The formulas as types agree with the macro's, which its own tests hold against a count of positions.

use fireclay::Const;
use fireclay::shape::formula::{ConvSize, TransposedSize};
use fireclay_compiler::layers::formula::Axis;

fn axis(kernel: usize, stride: usize, pad: usize, dilation: usize) -> Axis {
    Axis { kernel, stride, dilation, before: pad, after: pad }
}

/// Every combination of the numbers in the brackets, as arguments of `$then`.
macro_rules! grid {
    ($cases:ident, $then:ident, [$($done:literal)*]) => { $then!($cases, $($done),*) };
    ($cases:ident, $then:ident, [$($done:literal)*] [] $($rest:tt)*) => {};
    ($cases:ident, $then:ident, [$($done:literal)*] [$first:literal $($more:literal)*] $($rest:tt)*) => {
        grid!($cases, $then, [$($done)* $first] $($rest)*);
        grid!($cases, $then, [$($done)*] [$($more)*] $($rest)*);
    };
}

macro_rules! conv {
    ($cases:ident, $n:literal, $k:literal, $s:literal, $p:literal, $d:literal) => {
        let size = <Const<$n> as ConvSize<Const<$k>, Const<$s>, Const<$p>, Const<$d>>>::SIZE;
        assert_eq!(Some(size), axis($k, $s, $p, $d).conv($n), "{:?}", ($n, $k, $s, $p, $d));
        $cases += 1;
    };
}

macro_rules! transposed {
    ($cases:ident, $n:literal, $k:literal, $s:literal, $p:literal, $d:literal, $o:literal) => {
        let size = <Const<$n> as TransposedSize<Const<$k>, Const<$s>, Const<$p>, Const<$d>, Const<$o>>>::SIZE;
        assert_eq!(size, axis($k, $s, $p, $d).transposed($n, $o).unwrap_or(0), "{:?}", ($n, $k, $s, $p, $d, $o));
        $cases += 1;
    };
}

#[test]
fn types_and_numbers_agree() {
    let mut cases = 0;
    grid!(cases, conv, [] [9 10 13 16 28] [1 2 3 5] [1 2 3] [0 1 2] [1 2]);
    grid!(cases, transposed, [] [2 3 4 7] [1 2 3 4] [1 2] [0 1] [1 2] [0 1]);
    assert!(cases >= 500, "{cases}");
}
