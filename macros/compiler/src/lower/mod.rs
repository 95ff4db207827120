//! Lowering, from the tree to the graph: blocks expanded, names resolved, every size checked, all mistakes reported.
//!
//! Each network is lowered for itself; `net X` expands X's body again where it stands. What already failed is
//! `Flow::Poison` and says nothing more.

mod apply;
mod attrs;
mod axes;
mod block;
mod border;
mod elements;
mod errors;
mod eval;
mod flow;
mod fold;
pub mod foreign_names;
mod functions;
mod items;
mod library;
mod list;
mod meant;
mod messages;
mod names;
mod net_paths;
mod outputs;
mod params;
mod repair;
mod resized;
mod scope;
mod stage;
mod step;
pub mod suggest;
mod tensors;
mod tie;
mod unused;
mod value;
mod written;

pub use border::BORDER;

use crate::graph::{Graph, GraphInput, GraphOutput, Node, Size, TensorInfo, Value, ValueId, ValueType};
use crate::report::Report;
use crate::syntax::ast::{self, Item};
use params::name_of;
use proc_macro2::{Ident, Span};
use scope::{BlockDef, ConstDef, Env, Frame};
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use syn::spanned::Spanned;
use syn::{Attribute, Generics, Visibility};
use value::Flow;

/// The deepest nesting of blocks and networks within each other.
const DEPTH: usize = 64;
/// The most nodes of a network.
const NODES: usize = 100_000;
/// The most expressions, stages and bodies that are lowered: blocks that add no node must end as well.
const STEPS: usize = 1_000_000;
/// The deepest recursion of the compiler, which must not exhaust its stack.
const NEST: usize = 512;
/// The most values of a tuple, tuples within it opened.
const LEAVES: usize = 4096;

/// A network with its sizes.
#[derive(Debug)]
pub struct Lowered {
    /// Its name.
    pub name: Ident,
    /// Its visibility.
    pub vis: Visibility,
    /// Its documentation and other attributes, without `#[fireclay(…)]`.
    pub attrs: Vec<Attribute>,
    /// Its type parameters.
    pub generics: Generics,
    /// The inputs.
    pub inputs: Vec<(Ident, ValueType)>,
    /// The outputs. Known even when the body is wrong.
    pub outputs: Vec<LoweredOutput>,
    /// The graph; `None` only when errors were reported.
    pub graph: Option<Graph>,
    /// The graph of one step of its sequences, under `#[fireclay(step)]`.
    pub step: Option<Graph>,
    /// `#[fireclay(inner_values)]`: a plan keeps the values within.
    pub inner: bool,
    /// The crate has no prelude, and so not the attribute that words rustc's errors.
    pub no_prelude: bool,
    /// What is within it and declared elsewhere, and wrong there: nothing is said of it here.
    pub wrong_part: Option<WrongPart>,
    /// The types of the values that names stand for, by where the names stand in the tree: for editors. A block's are those of its first use.
    pub named: HashMap<*const Ident, ValueType>,
}

/// A part of a network that is declared elsewhere, and wrong there.
#[derive(Debug, Clone)]
pub enum WrongPart {
    /// `net zoo::Trunk`
    Network(syn::Path),
    /// `use zoo::Basic;`
    Block,
}

/// An output of a network.
#[derive(Debug)]
pub struct LoweredOutput {
    /// Its name, where outputs are named.
    pub name: Option<Ident>,
    /// It exists only while training.
    pub train: bool,
    /// Its type.
    pub ty: ValueType,
}

/// Checks all networks of a file and makes their graphs.
///
/// Where an item could not be read only the borders are resolved: what it declares would be missed everywhere else. A network whose own
/// body could not be read hides nothing of the others.
#[must_use]
pub fn lower(file: &ast::File, report: &mut Report) -> Vec<Lowered> {
    let readable = !file.lost;
    let unfetched = !report.is_clean();
    let library = OnceCell::new();
    let mut lower = Lower::new(report, &library);
    lower.unfetched = unfetched;
    lower.mute = usize::from(!readable);
    lower.scope(file);
    let declared: Vec<usize> = (0..lower.networks.len()).filter(|index| lower.networks[*index].scope == 0).collect();
    let lowered: Vec<Lowered> = declared.into_iter().map(|index| lower.network(index, readable)).collect();
    lower.unused(&file.items);
    if report.is_clean()
        && let Some(bad) = lowered.iter().find(|network| network.graph.is_none() && network.wrong_part.is_none())
    {
        report.error(bad.name.span(), messages::unexplained(&bad.name.to_string()));
    }
    lowered
}

/// A network of this file, or of one that was carried here.
struct Declared<'a> {
    ast: &'a ast::Network,
    /// The index of its file.
    scope: usize,
    /// The network whose inputs, outputs and body it has: itself, or the one that it is at other sizes.
    source: usize,
    /// The environment of the body.
    env: Env,
    /// The types of its borders; `None` where one failed, and for outputs that follow from the body.
    inputs: Vec<Option<ValueType>>,
    outputs: Vec<Option<ValueType>>,
}

/// A block or network being expanded.
struct Use {
    name: String,
    /// The path of its parameters.
    path: String,
    span: Span,
    /// `net X`: what stands within is said where X stands.
    net: bool,
    /// A block of the library's: what stands within is said here.
    library: bool,
}

/// The state of lowering: of the file, and of the network in hand.
struct Lower<'a, 'r> {
    report: &'r mut Report,
    /// The messages so far, by place and text, without the blocks they stand in: a block used twice says each once.
    said: HashSet<(usize, usize, String)>,
    networks: Vec<Declared<'a>>,
    blocks: Vec<BlockDef<'a>>,
    /// The blocks of the library, and their environment, once one of them is used.
    library: &'a OnceCell<ast::File>,
    library_env: Option<Env>,
    consts: Vec<ConstDef<'a>>,
    /// The constants that are being computed, each for the one before it.
    computing: Vec<scope::ConstId>,
    /// For each file the networks and blocks that were carried into it.
    scopes: Vec<net_paths::Scope>,
    /// The file that the text in hand is of.
    here: usize,
    /// Blocks that are wrong where they are declared: the names they have here.
    wrong_blocks: HashSet<String>,
    /// A mistake of syntax was found before, and none were asked for.
    unfetched: bool,
    /// One of those is wrong where it is declared.
    wrong_part: Option<WrongPart>,

    values: Vec<Value>,
    /// For each value the node it comes from.
    producers: Vec<Option<usize>>,
    /// For each value: it has a name of its own.
    named: Vec<bool>,
    /// As [`Lowered::named`].
    named_types: HashMap<*const Ident, ValueType>,
    nodes: Vec<Node>,
    /// For each node its name in messages.
    shown: Vec<String>,
    /// For each node the layer and the arguments that it was made of.
    recipes: Vec<repair::Recipe>,
    tensors: Vec<TensorInfo>,
    /// Formulas of types, and what the declaration says they are.
    equal: Vec<crate::graph::EqualSizes>,
    tree: names::Tree,
    /// Names of nodes and values.
    paths: HashMap<String, usize>,
    /// The type parameters of the network in hand.
    types: HashSet<String>,
    uses: Vec<Use>,
    inlining: Vec<usize>,
    expansions: usize,
    /// The network in hand asks for sums as they stand.
    exact: bool,
    /// The graph of one step is made (`#[fireclay(step)]`).
    stepping: bool,
    /// The body in hand is at other sizes than it was written for: what it promises follows.
    resized: bool,
    /// While above 0 nothing is said.
    mute: usize,
    /// Mistakes so far, said or not.
    failures: usize,
    nest: usize,
    steps: usize,
    /// A limit was passed: nothing more is expanded.
    dead: bool,
    /// Values that some mistake probably meant: that nothing else reads them is no mistake of its own.
    meant: HashSet<String>,
    /// A name was unknown, and any value may be what it meant.
    unsure: bool,
}

impl<'a, 'r> Lower<'a, 'r> {
    fn new(report: &'r mut Report, library: &'a OnceCell<ast::File>) -> Self {
        Self {
            report,
            said: HashSet::new(),
            networks: Vec::new(),
            blocks: Vec::new(),
            library,
            library_env: None,
            consts: Vec::new(),
            computing: Vec::new(),
            scopes: Vec::new(),
            here: 0,
            wrong_blocks: HashSet::new(),
            unfetched: false,
            wrong_part: None,
            values: Vec::new(),
            producers: Vec::new(),
            named_types: HashMap::new(),
            named: Vec::new(),
            nodes: Vec::new(),
            shown: Vec::new(),
            recipes: Vec::new(),
            tensors: Vec::new(),
            equal: Vec::new(),
            tree: names::Tree::default(),
            paths: HashMap::new(),
            types: HashSet::new(),
            uses: Vec::new(),
            inlining: Vec::new(),
            expansions: 0,
            exact: false,
            stepping: false,
            resized: false,
            mute: 0,
            failures: 0,
            nest: 0,
            steps: 0,
            dead: false,
            meant: HashSet::new(),
            unsure: false,
        }
    }

    /// Lowers what stands between the braces of the macro: constants and defaults in order, then the borders.
    fn file(&mut self, file: &'a ast::File, scope: usize) {
        self.here = scope;
        self.wrong_blocks.extend(file.unread.iter().map(|(_, name)| name_of(name)));
        let mut frame = Frame::default();
        let mut places = self.hoist(&mut frame, file.items.iter().collect());
        for item in &file.items {
            let Item::Network(network) = item else {
                self.item(&mut frame, item, &mut places);
                continue;
            };
            if let Some(other) = self.networks.iter().find(|other| other.scope == scope && other.ast.name == network.name) {
                let line = line(other.ast.name.span());
                self.error(network.name.span(), messages::network_twice(&name_of(&network.name), line));
            }
            self.types = type_names(&network.generics);
            let inputs = network.inputs.iter().map(|input| self.border_type(&frame, &input.ty)).collect();
            let outputs = network.outputs.iter().map(|output| self.border_type(&frame, &output.ty)).collect();
            self.check_border(network);
            let source = self.networks.len();
            self.networks.push(Declared { ast: network, scope, source, env: frame.env.clone(), inputs, outputs });
        }
    }

    fn network(&mut self, index: usize, readable: bool) -> Lowered {
        let ast = self.networks[index].ast;
        let failures = self.failures;
        self.wrong_part = None;
        let (attrs, options) = self.attributes(&ast.attrs);
        self.exact = options.exact;
        let whole = |types: &[Option<ValueType>]| types.iter().all(Option::is_some);
        let resized = ast.like.is_some();
        let borders = whole(&self.networks[index].inputs) && (resized || whole(&self.networks[index].outputs));
        let source = self.networks[self.networks[index].source].ast;
        // Where a border is wrong the body is still looked at: its mistakes are its own.
        let graph = source.body.as_ref().filter(|_| readable).and_then(|body| self.graph(index, body));
        let graph = graph.filter(|_| borders && self.failures == failures);
        let graph = match (graph, &ast.like) {
            (Some(graph), Some(like)) => self.with_parameters_of(index, like, graph),
            (graph, _) => graph,
        };
        let stepped = match (&source.body, &graph, options.step) {
            (Some(body), Some(graph), Some(span)) => self.step(index, body, graph, span),
            _ => None,
        };
        let graph = graph.filter(|_| self.failures == failures);
        // The emitter needs some type: a message already says that this one is not it.
        let or_some = |ty: &Option<ValueType>| ty.clone().unwrap_or_else(|| ValueType::Tensor(vec![Size::Num(1)]));
        let declared = &self.networks[index];
        let inputs = source.inputs.iter().zip(&declared.inputs).map(|(input, ty)| (input.name.clone(), or_some(ty)));
        let outputs = source.outputs.iter().zip(&declared.outputs).enumerate().map(|(i, (output, ty))| {
            let found = graph.as_ref().filter(|_| resized).map(|graph| graph.values[graph.outputs[i].value].ty.clone());
            LoweredOutput { name: output.name.clone(), train: output.train, ty: found.unwrap_or_else(|| or_some(ty)) }
        });
        Lowered {
            name: ast.name.clone(),
            vis: ast.vis.clone(),
            attrs,
            generics: ast.generics.clone(),
            inputs: inputs.collect(),
            outputs: outputs.collect(),
            graph,
            step: stepped,
            inner: options.inner,
            no_prelude: options.no_prelude,
            wrong_part: self.wrong_part.take(),
            named: std::mem::take(&mut self.named_types),
        }
    }

    fn graph(&mut self, index: usize, body: &'a ast::Body) -> Option<Graph> {
        let ast = self.networks[self.networks[index].source].ast;
        self.start(index);
        let mut frame = Frame { env: self.networks[index].env.clone(), ..Frame::default() };
        let mut inputs = Vec::new();
        for (input, ty) in ast.inputs.iter().zip(self.networks[index].inputs.clone()) {
            let name = name_of(&input.name);
            let flow = ty.map_or(Flow::Poison, |ty| {
                let name = self.unique(name.clone());
                self.named_types.insert(&raw const input.name, ty.clone());
                let value = self.value(Value { ty, name }, None, true);
                inputs.push(GraphInput { name: input.name.clone(), value });
                Flow::One(value)
            });
            frame.values.push((name, flow));
        }
        let result = self.body(&mut frame, body);
        let values = self.match_outputs(index, &result, body)?;
        let outputs = ast.outputs.iter().zip(values).map(|(output, value)| GraphOutput {
            name: output.name.clone(),
            train: output.train,
            value,
        });
        Some(Graph {
            inputs,
            outputs: outputs.collect(),
            values: std::mem::take(&mut self.values),
            nodes: std::mem::take(&mut self.nodes),
            tensors: std::mem::take(&mut self.tensors),
            modules: self.tree.finish(0),
            equal: std::mem::take(&mut self.equal),
        })
    }

    /// Forgets the network before.
    fn start(&mut self, index: usize) {
        self.values.clear();
        self.producers.clear();
        self.named.clear();
        self.nodes.clear();
        self.shown.clear();
        self.recipes.clear();
        self.tensors.clear();
        self.equal.clear();
        self.tree = names::Tree::default();
        self.paths.clear();
        self.types = type_names(&self.networks[index].ast.generics);
        self.uses.clear();
        let Declared { ast, source, .. } = self.networks[index];
        // Mistakes at these sizes say at whose.
        let like = ast.like.as_ref().map(|like| (name_of(&self.networks[source].ast.name), like.span()));
        self.uses.extend(like.map(|(name, span)| Use { name, path: String::new(), span, net: false, library: false }));
        self.resized = ast.like.is_some();
        self.inlining = vec![source];
        self.here = self.networks[source].scope;
        self.steps = 0;
        self.nest = 0;
        self.dead = false;
    }

    fn value(&mut self, value: Value, producer: Option<usize>, named: bool) -> ValueId {
        self.values.push(value);
        self.producers.push(producer);
        self.named.push(named);
        self.values.len() - 1
    }
}

/// The line of a token.
fn line(span: Span) -> usize {
    span.start().line
}

/// `In`, `Out`
fn type_names(generics: &Generics) -> HashSet<String> {
    generics.type_params().map(|param| param.ident.to_string()).collect()
}
