//! The language's rules, one by one: scopes, names, lists, tuples, sharing, freezing.

mod lower_common;

use fireclay_compiler::graph::{Init, ValueType};
use fireclay_compiler::passes::rewrite::initialization::settle;
use lower_common::{clean, errors, flow, graph, paths, tree};

#[test]
fn defaults_hold_to_the_end_of_their_braces() {
    let g = flow("[1, 8, 8]", "[2, 8, 8]", "default Conv(pad = same, bias = false); x -> a: Conv(2, 3)");
    assert_eq!(paths(&g), ["a.weight"]);
    // What is given comes first, the inner default next.
    let g = graph(
        "default Conv(pad = same, bias = false);
         block B(x) { x -> b: Conv(2, 3) }
         pub N(x: [1, 8, 8]) -> [2, 8, 8] { default Conv(bias = true); x -> a: Conv(2, 3) -> Relu -> B -> c: Conv(2, 3, bias = false) }",
    );
    // A block has the defaults of where it is written.
    assert_eq!(paths(&g), ["a.weight", "a.bias", "b.weight", "c.weight"]);
    // It holds from where it stands.
    let g = flow("[1, 8, 8]", "[2, 6, 6]", "let y = x -> a: Conv(2, 3); default Conv(pad = same); y -> b: Conv(2, 3)");
    assert_eq!(g.nodes.len(), 2);
    // It may need what the block knows.
    let g = flow(
        "[3, 8, 8]",
        "[3, 8, 8]",
        "block B(x; k) { default Conv(pad = k / 2); x -> a: Conv(x.channels, k) } x -> B(3) -> b: B(5)",
    );
    assert_eq!(paths(&g).len(), 4);
}

#[test]
fn constants_and_blocks_are_lexical() {
    let g = flow("[4]", "[8]", "const A = 2; const B = A * 4; x -> Dense(B)");
    assert_eq!(g.tensors[0].dims[0].num(), Some(8));
    // A block may be used before the line that declares it, and sees the constants before that line.
    let g = graph("pub N(x: [4]) -> [8] { x -> Wide } const K = 8; block Wide(x) { x -> fc: Dense(K) }");
    assert_eq!(paths(&g), ["fc.weight", "fc.bias"]);
    // A block within a block sees constants, not parameters.
    let source = |inner: &str| {
        format!(
            "pub N(x: [4]) -> [8] {{ block A(x; n) {{ const N2 = n; block B(x) {{ x -> Dense({inner}) }} x -> B }} x -> A(8) }}"
        )
    };
    assert_eq!(graph(&source("N2")).nodes.len(), 1);
    assert_eq!(
        errors(&source("n")),
        [("n".to_owned(), "no number, word or value is called `n`\n  in B, used in line 1\n  in A, used in line 1".to_owned())]
    );
    // Nor the values around it.
    let inner = errors("pub N(x: [4]) -> [4] { let y = x -> Relu; block B(x) { x + y } y -> B }");
    assert_eq!(inner[0].0, "y");
}

#[test]
fn words_come_through_parameters_and_ifs() {
    let g = flow(
        "[1, 8, 8]",
        "[2, 8, 8]",
        "block B(x; p, odd) { x -> a: Conv(2, 3, pad = if odd { p } else { valid }) } x -> B(same, true)",
    );
    assert_eq!(g.nodes.len(), 1);
    // A layer's own word comes before a number of that name.
    let g = flow("[1, 8, 8]", "[2, 8, 8]", "const same = 0; x -> a: Conv(2, 3, pad = same)");
    assert_eq!(g.nodes.len(), 1);
    let g = flow("[1, 8, 8]", "[1, 8, 8]", "block B(x; w) { if w == same { x } else { x -> Relu } } x -> B(valid) -> B(same)");
    assert_eq!(g.nodes.len(), 1);
}

#[test]
fn numbers_are_computed() {
    for (term, value) in [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3),
        ("7 % 4", 3),
        ("1 << 4", 16),
        ("if 3 > 2 && !(1 == 2) { 5 } else { 6 }", 5),
        ("if false && 1 / 0 == 1 { 5 } else { 6 }", 6),
        ("if true || 1 / 0 == 1 { 5 } else { 6 }", 5),
        ("if 1.5 < 2 { 5 } else { 6 }", 5),
        ("x.features - 1", 3),
        ("if 2 <= 2 && 2 >= 2 && 2 != 3 { 5 } else { 1 / 0 }", 5),
    ] {
        let g = flow("[4]", &format!("[{value}]"), &format!("x -> Dense({term})"));
        assert_eq!(g.tensors[0].dims[0].num(), Some(value), "{term}");
    }
}

#[test]
fn fields_of_values() {
    let g = flow("[3, 8, 9]", "[20]", "const A = x.channels + x.height + x.width; x -> Flatten -> Dense(A)");
    assert_eq!(g.nodes.len(), 2);
    let g = flow("[5, 7]", "[5, 12]", "x -> Dense(x.time + x.features)");
    assert_eq!(g.nodes.len(), 1);
}

#[test]
fn lists_count_every_element() {
    let g = flow("[1, 8, 8]", "[2, 6, 6]", "x -> stem: [Conv(2, 3), BatchNorm, Relu]");
    assert_eq!(paths(&g)[..3], ["stem.0.weight", "stem.0.bias", "stem.1.weight"]);
    let g = flow("[4]", "[4]", "x -> Relu -> [Relu, Dense(4)]");
    assert_eq!(paths(&g), ["1.weight", "1.bias"]);
    let g = flow("[4]", "[4]", "x -> m: [Dense(4) -> Relu; 2]");
    assert_eq!(paths(&g), ["m.0.dense.weight", "m.0.dense.bias", "m.1.dense.weight", "m.1.dense.bias"]);
    let g = flow("[4]", "[4]", "x -> m: [Dense(4 + i) -> out: Dense(4); i in 0..2]");
    assert_eq!(paths(&g)[4..6], ["m.1.dense.weight", "m.1.dense.bias"]);
    assert_eq!(g.tensors[4].dims[0].num(), Some(5));
    let g = flow("[4]", "[4]", "x -> m: [[Dense(4), Relu]; 2]");
    assert_eq!(paths(&g), ["m.0.0.weight", "m.0.0.bias", "m.1.0.weight", "m.1.0.bias"]);
    // An optional stage that is not taken still counts; one that is taken is the element.
    let g = flow("[4]", "[4]", "x -> m: [if false { Relu }, if true { Dense(4) }]");
    assert_eq!(paths(&g), ["m.1.weight", "m.1.bias"]);
    let g = flow("[4]", "[4]", "x -> m: [Dense(4); 0]");
    assert_eq!(g.nodes.len(), 0);
}

#[test]
fn the_same_label_has_the_same_weights() {
    let g = flow("[4]", "[4]", "x -> cell: Dense(4) -> Relu -> [cell; 2] -> cell");
    assert_eq!(paths(&g), ["cell.weight", "cell.bias"]);
    assert_eq!(g.nodes.iter().filter(|node| node.params == [0, 1]).count(), 4);
    let names: Vec<&str> = g.nodes.iter().map(|node| node.path.as_str()).collect();
    assert_eq!(names, ["cell", "cell_relu", "cell_2", "cell_3", "cell_4"]);
    // Of equal parameter shapes, not equal inputs.
    let g =
        graph("pub N(a: [1, 8, 8], b: [1, 6, 6]) -> (p: [2, 6, 6], q: [2, 4, 4]) { (p: a -> head: Conv(2, 3), q: b -> head) }");
    assert_eq!(g.tensors.len(), 2);
    // Blocks and lists.
    let g = flow("[4]", "[4]", "block B(x) { x -> Dense(4) -> Relu } x -> b: B -> l: [Dense(4), Relu] -> b -> l");
    assert_eq!(paths(&g), ["b.dense.weight", "b.dense.bias", "l.0.weight", "l.0.bias"]);
    assert_eq!(g.nodes.len(), 8);
}

#[test]
fn unlabeled_layers_are_named_after_the_label_before() {
    let g = flow("[1, 8, 8]", "[2, 6, 6]", "x -> conv1: Conv(2, 3) -> Relu -> BatchNorm");
    assert_eq!(paths(&g)[2], "conv1_bn.weight");
    let g = flow("[1, 8, 8]", "[2, 6, 6]", "(x -> conv1: Conv(2, 3)) -> BatchNorm");
    assert_eq!(paths(&g)[2], "conv1_bn.weight");
    let g = flow("[1, 8, 8]", "[2, 6, 6]", "let y = x -> conv1: Conv(2, 3); y -> BatchNorm");
    assert_eq!(paths(&g)[2], "bn.weight");
    let g = flow("[1, 8, 8]", "[2, 6, 6]", "x -> conv1: Conv(2, 3) -> if true { BatchNorm -> Relu }");
    assert_eq!(paths(&g)[2], "conv1_bn.weight");
}

#[test]
fn keywords_as_labels() {
    let g = flow("[4]", "[4]", "x -> r#box: Dense(4) -> r#box");
    assert_eq!(paths(&g), ["box.weight", "box.bias"]);
}

#[test]
fn unlabeled_blocks_add_no_segment() {
    let g = flow("[4]", "[4]", "block B(x) { x -> fc: Dense(4) } x -> B -> s: B");
    assert_eq!(paths(&g), ["fc.weight", "fc.bias", "s.fc.weight", "s.fc.bias"]);
    assert_eq!(tree(&g), paths(&g));
}

#[test]
fn tuples() {
    let g = flow("[4]", "[4]", "block Swap(a, b) { (b, a) } let (p, q) = (x -> l: Dense(4), x) -> Swap; p + q");
    assert_eq!(g.nodes.len(), 2);
    let g = flow("[3, 8]", "[3, 4]", "let (y, (h, c)) = x -> a: Lstm(4, state = out); (y, (h, c)) -> b: Lstm(4)");
    assert_eq!(g.nodes[1].inputs.len(), 3);
    let g = flow("[3, 8]", "[3, 4]", "let (y, state) = x -> a: Lstm(4, state = out); (y, state) -> b: Lstm(4)");
    assert_eq!(g.nodes[1].inputs.len(), 3);
    let g = flow("[4, 8, 8]", "[2, 8, 8]", "let (a, b) = split(x, 2); let (c, d) = x -> split(2); a + b * (c - d)");
    assert_eq!(g.nodes.len(), 5);
    // A tuple may be one value of a block.
    let g = flow("[4]", "[4]", "block Sum(pair) { pair -> Add2 } block Add2(a, b) { a + b } (x, x) -> Sum");
    assert_eq!(g.nodes.len(), 1);
    let g = flow("[4]", "[12]", "let t = (x, x); concat(t, x)");
    assert_eq!(g.nodes[0].inputs.len(), 3);
}

#[test]
fn numbers_beside_values() {
    let g = flow("[4]", "[4]", "const HALF = 0.5; 1 - x * HALF + (2 * 3)");
    assert_eq!(g.nodes.len(), 3);
}

#[test]
fn outputs_are_found_by_name() {
    let g = graph("pub N(x: [4]) -> (a: [4], #[train] b: [5]) { let a = x -> Relu; (b: x -> Dense(5), a) }");
    let names: Vec<String> =
        g.outputs.iter().map(|o| format!("{}{}", o.name.as_ref().expect("a name"), if o.train { "*" } else { "" })).collect();
    assert_eq!(names, ["a", "b*"]);
    assert_eq!(g.values[g.outputs[1].value].ty.to_string(), "[5]");
    // Through an `if`, and from a network of the same outputs.
    let g = graph(
        "pub M(x: [4]) -> (a: [4], b: [4]) { (a: x -> Relu, b: x) } pub N(x: [4]) -> (a: [4], b: [4]) { if true { x -> m: net M } else { (a: x, b: x) } }",
    );
    assert_eq!(g.outputs.len(), 2);
}

#[test]
fn networks_are_inlined_wherever_they_stand() {
    let g = graph(
        "pub T(x: [4]) -> [4] { x -> t: net U } pub U(x: [4]) -> [4] { x -> fc: Dense(4) } pub N(x: [4]) -> [4] { x -> a: net T -> a -> net U }",
    );
    assert_eq!(paths(&g), ["a.t.fc.weight", "a.t.fc.bias", "a_u.fc.weight", "a_u.fc.bias"]);
    let field = &g.modules.fields[0];
    let fireclay_compiler::graph::FieldKind::Module(module) = &field.kind else { panic!("a module") };
    assert_eq!(module.network.as_ref().map(fireclay_compiler::carrier::text).as_deref(), Some("T"));
}

#[test]
fn frozen_reaches_all_within() {
    let g = flow("[1, 8, 8]", "[2, 6, 6]", "block B(x) { x -> c: Conv(2, 3) -> BatchNorm } x -> #[frozen] b: B -> d: Conv(2, 1)");
    assert!(g.tensors.iter().filter(|t| t.path.starts_with("b.")).all(|t| t.frozen));
    assert!(g.tensors.iter().filter(|t| t.path.starts_with("d.")).all(|t| !t.frozen));
    assert_eq!(g.nodes.iter().map(|node| node.frozen).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn types_as_sizes() {
    let all = clean(
        "pub Mlp<In: Dim, Out: Dim>(x: [In]) -> [Out] { const HIDDEN = 128; x -> fc1: Dense(HIDDEN) -> Relu -> fc2: Dense(Out) }",
    );
    assert_eq!(all[0].inputs[0].1.to_string(), "[In]");
    let g = all[0].graph.as_ref().expect("a graph");
    assert_eq!(g.values[g.outputs[0].value].ty.to_string(), "[Out]");
}

#[test]
fn indices_as_inputs() {
    let g = flow("[0..96; 64]", "[64, 8]", "x -> e: Embedding(8)");
    assert_eq!(g.values[0].ty, ValueType::Indices { bound: 96, len: 64 });
    let g = flow("[0..10]", "[8]", "x -> e: Embedding(8)");
    assert_eq!(g.values[0].ty, ValueType::Index { bound: 10 });
}

#[test]
fn borders_are_known_although_the_body_is_wrong() {
    let (lowered, report) = lower_common::run(
        "/// Doc.\n#[fireclay(step)] pub N(x: [4]) -> (y: [3], #[train] z: [5]) { x -> Nope } pub M(x: [4]) -> [4] { x -> Relu }",
    );
    assert!(!report.is_clean());
    assert!(lowered[0].graph.is_none());
    assert_eq!(lowered[0].inputs[0].1.to_string(), "[4]");
    assert_eq!(lowered[0].outputs[1].ty.to_string(), "[5]");
    assert!(lowered[0].outputs[1].train);
    assert_eq!(lowered[0].attrs.len(), 1);
    assert!(lowered[1].graph.is_some());
}

#[test]
fn weights_start_by_what_follows() {
    let mut g = flow(
        "[1, 8, 8]",
        "[4]",
        "x -> a: Conv(2, 3) -> BatchNorm -> Relu -> Flatten -> b: Dense(4) -> Tanh -> c: Dense(4, init = 0.5)",
    );
    settle(&mut g);
    let init = |path: &str| &g.tensors.iter().find(|t| t.path == path).expect("a tensor").init;
    assert!(matches!(init("a.weight"), Init::Scaled { uniform: false, .. }), "{:?}", init("a.weight"));
    assert!(matches!(init("b.weight"), Init::Scaled { uniform: true, .. }));
    assert!(matches!(init("c.weight"), Init::Constant(_)));
    assert!(g.tensors.iter().all(|t| !matches!(t.init, Init::Auto { .. })));
}

#[test]
fn values_are_called_as_they_are_written() {
    let g = flow("[4]", "[4]", "let a = x -> Relu; let b = a -> fc: Dense(4); a + b");
    let names: Vec<&str> = g.values.iter().map(|value| value.name.as_str()).collect();
    assert_eq!(names, ["x", "a", "fc", "add"]);
}

#[test]
fn whole_numbers_divide_to_a_fraction_where_one_is_taken() {
    let g = flow("[8]", "[8]", "x -> Dropout(1/4) -> LeakyRelu(slope = 3 / (2 * 8))");
    let written: Vec<String> = g.nodes.iter().map(|node| node.op.attributes().to_string()).collect();
    assert_eq!(written, ["Dropout(0.25)", "LeakyRelu(0.1875)"]);
    let g =
        flow("[8]", "[8]", "x -> fc: Dense(8, init = 1/4) -> Pow(1/2) -> DropPath(1/10) -> Quantize(1/64) -> Dequantize(1/64)");
    let written: Vec<String> = g.nodes.iter().map(|node| node.op.attributes().to_string()).collect();
    assert_eq!(written, ["Dense(8, init = 0.25)", "Pow(0.5)", "DropPath(0.1)", "Quantize(0.015625)", "Dequantize(0.015625)"]);
    // Elsewhere as in Rust.
    assert_eq!(flow("[8]", "[3]", "x -> a: Dense(7 / 2)").tensors[0].dims[0].num(), Some(3));
    let by_zero = errors("pub N(x: [8]) -> [8] { x -> Dropout(1/0) }");
    assert!(by_zero.len() == 1 && by_zero[0].1.contains('0'), "{by_zero:?}");
}

#[test]
fn a_default_may_be_lifted_for_one_layer() {
    let g = flow(
        "[3, 8, 8]",
        "[6, 8, 8]",
        "default Conv(weight = weight_norm, pad = same); x -> a: Conv(6, 3) -> b: Conv(6, 3, weight = plain)",
    );
    assert_eq!(paths(&g), ["a.weight.g", "a.weight.v", "a.bias", "b.weight", "b.bias"]);
    // The colors of masks say nothing of what has none, and one color is none.
    let g = flow(
        "[3, 8, 8]",
        "[6, 8, 8]",
        "default Conv(colors = 3, pad = same); x -> a: Conv(6, 3, mask = A) -> b: Conv(4, 3) -> c: Conv(6, 1, colors = 1)",
    );
    assert_eq!(g.nodes.len(), 3);
    let g = graph("pub N<C: Dim>(x: [C, 8, 8]) -> [4, 8, 8] { default Conv(colors = 3); x -> b: Conv(4, 3, pad = 1) }");
    assert_eq!(paths(&g), ["b.weight", "b.bias"]);
}
