//! What the tests of lowering share: source in, graphs or messages out.

#![allow(dead_code, missing_docs, reason = "each test file uses its part")]

use fireclay_compiler::graph::{FieldKind, Graph, Module};
use fireclay_compiler::lower::{Lowered, lower};
use fireclay_compiler::report::Report;
use fireclay_compiler::syntax;

/// Lowers the text; the messages are returned, not asserted.
pub fn run(source: &str) -> (Vec<Lowered>, Report) {
    let mut report = Report::default();
    let file = syntax::parse(source.parse().expect("tokens"), &mut report);
    let lowered = lower(&file, &mut report);
    assert!(lowered.iter().all(|network| network.graph.is_some()) || !report.is_clean(), "no graph and no message");
    (lowered, report)
}

/// All messages, each with the token it stands on.
pub fn errors(source: &str) -> Vec<(String, String)> {
    let (_, report) = run(source);
    report.messages().iter().map(|m| (m.span.source_text().unwrap_or_default(), m.text.clone())).collect()
}

/// All networks, without errors.
#[track_caller]
pub fn clean(source: &str) -> Vec<Lowered> {
    let (lowered, report) = run(source);
    let messages: Vec<_> = report.messages().iter().map(|m| format!("{}: {}", m.span.start().line, m.text)).collect();
    assert!(messages.is_empty(), "{}", messages.join("\n"));
    lowered
}

/// The graph of the last network.
#[track_caller]
pub fn graph(source: &str) -> Graph {
    clean(source).pop().and_then(|network| network.graph).expect("a network")
}

/// `x: [1, 8, 8]` → the graph of `pub N(x: …) -> …`.
#[track_caller]
pub fn flow(input: &str, output: &str, body: &str) -> Graph {
    graph(&format!("pub N(x: {input}) -> {output} {{ {body} }}"))
}

/// The only message must stand on this token and be this.
#[track_caller]
pub fn fails(source: &str, token: &str, text: &str) {
    assert_eq!(errors(source), [(token.to_owned(), text.to_owned())], "in: {source}");
}

/// The same for the body of `pub N(x: [1, 8, 8]) -> [4]`.
#[track_caller]
pub fn body_fails(body: &str, token: &str, text: &str) {
    fails(&format!("pub N(x: [1, 8, 8]) -> [4] {{ {body} }}"), token, text);
}

/// The paths of all parameters and buffers, in order.
pub fn paths(graph: &Graph) -> Vec<&str> {
    graph.tensors.iter().filter(|tensor| tensor.parametrized.is_none()).map(|tensor| tensor.path.as_str()).collect()
}

/// The paths as the tree of modules has them, in the order of memory.
pub fn tree(graph: &Graph) -> Vec<String> {
    fn walk(module: &Module, prefix: &str, into: &mut Vec<String>) {
        for field in &module.fields {
            let path = if prefix.is_empty() { field.name.clone() } else { format!("{prefix}.{}", field.name) };
            match &field.kind {
                FieldKind::Module(module) => walk(module, &path, into),
                FieldKind::Tensor(_) => into.push(path),
            }
        }
    }
    let mut all = Vec::new();
    walk(&graph.modules, "", &mut all);
    all
}

/// What is learned.
pub fn parameters(graph: &Graph) -> usize {
    let learned = graph.tensors.iter().filter(|tensor| !tensor.buffer && tensor.parametrized.is_none());
    learned.map(|tensor| tensor.dims.iter().map(|size| size.num().expect("a number")).product::<usize>()).sum()
}

/// Random choices, the same each time: xorshift64*.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap_or(0) % below.max(1)
    }
}
