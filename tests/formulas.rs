//! The formulas as types agree with the macro's, which its own tests hold against a count of positions.

use fireclay::Const;
use fireclay::kernels::geometry::Conv;
use fireclay::shape::formula::{ConvSize, TransposedSize};
use fireclay_compiler::graph::{Blocked, Graph, Product, Vectors};
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

/// The first network of a declaration.
fn graph(declaration: &str) -> Graph {
    let mut report = fireclay_compiler::report::Report::default();
    let mut networks = fireclay_compiler::check(declaration.parse().expect("tokens"), &mut report);
    networks.swap_remove(0).graph.expect("a network without mistakes")
}

/// How its first operation runs over one image whose channels lie in vectors.
fn product(graph: &Graph, channels: usize, map: usize) -> Product {
    match graph.nodes[0].op.blocked(&[Vectors { channels, map }]) {
        Some(Blocked::Product(product)) => *product,
        _ => panic!("a product"),
    }
}

/// From so many channels of a square to so many filters of another.
fn square([channels, size]: [usize; 2], [filters, out]: [usize; 2], kernel: usize, stride: usize, pad: usize) -> Conv {
    Conv {
        channels,
        height: size,
        width: size,
        filters,
        out_height: out,
        out_width: out,
        kernel: [kernel; 2],
        stride: [stride; 2],
        pad: [pad; 2],
        dilation: [1; 2],
        groups: 1,
    }
}

/// And those for weight gradients.
#[test]
fn the_scratch_of_turned_weight_gradients_is_as_large_as_the_kernels_say() {
    for (channels, size, filters, kernel, stride) in
        [(16, 7, 20, 3, 2), (64, 33, 128, 4, 2), (20, 56, 40, 1, 1), (40, 90, 70, 5, 3)]
    {
        for transposed in [false, true] {
            let out = (size - kernel) / stride + 1;
            let (layer, from, to) = if transposed { ("ConvTranspose", filters, channels) } else { ("Conv", channels, filters) };
            let input = if transposed { out } else { size };
            let size = if transposed { (out - 1) * stride + kernel } else { size };
            let declaration = format!(
                "#[fireclay(exact)] Net(x: [{from}, {input}, {input}]) -> [{to}] {{ x -> c: {layer}({to}, {kernel}, stride = {stride}) -> GlobalAvgPool }}"
            );
            let graph = graph(&declaration);
            let geometry = square([channels, size], [filters, out], kernel, stride, 0);
            let wanted = fireclay::kernels::geometry::turned_scratch(&geometry);
            assert_eq!(graph.nodes[0].op.scratch().num(), Some(wanted), "{declaration}");
        }
    }
}

/// And those for a few filters.
#[test]
fn the_scratch_of_a_few_filters_is_as_large_as_the_kernels_say() {
    for (size, kernel, pad, dilation, stride) in [(28, 5, 2, 1, 1), (17, 3, 0, 1, 1), (40, 4, 3, 2, 2)] {
        let conv = format!("Conv(6, {kernel}, pad = {pad}, dilation = {dilation}, stride = {stride})");
        let declaration = format!("Net(x: [3, {size}, {size}]) -> [6] {{ x -> c: {conv} -> GlobalAvgPool }}");
        let graph = graph(&declaration);
        let out = (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
        let geometry = Conv { dilation: [dilation; 2], ..square([3, size], [6, out], kernel, stride, pad) };
        let product = product(&graph, 3, size * size);
        let [wanted, pooled] = [false, true].map(|pooled| fireclay::kernels::geometry::conv_few_scratch(&geometry, pooled));
        let plain = product.plain.expect("a plain form");
        assert_eq!(plain.forward.scratch.num(), Some(wanted));
        assert_eq!(plain.pooled.and_then(|pooled| pooled.scratch.num()), Some(pooled));
    }
}

/// And those of a transposed convolution to a few channels.
#[test]
fn the_scratch_of_a_few_results_is_as_large_as_the_kernels_say() {
    for (channels, results, size, kernel, stride) in [(64, 3, 16, 4, 2), (16, 1, 7, 5, 3)] {
        let conv = format!("ConvTranspose({results}, {kernel}, stride = {stride}, pad = 1)");
        let declaration = format!("Net(x: [{channels}, {size}, {size}]) -> [{results}] {{ x -> c: {conv} -> GlobalAvgPool }}");
        let graph = graph(&declaration);
        let to = (size - 1) * stride + kernel - 2;
        let geometry = square([results, to], [channels, size], kernel, stride, 1);
        let product = product(&graph, channels, size * size);
        let wanted = fireclay::kernels::geometry::conv_transpose_few_scratch(&geometry);
        assert_eq!(product.vectors.forward.scratch.num(), Some(wanted));
        assert_eq!(product.vectors.maps.and_then(|maps| maps.scratch.num()), Some(wanted));
    }
}

/// And those for five taps across.
#[test]
fn the_scratch_of_minimal_filtering_is_as_large_as_the_kernels_say() {
    for (channels, filters, size, kernel, pad) in [(6, 16, 14, 5, 0), (7, 20, 13, 3, 2), (40, 70, 90, 5, 2), (64, 192, 27, 5, 2)]
    {
        let conv = format!("Conv({filters}, ({kernel}, 5), pad = {pad})");
        let declaration = format!("Net(x: [{channels}, {size}, {size}]) -> [{filters}] {{ x -> c: {conv} -> GlobalAvgPool }}");
        let graph = graph(&declaration);
        let geometry = Conv {
            channels,
            height: size,
            width: size,
            filters,
            out_height: size + 2 * pad + 1 - kernel,
            out_width: size + 2 * pad + 1 - 5,
            kernel: [kernel, 5],
            stride: [1; 2],
            pad: [pad; 2],
            dilation: [1; 2],
            groups: 1,
        };
        let product = product(&graph, channels, size * size);
        let wanted = |plain| Some(fireclay::kernels::geometry::conv_blocked_minimal_scratch(&geometry, plain));
        assert_eq!(product.vectors.forward.scratch.num(), wanted(false));
        if let Some(plain) = product.plain {
            assert_eq!(plain.forward.scratch.num(), wanted(true));
        }
    }
}

/// The compiler plans the memory that Winograd's kernels ask for.
#[test]
fn winograds_scratch_is_as_large_as_the_kernels_say() {
    use fireclay::kernels::geometry::{winograd_scratch, winograd_weight_scratch};
    let pairs = [(16, 16), (17, 40), (64, 64), (200, 16), (16, 200), (256, 256), (3000, 2000)];
    for ((channels, filters), (kernel, stride, size)) in
        pairs.into_iter().flat_map(|pair| [(3, 1, 8), (3, 1, 29), (4, 2, 8), (4, 2, 40)].map(|form| (pair, form)))
    {
        let out = size / stride;
        let declaration = format!(
            "Net(x: [{channels}, {size}, {size}]) -> [{filters}, {out}, {out}] {{
                x -> c: Conv({filters}, {kernel}, stride = {stride}, pad = 1) }}"
        );
        let graph = graph(&declaration);
        let geometry = square([channels, size], [filters, out], kernel, stride, 1);
        let wanted = winograd_scratch(&geometry).max(winograd_weight_scratch(&geometry));
        assert_eq!(graph.nodes[0].op.scratch().num(), Some(wanted), "{geometry:?}");
        if kernel == 3 {
            let product = product(&graph, channels, size * size);
            let wanted = fireclay::kernels::geometry::conv_blocked_winograd_scratch(&geometry);
            assert_eq!(product.vectors.forward.scratch.num(), Some(wanted));
        }
    }
}

/// And what a dense layer keeps of a micro-batch.
#[test]
fn a_dense_layer_keeps_as_much_as_the_kernels_say() {
    for (inputs, outputs) in [(784, 256), (5, 3)] {
        let declaration = format!("Net(x: [{inputs}]) -> [{outputs}] {{ x -> fc: Dense({outputs}) }}");
        let graph = graph(&declaration);
        let wanted = fireclay::kernels::geometry::Dense { rows: 1, inputs, outputs }.kept();
        assert_eq!(graph.nodes[0].op.stats().num(), Some(wanted));
    }
}

/// And those that an LSTM asks for, with and without an embedding before it.
#[test]
fn an_lstms_scratch_is_as_large_as_the_kernels_say() {
    use fireclay::kernels::geometry::{Dense, Lstm, Symbols};
    for (inputs, hidden, bound, time) in [(64, 256, 96, 64), (3, 5, 17, 4), (300, 7, 16, 9)] {
        let declaration = format!(
            "Net(x: [0..{bound}; {time}]) -> [{hidden}] {{ x -> e: Embedding({inputs}) -> Lstm({hidden}, last = true) }}"
        );
        let graph = graph(&declaration);
        let g = Lstm { time, inputs, hidden, reverse: false, width: hidden, offset: 0, row: 0 };
        let turned = Dense::ROWS * Dense::SCRATCH * inputs.max(hidden);
        assert_eq!(graph.nodes[1].op.scratch().num(), Some(turned.max(g.panels())), "{declaration}");
        let joined = fireclay_compiler::passes::join::join(graph.clone());
        let wanted = Symbols { bound, padding_index: usize::MAX }.scratch(&g);
        assert_eq!(joined.nodes[1].op.scratch().num(), Some(wanted), "{declaration}");
    }
}
