//! The formulas as types agree with the macro's, which its own tests hold against a count of positions.

use fireclay::Const;
use fireclay::shape::formula::{ConvSize, TransposedSize};
use fireclay_compiler::graph::Graph;
use fireclay_compiler::layers::support::formula::Axis;

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

/// The first network of a declaration.
fn graph(declaration: &str) -> Graph {
    let mut report = fireclay_compiler::report::Report::default();
    let mut networks = fireclay_compiler::check(declaration.parse().expect("tokens"), &mut report);
    networks.swap_remove(0).graph.expect("a network without mistakes")
}

/// What a dense layer keeps of a micro-batch.
#[test]
fn a_dense_layer_keeps_as_much_as_the_kernels_say() {
    for (inputs, outputs) in [(784, 256), (5, 3)] {
        let declaration = format!("Net(x: [{inputs}]) -> [{outputs}] {{ x -> fc: Dense({outputs}) }}");
        let graph = graph(&declaration);
        let wanted = fireclay::kernels::geometry::Dense { rows: 1, inputs, outputs }.saved_len();
        let op = fireclay_compiler::passes::select::training::of(std::rc::Rc::clone(&graph.nodes[0].op));
        assert_eq!(op.workspace().stats.num(), Some(wanted));
    }
}

/// And those that recurrent layers ask for, with and without an embedding before them.
#[test]
fn the_scratch_of_recurrent_layers_is_as_large_as_the_kernels_say() {
    use fireclay::kernels::geometry::{CellKind, Recurrent, Symbols};
    for (layer, more, cell) in [
        ("Lstm", "", CellKind::Lstm),
        ("Gru", "", CellKind::Gru),
        ("Rnn", "", CellKind::RnnTanh),
        ("Rnn", ", nonlinearity = relu", CellKind::RnnRelu),
    ] {
        for (inputs, hidden, bound, time) in [(64, 256, 96, 64), (3, 5, 17, 4), (300, 7, 16, 9)] {
            let declaration = format!(
                "Net(x: [0..{bound}; {time}]) -> [{hidden}] {{ x -> e: Embedding({inputs}) -> {layer}({hidden}, last = true{more}) }}"
            );
            let graph = graph(&declaration);
            let g = Recurrent { cell, time, inputs, hidden, reverse: false, width: hidden, offset: 0, row: 0 };
            let op = &graph.nodes[1].op;
            assert_eq!(op.workspace().scratch.num(), Some(g.weight_scratch().max(g.panels())), "{declaration}");
            let numbers = |counts: Vec<fireclay_compiler::graph::Count>| counts.iter().map(|c| c.num()).collect::<Vec<_>>();
            let saved = [time * g.gates(), time * hidden * cell.saved()];
            assert_eq!(numbers(op.workspace().saved)[..2], saved.map(Some), "{declaration}");
            let apart = if cell.apart() > 0 { time * g.gates() } else { 0 };
            let work = [time * g.gates(), apart, hidden, (cell.states() - 1) * hidden];
            assert_eq!(numbers(op.workspace().work)[..4], work.map(Some), "{declaration}");
            let joined = fireclay_compiler::passes::rewrite::embedding_recurrent::rewrite(graph.clone());
            let wanted = Symbols { bound, padding_index: usize::MAX }.scratch(&g);
            assert_eq!(joined.nodes[1].op.workspace().scratch.num(), Some(wanted), "{declaration}");
        }
    }
}
