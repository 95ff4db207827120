//! What the parser reads, what it says where it cannot, and that no tokens make it panic.

#![allow(missing_docs, reason = "a test")]

use fireclay_compiler::report::Report;
use fireclay_compiler::syntax;
use fireclay_compiler::syntax::ast::{Body, Expr, ExprKind, File, Item, Network, Pattern, Repeat, Stage, StageKind};
use fireclay_compiler::syntax::ast::{Statement, Term, TermKind, TermOp, ValueKind};

// Reading.

fn parse(source: &str) -> (File, Vec<(String, String)>) {
    let mut report = Report::default();
    let file = syntax::parse(source.parse().expect("tokens"), &mut report);
    let said = report.messages().iter().map(|m| (m.span.source_text().unwrap_or_default(), m.text.clone())).collect();
    (file, said)
}

#[track_caller]
fn reads(source: &str) -> File {
    let (file, said) = parse(source);
    assert_eq!(said, [], "{source}");
    file
}

#[track_caller]
fn network(source: &str) -> Network {
    let found = reads(source).items.into_iter().find_map(|item| match item {
        Item::Network(network) => Some(network),
        _ => None,
    });
    found.expect("a network")
}

#[track_caller]
fn body(text: &str) -> Body {
    network(&format!("pub N(x: [8]) -> [4] {{ {text} }}")).body.expect("a body")
}

#[track_caller]
fn flow(text: &str) -> Expr {
    body(text).result.expect("a result")
}

/// The stages after `x`.
#[track_caller]
fn stages(text: &str) -> Vec<Stage> {
    match flow(&format!("x -> {text}")).kind {
        ExprKind::Flow(_, stages) => stages,
        other => panic!("{other:?}"),
    }
}

/// The argument of `x -> A(…)`.
#[track_caller]
fn term(text: &str) -> String {
    match &stages(&format!("A({text})"))[0].kind {
        StageKind::Apply { args, .. } => show(&args[0].value),
        other => panic!("{other:?}"),
    }
}

/// A term with all of its brackets.
fn show(term: &Term) -> String {
    let all = |items: &[Term]| items.iter().map(show).collect::<Vec<_>>().join(", ");
    match &term.kind {
        TermKind::Int(n) => n.to_string(),
        TermKind::Float(x) => format!("{x:?}"),
        TermKind::Bool(b) => b.to_string(),
        TermKind::Name(name) | TermKind::Quoted(name) => name.to_string(),
        TermKind::Field(value, field) => format!("{value}.{field}"),
        TermKind::Path(path) => path.segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>().join("::"),
        TermKind::Unary(op, a) => format!("({op:?} {})", show(a)),
        TermKind::Binary(a, op, b) => format!("({} {op:?} {})", show(a), show(b)),
        TermKind::If(c, a, b) => format!("if {} {{{}}} else {{{}}}", show(c), show(a), show(b)),
        TermKind::Tuple(items) => format!("({})", all(items)),
        TermKind::List(items) => format!("[{}]", all(items)),
        TermKind::Wild => "_".to_owned(),
        TermKind::Tie(names) => format!("tie({})", names.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")),
        TermKind::Range(a, b) => format!("{}..{}", show(a), show(b)),
    }
}

/// A flow with all of its brackets.
fn show_flow(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Value(name) => name.to_string(),
        ExprKind::Number(term) => show(term),
        ExprKind::Flow(source, stages) => format!("{{{}{}}}", show_flow(source), show_stages(stages)),
        ExprKind::Binary(a, op, _, b) => {
            format!("({} {} {})", show_flow(a), op.symbol(), show_flow(b))
        }
        ExprKind::Tuple(elements) => {
            let element = |e: &syntax::ast::Element| {
                let name = e.name.as_ref().map(|n| format!("{n}: ")).unwrap_or_default();
                format!("{name}{}{}", if e.splice.is_some() { ".." } else { "" }, show_flow(&e.value))
            };
            format!("<{}>", elements.iter().map(element).collect::<Vec<_>>().join(", "))
        }
        ExprKind::If(branch) => format!("if {}", show(&branch.condition)),
        ExprKind::Call(call) => {
            let values = call.values.iter().map(|e| show_flow(&e.value));
            let args = call.args.iter().map(|a| match &a.name {
                Some(name) => format!("{name} = {}", show(&a.value)),
                None => show(&a.value),
            });
            format!("{}({})", call.name, values.chain(args).collect::<Vec<_>>().join(", "))
        }
    }
}

fn show_stages(stages: &[Stage]) -> String {
    stages.iter().map(|stage| format!(" -> {}", show_stage(stage))).collect()
}

fn show_stage(stage: &Stage) -> String {
    let frozen = if stage.frozen.is_some() { "frozen " } else { "" };
    let label = stage.label.as_ref().map(|l| format!("{l}: ")).unwrap_or_default();
    let kind = match &stage.kind {
        StageKind::Apply { name, args } if args.is_empty() => name.to_string(),
        StageKind::Apply { name, args } => {
            let args = args.iter().map(|a| match &a.name {
                Some(name) => format!("{name} = {}", show(&a.value)),
                None => show(&a.value),
            });
            format!("{name}({})", args.collect::<Vec<_>>().join(", "))
        }
        StageKind::List { elements, repeat } => {
            let elements = elements.iter().map(|chain| chain.iter().map(show_stage).collect::<Vec<_>>().join(" -> "));
            let repeat = match repeat {
                None => String::new(),
                Some(Repeat::Times(n)) => format!("; {}", show(n)),
                Some(Repeat::Over(i, from, to)) => format!("; {i} in {}..{}", show(from), show(to)),
            };
            format!("[{}{repeat}]", elements.collect::<Vec<_>>().join(", "))
        }
        StageKind::Net { path, .. } => {
            format!("net {}", path.segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>().join("::"))
        }
        StageKind::If { condition, then, otherwise } => {
            format!("if {} {{{}}} else {{{}}}", show(condition), show_stages(then), show_stages(otherwise))
        }
        StageKind::Each(chain) => format!("each({})", show_stages(chain)),
        StageKind::Scan(chain) => format!("scan({})", show_stages(chain)),
    };
    let annotation = if stage.annotation.is_some() { " as" } else { "" };
    format!("{frozen}{label}{kind}{annotation}")
}

#[test]
fn items() {
    let file = reads(
        "default Conv(bias = false, pad = same,); const N = 2 * 8; block B(x, skip; n, k = 3,) { x + skip }
         /// Docs.
         #[fireclay(step)]
         pub(crate) Net<In: Dim, Out: Dim>(x: [In], t: [0..96; 64], i: [0..10],) -> (a: [Out], #[train] b: [4, 5],) where In: Copy { x }
         Private(x: [1, 2, 3]) -> [4] { x }",
    );
    let [Item::Default(default), Item::Const(constant), Item::Block(block), Item::Network(net), Item::Network(private)] =
        file.items.as_slice()
    else {
        panic!("{file:?}");
    };
    assert_eq!((default.layer.to_string(), default.args.len()), ("Conv".to_owned(), 2));
    assert_eq!((constant.name.to_string(), show(&constant.value)), ("N".to_owned(), "(2 Mul 8)".to_owned()));
    assert_eq!((block.values.len(), block.params.len(), block.params[1].default.is_some()), (2, 2, true));
    assert_eq!((net.attrs.len(), net.generics.params.len(), net.inputs.len(), net.outputs.len()), (2, 2, 3, 2));
    assert!(net.generics.where_clause.is_some());
    assert!(matches!(net.inputs[1].ty.kind, ValueKind::Indices { len: Some(_), .. }));
    assert!(matches!(net.inputs[2].ty.kind, ValueKind::Indices { len: None, .. }));
    assert_eq!(net.outputs.iter().map(|o| o.train).collect::<Vec<_>>(), [false, true]);
    assert!(matches!(private.vis, syn::Visibility::Inherited) && private.outputs[0].name.is_none());
}

#[test]
fn bodies() {
    let read =
        body("default Conv(pad = 1); const N = 4; block B(x) { x } let a = x; let (b, (_, c)) = a -> B; let _d = b; (b, c)");
    assert_eq!(read.statements.len(), 6);
    let Statement::Let(tuple) = &read.statements[4] else { panic!("{read:?}") };
    let Pattern::Tuple(parts, _) = &tuple.pattern else { panic!("{tuple:?}") };
    assert!(matches!(parts.as_slice(), [Pattern::Name(_), Pattern::Tuple(inner, _)] if matches!(inner[0], Pattern::Wild(_))));
    assert!(read.result.is_some());
    // `default` and `block` are words only where an item begins.
    assert_eq!(show_flow(&flow("default + block")), "(default + block)");
}

#[test]
fn flows_bind_loosest_to_the_right() {
    for (text, shown) in [
        ("a + b * c - d -> Relu", "{((a + (b * c)) - d) -> Relu}"),
        ("(x -> Relu) + y -> Tanh", "{({x -> Relu} + y) -> Tanh}"),
        ("x -> A -> b: B(1, k = 2) -> c", "{x -> A -> b: B(1, k = 2) -> c}"),
        ("((x))", "x"),
        ("(x,)", "<x>"),
        ("(a: x, b: y -> Relu, ..z,)", "<a: x, b: {y -> Relu}, ..z>"),
        ("(a: x)", "<a: x>"),
        ("0.5 * x", "(0.5 * x)"),
        ("-1 + x", "((Neg 1) + x)"),
        ("x - 2 * y", "(x - (2 * y))"),
        ("x -1", "(x - 1)"),
        ("concat(x, y -> Relu, axis = time)", "concat(x, {y -> Relu}, axis = time)"),
        ("split(x, 2)", "split(x, 2)"),
        ("zeros([3, _])", "zeros([3, _])"),
        ("concat(2 * x, y)", "concat((2 * x), y)"),
        ("if n == 1 { x } else if n == 2 { y } else { z }", "if (n Eq 1)"),
        ("(x, y) -> B", "{<x, y> -> B}"),
        ("gen -> Relu", "{gen -> Relu}"),
    ] {
        assert_eq!(show_flow(&flow(text)), shown, "{text}");
    }
}

#[test]
fn every_kind_of_stage() {
    for (text, shown) in [
        ("Relu", "Relu"),
        ("Relu()", "Relu"),
        ("conv1: Conv(6, 5, pad = (1, 2),)", "conv1: Conv(6, 5, pad = (1, 2))"),
        ("box: gen", "r#box: gen"),
        ("r#box: Relu", "r#box: Relu"),
        ("r#match", "r#match"),
        ("[A, b: B(1), C -> d: D,]", "[A, b: B(1), C -> d: D]"),
        ("[A(i << 1); i in 0..n + 1]", "[A((i Shl 1)); i in 0..(n Add 1)]"),
        ("l: [[A; 2]; 3]", "l: [[A; 2]; 3]"),
        ("net Trunk", "net Trunk"),
        ("t: net zoo::Trunk as [64, 8, 8]", "t: net zoo::Trunk as"),
        ("net", "net"),
        ("#[frozen] trunk: net Trunk", "frozen trunk: net Trunk"),
        ("if n > 1 && !last { A -> B } -> C", "if ((n Gt 1) And (Not last)) { -> A -> B} else {} -> C"),
        ("if a { } else if b { B } else { C }", "if a {} else { -> if b { -> B} else { -> C}}"),
        ("split(2)", "split(2)"),
        ("each(Conv(3, 3) -> Relu)", "each( -> Conv(3, 3) -> Relu)"),
        ("MaxPool(2, indices = true) as [1, 2, 2]", "MaxPool(2, indices = true) as"),
    ] {
        assert_eq!(show_stages(&stages(text)), format!(" -> {shown}"), "{text}");
    }
}

#[test]
fn terms_and_their_precedence() {
    for (text, shown) in [
        ("1 + 2 * 3 - 4 / 5 % 6", "((1 Add (2 Mul 3)) Sub ((4 Div 5) Rem 6))"),
        ("1 << 2 + 3", "(1 Shl (2 Add 3))"),
        ("1 < 2 && 3 >= 4 || !a == b", "(((1 Lt 2) And (3 Ge 4)) Or ((Not a) Eq b))"),
        ("1 <= 2 != true", "((1 Le 2) Ne true)"),
        ("a > 1 << 2", "(a Gt (1 Shl 2))"),
        ("- -3", "(Neg (Neg 3))"),
        ("(1, (2, 3),)", "(1, (2, 3))"),
        ("(1)", "1"),
        ("(1,)", "(1)"),
        ("[_, 4, 1 + 1,]", "[_, 4, (1 Add 1)]"),
        ("0..28", "0..28"),
        ("x.channels * 2", "(x.channels Mul 2)"),
        ("config::layers::WIDTH", "config::layers::WIDTH"),
        ("if a { 1 } else if b { 2 } else { 3 }", "if a {1} else {if b {2} else {3}}"),
        ("if x.channels == channels { x } else { y }", "if (x.channels Eq channels) {x} else {y}"),
        ("1e-5", "1e-5"),
        ("0x10", "16"),
        ("1_000", "1000"),
        ("same", "same"),
        ("type", "type"),
    ] {
        assert_eq!(term(text), shown, "{text}");
    }
    let StageKind::Apply { args, .. } = &stages("A(1 == 2, b == c)")[0].kind else { panic!() };
    assert!(args.iter().all(|a| a.name.is_none() && matches!(a.value.kind, TermKind::Binary(_, TermOp::Eq, _))));
}
