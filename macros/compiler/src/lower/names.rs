//! Parameter paths: PyTorch's, found from labels, list indices and short names. A path depends only on what stands before a
//! layer in its own chain, never on a running number, so inserting a layer renames no other.

use crate::graph::{Field, FieldKind, Module, TensorId};
use proc_macro2::Span;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// A module in the making.
pub type ModuleId = usize;

/// All modules of a network; the first is the network itself.
#[derive(Debug)]
pub struct Tree {
    modules: Vec<Draft>,
}

#[derive(Debug, Default)]
struct Draft {
    path: String,
    fields: Vec<(String, Span, Entry)>,
    index: HashMap<String, usize>,
    network: Option<syn::Path>,
}

#[derive(Debug, Clone, Copy)]
enum Entry {
    Module(ModuleId),
    Tensor(TensorId),
}

impl Default for Tree {
    fn default() -> Self {
        Self { modules: vec![Draft::default()] }
    }
}

/// `layer1` and `0` give `layer1.0`.
#[must_use]
pub fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// `layer1.0.conv1` within `layer1.0` is `conv1`, and within `layer2` what it was; `layer1` within itself is nothing.
#[must_use]
pub fn within<'p>(path: &'p str, around: &str) -> &'p str {
    match path.strip_prefix(around) {
        Some("") => "",
        Some(rest) => rest.strip_prefix('.').unwrap_or(path),
        None => path,
    }
}

impl Tree {
    /// The dotted path of a module.
    #[must_use]
    pub fn path(&self, module: ModuleId) -> &str {
        &self.modules[module].path
    }

    /// The module of this name within another, made where it is missing.
    pub fn child(&mut self, parent: ModuleId, name: &str, span: Span) -> ModuleId {
        if let Some(i) = self.modules[parent].index.get(name)
            && let (_, _, Entry::Module(id)) = self.modules[parent].fields[*i]
        {
            return id;
        }
        let id = self.modules.len();
        let path = join(&self.modules[parent].path, name);
        self.modules.push(Draft { path, ..Draft::default() });
        self.add(parent, name, span, Entry::Module(id));
        id
    }

    /// A tensor's place.
    pub fn tensor(&mut self, parent: ModuleId, name: &str, span: Span, tensor: TensorId) {
        self.add(parent, name, span, Entry::Tensor(tensor));
    }

    /// The module of this name within another.
    #[must_use]
    pub fn inner(&self, parent: ModuleId, name: &str) -> Option<ModuleId> {
        let i = self.modules[parent].index.get(name)?;
        match self.modules[parent].fields[*i].2 {
            Entry::Module(id) => Some(id),
            Entry::Tensor(_) => None,
        }
    }

    /// The tensor of this name.
    #[must_use]
    pub fn find(&self, parent: ModuleId, name: &str) -> Option<TensorId> {
        let i = self.modules[parent].index.get(name)?;
        match self.modules[parent].fields[*i].2 {
            Entry::Tensor(id) => Some(id),
            Entry::Module(_) => None,
        }
    }

    /// The number of tensors of a module, with those of the modules within it.
    #[must_use]
    pub fn count(&self, module: ModuleId) -> usize {
        let fields = &self.modules[module].fields;
        fields.iter().fold(0, |n, (_, _, entry)| match entry {
            Entry::Tensor(_) => n + 1,
            Entry::Module(id) => n + self.count(*id),
        })
    }

    /// The module is another network's parameter block.
    pub fn set_network(&mut self, module: ModuleId, path: &syn::Path) {
        self.modules[module].network = Some(path.clone());
    }

    fn add(&mut self, parent: ModuleId, name: &str, span: Span, entry: Entry) {
        let draft = &mut self.modules[parent];
        draft.index.insert(name.to_owned(), draft.fields.len());
        draft.fields.push((name.to_owned(), span, entry));
    }

    /// The module as the graph has it, without modules that have no tensors.
    #[must_use]
    pub fn finish(&self, module: ModuleId) -> Module {
        let draft = &self.modules[module];
        let fields = draft.fields.iter().filter_map(|(name, span, entry)| {
            let kind = match entry {
                Entry::Tensor(id) => FieldKind::Tensor(*id),
                Entry::Module(id) => {
                    let module = self.finish(*id);
                    if module.fields.is_empty() {
                        return None;
                    }
                    FieldKind::Module(module)
                }
            };
            Some(Field { name: name.clone(), span: *span, kind })
        });
        Module { fields: fields.collect(), network: draft.network.clone() }
    }
}

/// An unlabeled block or list that adds no segment: what to label when names collide.
#[derive(Debug, Clone)]
pub struct Via {
    /// The number of the expansion.
    pub id: usize,
    /// The token.
    pub span: Span,
    /// `Basic`, `list`
    pub name: String,
    /// The number of blocks around it.
    pub depth: usize,
}

/// A module while it is filled.
#[derive(Debug)]
struct Node {
    module: ModuleId,
    name: String,
    span: Span,
    /// The name is a label, not a short name or an index.
    labeled: bool,
    parent: Option<ModulePlace>,
    /// Its name is taken in the parent (done with its first parameter: an element without parameters takes none).
    claimed: Cell<bool>,
    used: RefCell<HashMap<String, Vec<Via>>>,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            module: 0,
            name: String::new(),
            span: Span::call_site(),
            labeled: false,
            parent: None,
            claimed: Cell::new(false),
            used: RefCell::default(),
        }
    }
}

/// The place of parameters: a module, and the blocks and lists through which this text came to stand in it.
#[derive(Debug, Clone, Default)]
pub struct ModulePlace {
    node: Rc<Node>,
    via: Vec<Via>,
    /// Under `#[frozen]`.
    pub frozen: bool,
    /// A label is used again: its parameters are there already.
    pub again: Option<Rc<Again>>,
}

/// A label used again.
#[derive(Debug)]
pub struct Again {
    pub label: String,
    /// The line of its declaration.
    pub line: usize,
    /// The token of the use.
    pub span: Span,
    /// The number of blocks around that.
    pub depth: usize,
    /// The parameters met so far.
    pub met: RefCell<Vec<TensorId>>,
    /// Whether it was reported that shapes differ.
    pub failed: Cell<bool>,
}

/// A name is taken: by what the error is to be healed.
#[derive(Debug)]
pub enum Clash {
    /// Twice in the same text: change this name, or label what stands here.
    Here { span: Span, labeled: bool },
    /// By two unlabeled blocks or lists: label this one.
    Label(Via),
    /// The elements of an unlabeled list are numbered, and beside them stands what has a name: label this list.
    Numbers(Via),
}

impl ModulePlace {
    /// The module.
    #[must_use]
    pub fn module(&self) -> ModuleId {
        self.node.module
    }

    /// A module within: a label, an element of a list.
    #[must_use]
    pub fn inner(&self, tree: &mut Tree, name: &str, span: Span, labeled: bool) -> Self {
        let module = tree.child(self.node.module, name, span);
        let node = Node { module, name: name.to_owned(), span, labeled, parent: Some(self.clone()), ..Node::default() };
        Self { node: Rc::new(node), via: Vec::new(), frozen: self.frozen, again: self.again.clone() }
    }

    /// The same module, seen from an unlabeled block or list.
    #[must_use]
    pub fn through(&self, via: Via) -> Self {
        let mut place = self.clone();
        place.via.push(via);
        place
    }

    /// Takes a name for the parameters of a module within.
    fn claim(&self, inner: &Node) -> Result<(), Clash> {
        self.claim_self()?;
        let mut used = self.node.used.borrow_mut();
        let Some(other) = used.get(&inner.name) else {
            let is_number = |name: &str| name.starts_with(|c: char| c.is_ascii_digit());
            // The list is what stands nearest to its numbers. (All beside this name are of one kind: any will do.)
            let other = used.iter().find(|(name, _)| is_number(name) != is_number(&inner.name)).map(|(_, via)| via);
            let list = other.and_then(|other| if is_number(&inner.name) { self.via.last() } else { other.last() });
            if let Some(list) = list {
                return Err(Clash::Numbers(list.clone()));
            }
            used.insert(inner.name.clone(), self.via.clone());
            return Ok(());
        };
        // Label the outermost of what brought this name here and not the other.
        let apart = self.via.iter().enumerate().find(|(i, via)| other.get(*i).is_none_or(|o| o.id != via.id));
        Err(apart.map_or(Clash::Here { span: inner.span, labeled: inner.labeled }, |(_, via)| Clash::Label(via.clone())))
    }

    /// Takes a name for a tensor of this module that is of no layer.
    ///
    /// # Errors
    /// When something else has it.
    pub fn claim_tensor(&self, name: &str, span: Span, labeled: bool) -> Result<(), Clash> {
        if self.again.is_some() {
            return Ok(());
        }
        self.claim(&Node { name: name.to_owned(), span, labeled, ..Node::default() })
    }

    /// Takes the module's own name, and those around it.
    ///
    /// # Errors
    /// When another module has it.
    pub fn claim_self(&self) -> Result<(), Clash> {
        if self.again.is_some() || self.node.claimed.replace(true) {
            return Ok(());
        }
        self.node.parent.as_ref().map_or(Ok(()), |parent| parent.claim(&self.node))
    }
}
