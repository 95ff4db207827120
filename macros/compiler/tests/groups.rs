//! Groups that are not written, and how deep all may nest.

mod lower_common;

use fireclay_compiler::expand;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The tokens with `⟦…⟧` for invisible groups, which are written `invisible!(…)`.
fn tokens(text: &str) -> TokenStream {
    fn hide(tokens: TokenStream) -> TokenStream {
        let mut hidden = TokenStream::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(word) if word == "invisible" => {
                    tokens.next();
                    let Some(TokenTree::Group(group)) = tokens.next() else { panic!("invisible!(…)") };
                    hidden.extend([TokenTree::Group(Group::new(Delimiter::None, hide(group.stream())))]);
                }
                TokenTree::Group(group) => {
                    hidden.extend([TokenTree::Group(Group::new(group.delimiter(), hide(group.stream())))]);
                }
                token => hidden.extend([token]),
            }
        }
        hidden
    }
    hide(text.replace('⟦', "invisible!(").replace('⟧', ")").parse().expect("tokens"))
}

/// Both are the same declaration.
#[track_caller]
fn same(hidden: &str, written: &str) {
    let [hidden, written] = [tokens(hidden), tokens(written)].map(|tokens| {
        let code = expand(tokens).to_string();
        assert!(!code.contains("compile_error"), "{code}");
        // What editors see is the text as it stands, branches not taken too; behind it the carrier has a name of its own for each place.
        code.split("when_editor").next().expect("code").to_owned()
    });
    assert_eq!(hidden, written);
}

#[test]
fn an_invisible_group_stays_one_thing() {
    let net = |body: &str| format!("pub N(x: [2, 8, 8]) -> [12, 6, 6] {{ {body} }}");
    same(&net("x -> a: Conv(4 * ⟦2 + 1⟧, 3)"), &net("x -> a: Conv(12, 3)"));
    same(&net("x -> a: Conv(4 * ⟦⟦1 + 1⟧ + 1⟧, ⟦3⟧)"), &net("x -> a: Conv(12, 3)"));
    same(&net("x -> a: Conv(12, 3) -> LeakyRelu(1 - ⟦0.5 - 0.25⟧)"), &net("x -> a: Conv(12, 3) -> LeakyRelu(0.75)"));
    same(&net("x -> ⟦a⟧: ⟦Conv(12, 3)⟧ -> ⟦if 1 < 2 { Relu } else { Tanh }⟧"), &net("x -> a: Conv(12, 3) -> Relu"));
    same(&net("(x * ⟦-1⟧) -> a: Conv(12, 3, pad = ⟦(0, 0)⟧)"), &net("(x * -1) -> a: Conv(12, 3, pad = (0, 0))"));
    same(&net("x * ⟦x + x⟧ -> a: Conv(12, 3)"), &net("x * (x + x) -> a: Conv(12, 3)"));
    same(&net("x -> a: Conv(⟦if 1 < 2 { 3 } else { 4 } + 3⟧ * 2, 3)"), &net("x -> a: Conv(12, 3)"));
    same(&net("x -> a: Conv(-⟦-12⟧, 3) as ⟦[12, 6, 6]⟧"), &net("x -> a: Conv(12, 3) as [12, 6, 6]"));
    same(
        "⟦pub(crate)⟧ N(⟦x⟧: ⟦[4]⟧) -> ⟦[4]⟧ ⟦{ ⟦x⟧ }⟧ ⟦⟧ M(i: [⟦0..2 + 3⟧; ⟦4⟧]) -> [4, 2] { i -> e: ⟦Embedding(2)⟧ }",
        "pub(crate) N(x: [4]) -> [4] { x } M(i: [0..5; 4]) -> [4, 2] { i -> e: Embedding(2) }",
    );
    same(
        "#[⟦doc = \"Text.\"⟧] N(x: [4]) -> [5] { x -> [Dense(⟦i⟧ + 3); i in ⟦1..3⟧] }",
        "#[doc = \"Text.\"] N(x: [4]) -> [5] { x -> [Dense(i + 3); i in 1..3] }",
    );
}

/// As much as rustc gives a thread of its own; a debug build of the compiler needs most.
fn in_a_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(test).expect("a thread").join().expect("no overflow");
}

#[track_caller]
fn too_deep(declaration: &str) {
    let code = expand(declaration.parse().expect("tokens")).to_string();
    assert_eq!(code.matches("compile_error").count(), 1, "{}", &code[..code.len().min(2000)]);
    assert!(code.contains("a declaration nests at most 48 deep"), "{}", &code[..code.len().min(2000)]);
}

/// Everything that can nest, this deep.
fn nests(n: usize) -> Vec<String> {
    let nest = |open: &str, close: &str, inner: &str| format!("{}{inner}{}", open.repeat(n), close.repeat(n));
    let net = |body: String| format!("pub N(x: [4]) -> [4] {{ {body} }}");
    vec![
        net(nest("(", ")", "x")),
        net(format!("x -> Dense({})", nest("(", ")", "4"))),
        net(format!("x -> Dense({})", nest("[", "]", "4"))),
        net(format!("x -> {}", nest("[", "]", "Relu"))),
        net(nest("if true { ", " } else { x }", "x")),
        net(format!("x -> {}", nest("if true { ", " }", "Relu"))),
        net(format!("x -> Dense({})", nest("if true { ", " } else { 4 }", "4"))),
        net(nest("(x, ", ")", "x")),
        net(format!("let {} = x; x", nest("(", ")", "a"))),
        format!("pub N(x: {}) -> [4] {{ x }}", nest("[", "]", "4")),
        nest("block B(x) { ", "x }", ""),
        nest("{", "}", ""),
    ]
}

/// Everything that can stand in a row and is read as a nest.
fn rows(n: usize) -> Vec<String> {
    let net = |body: String| format!("pub N(x: [4]) -> [4] {{ {body} }}");
    vec![
        net(format!("x{}", " + x".repeat(n))),
        net(format!("x -> Dense(4{})", " + 0".repeat(n))),
        net(format!("x -> Dense({}4)", "- ".repeat(n))),
        net(format!("{}{{ x }}", "if false { x } else ".repeat(n))),
        net(format!("x -> {}{{ Relu }}", "if false { Relu } else ".repeat(n))),
        net(format!("x -> Dense({}{{ 4 }})", "if false { 4 } else ".repeat(n))),
        format!("pub N<A: {}Dim{}>(x: [A]) -> [4] {{ x -> Dense(4) }}", "X<".repeat(n), ">".repeat(n)),
        format!("pub N<A: {}Dim{}>(x: [A]) -> [4] {{ x -> Dense(4) }}", "X<Y, ".repeat(n), ">".repeat(n)),
        format!("pub N<A: Dim>(x: [A]) -> [4] where {}A: Dim {{ x -> Dense(4) }}", "&".repeat(n)),
    ]
}

#[test]
fn what_nests_too_deep_is_an_error() {
    in_a_small_stack(|| {
        for n in [3_000, 100_000] {
            nests(n).iter().chain(&rows(n)).for_each(|declaration| too_deep(declaration));
        }
    });
}

#[test]
fn what_nests_as_deep_as_it_may_fits_the_stack() {
    in_a_small_stack(|| {
        // Around it stand the braces of the network, and a bracket may need an operator beside it.
        for n in [30, 40, 46, 47, 48] {
            for declaration in nests(n).iter().chain(&rows(n)) {
                let _ = expand(declaration.parse().expect("tokens"));
            }
        }
    });
}

#[test]
fn a_long_declaration_is_not_a_deep_one() {
    let consts: String =
        (0..300).map(|i| format!("const A{i} = 1 + {i} << 1; const B{i} = if 1 < 2 {{ 3 }} else {{ 4 }};")).collect();
    let stages = " -> Dense(2 + 2)".repeat(300).replace(" -> D", " -> [D").replace(')', ")]");
    let declaration = format!("{consts} pub N(x: [4]) -> [4] {{ x -> [{}] }}", stages.trim_start_matches(" -> "));
    let (_, report) = lower_common::run(&declaration);
    assert!(!report.messages().iter().any(|message| message.text.contains("nests")), "{:?}", report.messages());
    let shifts = (0..200).map(|i| format!("1 << {i}")).collect::<Vec<_>>().join(", ");
    let (_, report) = lower_common::run(&format!("const A = ({shifts}); pub N(x: [4]) -> [4] {{ x }}"));
    assert!(!report.messages().iter().any(|message| message.text.contains("nests")), "{:?}", report.messages());
}
