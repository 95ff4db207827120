//! Constructs of the language beyond flows and blocks: the graphs that they give, and what is said where they do not fit.

mod lower_common;

use fireclay_compiler::graph::Graph;
use lower_common::{clean, errors, fails, paths};

/// The layers of a graph with what each gives.
fn layers(graph: &Graph) -> Vec<String> {
    let of = |node: &fireclay_compiler::graph::Node| format!("{} {}", node.op.attributes(), graph.values[node.outputs[0]].ty);
    graph.nodes.iter().map(of).collect()
}

const WINDOW: &str = "pub Window(image: [1, 14, 14], hint: [4]) -> (score: [4, 1, 1], more: [4]) {
    let y = image -> c1: Conv(2, 5) as [2, 10, 10] -> bn: BatchNorm -> MaxPool(2) -> c2: Conv(4, 5);
    (score: y, more: hint)
}\n";

#[test]
fn a_network_at_other_sizes() {
    // Before and after the one that it is, at the sizes of another one, and in another one.
    let source = format!(
        "pub Large = Sliding(hint: [9]);\n{WINDOW}pub Sliding = Window(image: [1, 64, 32]);
         pub Around(image: [1, 64, 32], hint: [4]) -> (score: [4, 26, 10], more: [4]) {{ (image, hint) -> inner: net Sliding }}"
    );
    let all = clean(&source);
    let graph = |name: &str| all.iter().find(|network| network.name == name).and_then(|n| n.graph.as_ref()).expect("a graph");
    let gives = |graph: &Graph| graph.outputs.iter().map(|o| graph.values[o.value].ty.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(gives(graph("Sliding")), "[4, 26, 10] [4]");
    assert_eq!(gives(graph("Large")), "[4, 26, 10] [9]");
    assert_eq!(gives(graph("Window")), "[4, 1, 1] [4]");
    let large = all.iter().find(|network| network.name == "Large").expect("Large");
    assert_eq!(
        large.inputs.iter().map(|(name, ty)| format!("{name}: {ty}")).collect::<Vec<_>>(),
        ["image: [1, 64, 32]", "hint: [9]"]
    );
    assert_eq!(large.outputs[0].name.as_ref().expect("a name"), "score");
    for name in ["Sliding", "Large"] {
        assert_eq!(paths(graph(name)), paths(graph("Window")));
        let own = graph(name).modules.network.as_ref().expect("the parameters of another one");
        assert!(own.is_ident(if name == "Large" { "Sliding" } else { "Window" }));
    }
    assert_eq!(paths(graph("Around"))[0], "inner.c1.weight");
}

#[test]
fn what_cannot_be_at_other_sizes() {
    let dense = "pub Small(image: [1, 8, 8]) -> [3] { image -> c: Conv(2, 3) -> Flatten -> fc: Dense(3) }\n";
    fails(
        &format!("{dense}pub Large = Small(image: [1, 16, 16]);"),
        "Dense",
        "fc.weight has the shape [3, 72] in Small, and would have [3, 392] at these sizes; the parameters are Small's own\n  \
         help: a `Dense` sees all of its input; a `Conv` with a kernel as large as its map, or `GlobalAvgPool` before it, takes any size\n  \
         in Small, used in line 2",
    );
    fails(
        &format!("{dense}pub Tiny = Small(image: [1, 2, 2]);"),
        "3",
        "c: a 3×3 kernel does not fit its 2×2 input\n  input: [1, 2, 2], the input image\n  with pad = 0 the kernel may be at most 2×2\n  \
         help: pad = 1 gives [2, 2, 2]; pad = same gives [2, 2, 2]\n  in Small, used in line 2",
    );
    fails(
        &format!("{dense}pub Large = Small(imge: [1, 16, 16]);"),
        "imge",
        "Small has no input `imge`: it takes image\n  help: did you mean `image`?",
    );
    fails(
        &format!("{dense}pub Large = Smal(image: [1, 16, 16]);"),
        "Smal",
        "no network is called `Smal`\n  help: did you mean `Small`?",
    );
    fails("pub A = B(x: [1]); pub B = A(x: [2]);", "A", "networks that are each other at other sizes: A → B → A");
    fails(
        "pub M<N: Dim>(x: [N]) -> [N] { x -> Relu } pub A = M(x: [1]);",
        "M",
        "not yet: M, a network with type parameters, at other sizes",
    );
    let grows = "pub Small(x: [4]) -> [2] { x -> if x.features > 4 { more: Dense(4) } -> fc: Dense(2) }\n";
    fails(
        &format!("{grows}pub Large = Small(x: [8]);"),
        "Dense",
        "Small has the parameter fc.weight here, and would have more.weight at these sizes; the parameters are Small's own\n  in Small, used in line 2",
    );
    for source in ["pub A = B;", "pub A = B();"] {
        let text =
            "a network that is another one at other sizes names its inputs\n  help: `pub Large = Small(image: [1, 64, 64]);`";
        assert_eq!(errors(source)[0].1, text, "{source}");
    }
}

/// `..` puts the values of a tuple where one value would stand.
#[test]
fn splices() {
    let block = "block Pair(a, b) { (sum: a + b, product: a * b) } block Three(a, b, c) { concat(a, b, c) }\n";
    let body = |body: &str| format!("{block}pub N(x: [4]) -> [12] {{ {body} }}");
    for text in [
        "let p = (x, x) -> Pair; concat(..p, x)",
        "let p = (x, x) -> Pair; (..p, x) -> Three",
        "(x, ..((x, x) -> Pair)) -> Three",
        "let (a, b, c) = (..(..(x, x) -> Pair), ..x); (a, b, c) -> Three",
    ] {
        let graph = lower_common::graph(&body(text));
        assert_eq!(layers(&graph), ["add [4]", "mul [4]", "concat [12]"], "{text}");
    }
    // Names come along.
    let graph =
        lower_common::graph(&format!("{block}pub N(x: [4]) -> (product: [4], sum: [4], x: [4]) {{ (..((x, x) -> Pair), x) }}"));
    assert_eq!(graph.outputs.iter().map(|o| o.value).collect::<Vec<_>>(), [2, 1, 0]);

    let source = body("let p = (x, x) -> Pair; (..p, x, x) -> Three");
    fails(&source, "Three", "Three takes 3 values: a, b, c; it receives 4");
    fails(
        &body("let p = (x, x -> Dense(5)); mean(..p) -> Dense(12)"),
        "p",
        "mean: the values must have one shape; value 2 (value 2 of `p`) is [5], the first is [4]",
    );
    let text = "`..` puts in the values of a tuple, with the names that they have: there is no name for all of them";
    assert_eq!(errors(&body("let p = (x, x); concat(..a: p, x)"))[0].1, text);
}

/// What does the same to each row becomes one operation on all of them; the rest is put in for each element.
#[test]
fn each_element() {
    let graph = lower_common::flow(
        "[6, 4, 3, 3]",
        "[6, 5]",
        "x -> each(Flatten -> fc: Dense(8) -> Relu -> Dropout -> out: Dense(5) -> Softmax)",
    );
    let wanted = [
        "each [6, 4, 3, 3]",
        "Flatten [6, 36]",
        "Dense(8) [6, 8]",
        "Relu [6, 8]",
        "Dropout [6, 8]",
        "Dense(5) [6, 5]",
        "Softmax [6, 5]",
    ];
    assert_eq!(layers(&graph), wanted);
    assert_eq!(paths(&graph), ["fc.weight", "fc.bias", "out.weight", "out.bias"]);

    let graph = lower_common::flow("[2, 3, 4, 4]", "[2, 5, 4, 4]", "x -> inner: each(c: Conv(5, 1) -> Relu)");
    let wanted = [
        "each [3, 4, 4]",
        "Conv(5, 1) [5, 4, 4]",
        "Relu [5, 4, 4]",
        "Conv(5, 1) [5, 4, 4]",
        "Relu [5, 4, 4]",
        "each [2, 5, 4, 4]",
    ];
    assert_eq!(layers(&graph), wanted);
    assert_eq!(paths(&graph), ["inner.c.weight", "inner.c.bias"]);
    assert_eq!((graph.nodes[0].outputs.len(), graph.nodes[5].inputs.len()), (2, 2));
    let graph =
        lower_common::flow("[2, 3, 4, 4]", "[2, 3, 4, 4]", "x -> inner: each(c: Conv(3, 1) -> Relu) -> inner -> [inner; 2]");
    assert_eq!((paths(&graph).len(), graph.nodes.len()), (2, 4 * 6));

    // What is dropped is dropped for each element by itself.
    let graph = lower_common::flow("[2, 4]", "[2, 4]", "x -> each(DropPath(0.1) -> Relu)");
    let wanted = ["each [4]", "DropPath(0.1) [4]", "Relu [4]", "DropPath(0.1) [4]", "Relu [4]", "each [2, 4]"];
    assert_eq!(layers(&graph), wanted);

    // Blocks, labels from outside, and a value that is in turn taken apart.
    let graph = lower_common::graph(
        "block Twice(x; n) { let h = x -> a: Dense(n) -> Tanh; h + (h -> a -> Tanh) }
         pub N(x: [3, 4], y: [4]) -> [3, 4] { let z = y -> cell: Dense(4); (x -> each(Twice(4) -> cell)) * (z -> Reshape([1, 4])) }",
    );
    assert_eq!(paths(&graph), ["cell.weight", "cell.bias", "a.weight", "a.bias"]);
    assert_eq!(layers(&graph).iter().filter(|layer| layer.ends_with("[3, 4]")).count(), 8);

    // Step by step each element is the step.
    let step = "#[fireclay(step)] pub N(x: [9, 4]) -> [9, 2] { x -> each(fc: Dense(3) -> Relu -> out: Dense(2)) -> rnn: Rnn(2) }";
    let lowered = clean(step).remove(0);
    assert_eq!(layers(lowered.step.as_ref().expect("steps"))[..2], ["each [1, 4]", "Dense(3) [1, 3]"]);

    lower_common::fails(
        "pub N<H: Dim>(x: [2, 4]) -> [2, H] { x -> each(Dense(H) -> DropPath(0.1)) }",
        "each",
        "not yet: `each` of results whose sizes are types",
    );

    let fails = |body: &str, token: &str, text: &str| {
        lower_common::fails(
            &format!("pub N(x: [8, 6, 6], y: [3, 4], z: [2, 3, 5, 5]) -> [3, 4] {{ let _x = (x, y, z); {body} }}"),
            token,
            text,
        )
    };
    fails(
        "x -> each(Relu)",
        "each",
        "each: goes along [time, features] or [regions, channels, height, width]; this value is [8, 6, 6]",
    );
    fails("(y, y) -> each(Relu)", "each", "each: takes one value, not a tuple of 2");
    fails(
        "y -> each(Reshape([2, 2]))",
        "each",
        "each: each element becomes [features] or [channels, height, width]; here it becomes [2, 2]\n  help: `Flatten` at its end",
    );
    fails(
        "y -> each(fc: Dense(5) -> Conv(2, 3))",
        "Conv",
        "Conv takes [channels, height, width]; it receives [5]\n  input: [5], from fc just before\n  help: put `-> Reshape([5, 1, 1])` before it, or another shape of 5 numbers",
    );
    fails(
        "let _z = z -> each(Conv(2, 3) -> BatchNorm); y",
        "BatchNorm",
        "BatchNorm takes its statistics of all samples at once, and here there is a separate BatchNorm run for each element\n  \
         help: before `each`, or a `GroupNorm` within",
    );
    assert_eq!(
        errors("pub N(x: [3, 4]) -> [3, 4] { x -> each }")[0].1,
        "`each` and `scan` take stages\n  help: `each(Dense(64) -> Relu)`, `scan(Cell(64))`"
    );
}

#[test]
fn scans() {
    let cell = "block Cell(x, h; n) { let h = concat(x, h) -> fc: Dense(n) -> Tanh; (h, h) }\n";
    let graph = lower_common::graph(&format!(
        "{cell}pub N(x: [3, 4], h: [5]) -> (y: [3, 5], h: [5]) {{ let (y, h) = (x, h) -> rnn: scan(Cell(5)); (y, h) }}"
    ));
    assert_eq!(paths(&graph), ["rnn.fc.weight", "rnn.fc.bias"]);
    let one = ["concat [9]", "Dense(5) [5]", "Tanh [5]"];
    let wanted = [&["scan [4]"][..], &one, &one, &one, &["scan [3, 5]"]].concat();
    assert_eq!(layers(&graph), wanted);

    let fails = |body: &str, token: &str, text: &str| {
        let source = format!(
            "block Cell(x, h; n) {{ let h = concat(x, h) -> fc: Dense(n) -> Tanh; (h, h) }}\npub N(x: [3, 4], h: [5]) -> [3, 5] {{ {body} }}"
        );
        lower_common::fails(&source, token, text);
    };
    fails("let (y, _) = (x, h) -> scan(Cell(6)); y", "scan", "scan: state 1 is [5] before a step and [6] after it");
    fails(
        "let _h = h; x -> scan(Cell(5))",
        "scan",
        "scan: takes a sequence and the first state: `(sequence, state) -> scan(Cell(64))`",
    );
    fails(
        "let (y, _) = (h, x) -> scan(Cell(5)); y",
        "scan",
        "scan: goes along [time, features] or [regions, channels, height, width]; this value is [5]",
    );
    let one = "block One(x, h) { concat(x, h) -> fc: Dense(6) }\n";
    lower_common::fails(
        &format!("{one}pub N(x: [3, 4], h: [5]) -> [3, 5] {{ let (y, _) = (x, h) -> scan(One); y }}"),
        "scan",
        "scan: state 1 is [5] before a step and [6] after it\n  help: the state keeps its shape; a step with a result of its own gives both, `(y, next)`",
    );
    let step =
        format!("{cell}#[fireclay(step)] pub N(x: [3, 4], h: [5]) -> [3, 5] {{ let (y, _) = (x, h) -> scan(Cell(5)); y }}");
    assert!(errors(&step)[0].1.contains("scan: step by step the state is carried"), "{:?}", errors(&step));
    lower_common::graph(&step.replace(", h: [5]", "").replace("(x, h) -> scan", "(x, zeros([5])) -> scan"));

    // What gives its next state alone has that as its result.
    let state = "block State(x, h) { concat(x, h) -> fc: Dense(5) }\n";
    let graph = lower_common::graph(&format!(
        "{state}pub N(x: [3, 4], h: [5]) -> (y: [3, 5], h: [5]) {{ let (y, h) = (x, h) -> scan(State); (y, h) }}"
    ));
    assert_eq!(layers(&graph).last().map(String::as_str), Some("scan [3, 5]"));
    let graph = lower_common::graph(
        "pub N(x: [2, 4], h: [5], c: [5]) -> (y: [2, 5], c: [5]) { let (y, (_h, c)) = (x, (h, c)) -> r: scan(LstmCell(5)); (y, c) }",
    );
    assert_eq!(paths(&graph), ["r.weight_ih", "r.weight_hh", "r.bias_ih", "r.bias_hh"]);
}

#[test]
fn uses_that_are_wrong() {
    let text = "`use` brings one block\n  help: `use zoo::Basic;`, or `use zoo::Basic as Residual;`";
    for source in ["use zoo::{A, B};", "use zoo::*;"] {
        assert_eq!(errors(source)[0].1, text, "{source}");
    }
    assert_eq!(errors("pub use zoo::Basic;")[0].1, "`use` brings a block into this `network!` alone: it has no `pub`");
    assert!(
        errors("use zoo::Basic; block Basic(x) { x } pub N(x: [4]) -> [4] { x -> Basic }")[0]
            .1
            .starts_with("not yet: `use zoo::Basic;`")
    );
    assert_eq!(
        errors("pub const N = 3; pub M(x: [N]) -> [3] { x -> Relu }")[0].1,
        "a `const` or `default` is known in its own `network!` alone: it has no `pub`"
    );
}

#[test]
fn ties() {
    let graph = lower_common::graph(
        "block Encoder(x) { x -> fc: Dense(5) -> Tanh }
         pub N(x: [12]) -> [12] { x -> encoder: Encoder -> out: Dense(12, weight = tie(encoder.fc)) -> Tanh -> [encoder; 1] -> out }",
    );
    assert_eq!(paths(&graph), ["encoder.fc.weight", "encoder.fc.bias", "out.bias"]);
    assert_eq!(graph.nodes.iter().filter(|node| node.params.first() == Some(&0)).count(), 4);
    let graph = lower_common::graph(
        "pub N(t: [0..9; 6]) -> [6, 9] { t -> embed: Embedding(4) -> out: Dense(9, bias = false, weight = tie(embed)) }",
    );
    assert_eq!(paths(&graph), ["embed.weight"]);
    assert_eq!(layers(&graph)[1], "Dense(9, bias = false, weight = tie(embed)) [6, 9]");
    let graph = lower_common::flow(
        "[2, 6, 6]",
        "[2, 6, 6]",
        "x -> c: Conv(4, 3, groups = 2) -> up: ConvTranspose(2, 3, groups = 2, weight = tie(c))",
    );
    assert_eq!(paths(&graph), ["c.weight", "c.bias", "up.bias"]);

    let fails =
        |body: &str, token: &str, text: &str| lower_common::fails(&format!("pub N(x: [12]) -> [12] {{ {body} }}"), token, text);
    fails(
        "x -> fc: Dense(5) -> Dense(12, weight = tie(fcc))",
        "tie",
        "tie: nothing before it is labeled `fcc`\n  help: did you mean `fc`?",
    );
    fails("x -> act: Tanh -> Dense(12, weight = tie(act))", "tie", "tie: `act` is no layer with a weight");
    fails(
        "x -> fc: Dense(5) -> Tanh -> out: Dense(11, weight = tie(fc)) -> Dense(12)",
        "tie",
        "out: the weight of fc is [5, 12], and here it must be [5, 11]\n  input: [5], from fc two stages before",
    );
    fails(
        "x -> gn: GroupNorm(2) -> Dense(12, weight = tie(gn))",
        "tie",
        "Dense: gn is a GroupNorm; the weight may be that of Dense or Embedding",
    );
    lower_common::fails(
        "pub N(x: [2, 6, 6]) -> [2, 6, 6] { x -> c: Conv(4, 3, pad = same, mask = B) -> up: ConvTranspose(2, 3, pad = 1, weight = tie(c)) }",
        "tie",
        "not yet: the weight of a masked convolution in another layer",
    );
    fails(
        "x -> fc: Dense(5) -> Dense(12, weight = 3)",
        "3",
        "Dense: weight takes plain, weight_norm, spectral_norm or the weight of another layer, not `3`\n  help: weight = tie(label)",
    );
    for form in ["weight_norm", "spectral_norm"] {
        let body = format!("x -> fc: Dense(5, weight = {form}) -> Dense(12, weight = tie(fc))");
        fails(&body, "tie", "not yet: a weight that is normalized in another layer");
    }
    lower_common::fails(
        "block A(x) { x -> fc: Dense(5, weight = spectral_norm) } pub N(x: [12]) -> [12] { x -> a: A -> Dense(12, weight = tie(a.fc)) }",
        "tie",
        "not yet: a weight that is normalized in another layer",
    );
    lower_common::fails(
        "pub N(x: [12, 4]) -> [12, 4] { x -> a: Conv1d(4, 1) -> Conv1d(4, 1, weight = tie(a)) }",
        "tie",
        "Conv1d: not yet: the weight of another layer here; a Dense or a ConvTranspose may have it",
    );
    fails(
        "x -> fc: Dense(5) -> Dense(12, init = zeros, weight = tie(fc))",
        "zeros",
        "Dense: the weight begins as that of fc: there is no `init` here",
    );
    fails(
        "x -> fc: Dense(5) -> #[frozen] Dense(12, weight = tie(fc))",
        "tie",
        "the weight of `fc` learns, so it cannot be frozen here\n  help: `#[frozen]` before `fc`",
    );
    assert_eq!(
        errors("pub N(x: [12]) -> [12] { x -> Dense(12, weight = tie(3)) }")[0].1,
        "`tie` takes a label, such as `tie(fc)` or `tie(encoder.fc)`"
    );
}

/// A parametrized weight is one weight, wherever its label stands again, and its parts are what a network has.
#[test]
fn parametrized_weights() {
    let graph = lower_common::graph(
        "default Dense(weight = spectral_norm); \
         block B(x) { x -> fc: Dense(6) -> own: Dense(6, weight = weight_norm, bias = false) } \
         pub N(x: [6]) -> [6] { x -> b: B -> b -> last: Dense(6) -> last }",
    );
    let parts = ["b.fc.weight.original", "b.fc.weight.u", "b.fc.weight.v", "b.fc.bias", "b.own.weight.g", "b.own.weight.v"];
    let last = ["last.weight.original", "last.weight.u", "last.weight.v", "last.bias"];
    assert_eq!(lower_common::tree(&graph), [&parts[..], &last[..]].concat());
    let read = |node: usize| &graph.nodes[node].params;
    assert_eq!((read(0), read(1), read(4)), (read(2), read(3), read(5)));
    let weight = &graph.tensors[read(0)[0]];
    assert_eq!((weight.path.as_str(), weight.parametrized.as_ref().map(|made| made.from.len())), ("b.fc.weight", Some(3)));

    let shapes = "block B(x) { x -> fc: Dense(6, weight = weight_norm) } pub N(x: [4]) -> [6] { x -> b: B -> b }";
    assert!(errors(shapes)[0].1.contains("weight.v"), "{:?}", errors(shapes));
}
