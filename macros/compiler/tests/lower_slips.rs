//! Slips of the pen: what was meant is clear, so the rest of the declaration is still looked at. And names that stand before what they name.

mod lower_common;

use lower_common::{errors, fails, graph, run};

fn texts(source: &str) -> Vec<String> {
    errors(source).into_iter().map(|(_, text)| text).collect()
}

#[test]
fn a_constant_may_be_used_before_it_stands() {
    let after = "const SIZE = 4;";
    for source in [
        "const WIDTH = SIZE * 2; const SIZE = 4; pub N(x: [4]) -> [8] { x -> fc: Dense(WIDTH) }",
        "pub N(x: [SIZE]) -> [2 * SIZE] { x -> fc: Dense(WIDTH) } const WIDTH = 2 * SIZE; const SIZE = 4;",
        "pub N(x: [4]) -> [8] { let y = x -> fc: Dense(WIDTH); const WIDTH = 2 * SIZE; y } const SIZE = 4;",
        "default Dense(bias = BIAS); const BIAS = 1 > 2; pub N(x: [4]) -> [8] { x -> fc: Dense(8) -> Relu }",
        "block B(x; n = WIDTH) { x -> fc: Dense(n) } pub N(x: [4]) -> [8] { x -> b: B } const WIDTH = HALF * 2; const HALF = 4;",
        // The nearer one counts, wherever in its braces it stands.
        "const W = 3; pub N(x: [4]) -> [8] { let y = x -> fc: Dense(W); const W = 8; y }",
        // A value that is bound before it is read as always.
        "pub N(x: [4]) -> [8] { let y = x -> a: Dense(2); const W = y.features * 4; y -> fc: Dense(W) }",
        "pub N(x: [4]) -> [8] { const V = 2 * W; const W = x.features; x -> fc: Dense(V) }",
    ] {
        let g = graph(source);
        assert_eq!(g.values[g.outputs[0].value].ty.to_string(), "[8]", "{source}");
    }
    // The mistakes of a constant are said once, where it stands.
    fails(
        &format!("const A = B + B; const B = {after} 1 / 0; pub N(x: [4]) -> [4] {{ x -> fc: Dense(A) }}").replace(after, ""),
        "/",
        "1 / 0: division by zero",
    );
    fails(
        "const WIDTH = SIZE * 2; pub N(x: [4]) -> [4] { x -> fc: Dense(WIDTH) }",
        "SIZE",
        "`SIZE` is not declared in this network!; a constant of Rust around it cannot be seen here\n  help: declare `const SIZE = …;` inside network!",
    );
}

#[test]
fn constants_in_a_circle() {
    let circle = |consts: &str| errors(&format!("{consts} pub N(x: [4]) -> [4] {{ x -> fc: Dense(A) }}"));
    let said = |token: &str, text: &str| vec![(token.to_owned(), text.to_owned())];
    assert_eq!(circle("const A = B; const B = A;"), said("A", "the constant A is computed from itself: A → B → A"));
    assert_eq!(circle("const A = A + 1;"), said("A", "the constant A is computed from itself: A → A"));
    assert_eq!(
        circle("const A = 2 * B; const B = if true { C } else { 1 }; const C = A + D; const D = 1;"),
        said("A", "the constant A is computed from itself: A → B → C → A")
    );
    // Who is not part of it is only what led there.
    assert_eq!(circle("const A = B; const B = C; const C = B;"), said("B", "the constant B is computed from itself: B → C → B"));
    fails(
        "const A = 1;\nconst A = 2;\npub N(x: [4]) -> [1] { x -> fc: Dense(A) }",
        "A",
        "a constant called A stands in line 1 already",
    );
}

#[test]
fn a_long_chain_of_constants_ends() {
    let consts: String = (0..3000).map(|i| format!("const C{i} = C{} + C{};", i + 1, i + 1)).collect();
    let all = texts(&format!("{consts} const C3000 = 0; pub N(x: [4]) -> [4] {{ x -> fc: Dense(C0 + 4) }}"));
    assert!(all.iter().all(|text| text == "this is nested too deeply"), "{:?}", all.first());
    let all = texts(&format!("{consts} pub N(x: [4]) -> [4] {{ x -> fc: Dense(C0 + 4) }}"));
    assert!(!all.is_empty());
}

#[test]
fn literals_are_no_names() {
    let text = "`true` and `false` are literals, no names\n  help: another name, such as `yes`";
    fails("pub N(x: [4]) -> [4] { x -> true: Dense(4) }", "true", text);
    assert_eq!(texts("pub N(true: [4]) -> [4] { true -> fc: Dense(4) }"), [text, text]);
    fails("pub N(x: [4]) -> (false: [4]) { (no: x -> fc: Dense(4)) }", "false", text);
    fails("pub N(x: [4]) -> [4] { x -> 1x1: Dense(4) }", "1x1", "a label starts with a letter");
}

#[test]
fn parameters_that_are_no_sizes() {
    fails(
        "pub N<const A: usize>(x: [A]) -> [4] { x -> fc: Dense(4) }",
        "const",
        "a size that is a parameter is a type here, of the trait `Dim`\n  help: `<A: Dim>`, given as `Const<128>`",
    );
    fails(
        "pub N<'a>(x: [4]) -> [4] { x -> fc: Dense(4) }",
        "'a",
        "a network borrows nothing, so it has no lifetimes\n  help: a size is `<In: Dim>`",
    );
    fails(
        "pub N<In>(x: [In]) -> [4] { x -> fc: Dense(4) }",
        "In",
        "a parameter of a network is a size, of the trait `Dim`\n  help: `<In: Dim>`",
    );
    assert_eq!(errors("pub N<In>(x: [In]) -> [4] where In: Dim { x -> fc: Dense(4) }"), []);
    // What stands in for it names only sizes.
    let tokens = "pub N<'a, const A: usize>(x: [A]) -> [4] { x -> fc: Dense(4) }".parse().expect("tokens");
    let code = fireclay_compiler::expand(tokens).to_string();
    assert!(code.contains("struct N < A : :: fireclay :: Dim >") && !code.contains("'a"), "{code}");
}

#[test]
fn a_stray_semicolon_hides_nothing() {
    for (source, slip) in [
        (
            "pub N(x: [4]) -> [4] { x -> fc: Dnese(4); }",
            "a body ends with the flow it results in, without `;`\n  help: remove the `;`",
        ),
        (
            "pub N(x: [4]) -> [4] { x -> Relu; -> fc: Dnese(4) }",
            "this `;` ends the flow, and `->` goes on with it\n  help: remove the `;`",
        ),
        (
            "pub N(x: [4]) -> [4] { let y = x -> Relu; -> fc: Dnese(4); y }",
            "this `;` ends the flow, and `->` goes on with it\n  help: remove the `;`",
        ),
        ("pub N(x: [4]) -> [4] { let y = x -> Relu;; y -> fc: Dnese(4) }", "nothing ends here\n  help: remove this `;`"),
        ("pub N(x: [4]) -> [4] { ; x -> fc: Dnese(4) }", "nothing ends here\n  help: remove this `;`"),
        (
            "pub M(x: [4]) -> [4] { x -> Relu }; pub N(x: [4]) -> [4] { x -> fc: Dnese(4) }",
            "nothing ends here\n  help: remove this `;`",
        ),
        ("pub N(x: [4]) -> [4] { let y = x -> Relu let z = y -> fc: Dnese(4); z }", "a `let` ends with `;`"),
        ("const A = 4 pub N(x: [4]) -> [4] { x -> fc: Dnese(A) }", "expected `;`"),
    ] {
        let meant = "no layer or block is called `Dnese`\n  help: did you mean `Dense`?";
        let (networks, _) = run(source);
        assert!(networks.iter().any(|network| network.graph.is_none()));
        assert_eq!(texts(source), [slip, meant], "{source}");
    }
    // The same without the misspelling: one message.
    assert_eq!(texts("pub N(x: [4]) -> [4] { x -> Relu; -> fc: Dense(4) }").len(), 1);
    assert_eq!(texts("pub N(x: [4]) -> [4] { x -> fc: Dense(4); }").len(), 1);
}

#[test]
fn a_body_that_cannot_be_read_hides_only_its_own() {
    let broken = "pub M(x: [4]) -> [4] { let y x; y -> Dnese(4) }";
    let other = "pub N(x: [4]) -> [4] { x -> fc: Dnese(4) }";
    let all = texts(&format!("{broken} {other}"));
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!(all[1], "no layer or block is called `Dnese`\n  help: did you mean `Dense`?");
    // What uses it says nothing.
    let all = texts(&format!("{broken} pub N(x: [4]) -> [4] {{ x -> m: net M -> fc: Dense(5) }}"));
    assert_eq!(all.len(), 1, "{all:?}");
    // A block or a constant that cannot be read is missed everywhere.
    let all = texts(&format!("const A = ; {other}"));
    assert_eq!(all.len(), 1, "{all:?}");
    // Networks of other modules were not fetched, so nothing is known of them.
    let all = texts("pub N(x: [4]) -> [4] { x -> t: net zoo::Trunk -> fc: Dense(4); }");
    assert_eq!(all, ["a body ends with the flow it results in, without `;`\n  help: remove the `;`"]);
}

#[test]
fn layers_of_pytorch_are_told_their_inputs_wherever_they_stand() {
    // What comes out of the first is not known after its mistake.
    let text: String = errors("pub N(x: [784]) -> [11] { x -> fc1: Linear(784, 128) -> Relu -> fc2: Linear(128, 11) }")
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert!(text.contains("`Dense(128)`") && text.contains("`Dense(11)`"), "{text}");
}
