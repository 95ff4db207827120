//! `pub Sliding = Window(image: [1, 64, 64]);`: a network that is another one at other sizes. It has that one's body, expanded at its own
//! sizes, and that one's parameters, whose shapes must not change.

use super::names::within;
use super::params::name_of;
use super::{Lower, messages, suggest};
use crate::graph::{Graph, TensorId};
use crate::syntax::ast;
use syn::spanned::Spanned;

impl Lower<'_, '_> {
    /// Finds the networks that others of a file are, and what their inputs are then.
    pub(super) fn settle_sizes(&mut self, scope: usize) {
        let mut settled: Vec<usize> = Vec::new();
        for index in 0..self.networks.len() {
            if self.networks[index].scope == scope && self.networks[index].ast.like.is_some() {
                self.settle(scope, index, &mut settled, &mut Vec::new());
            }
        }
    }

    /// Settles one, after those that it is made of; `around` are those that wait for it.
    fn settle(&mut self, scope: usize, index: usize, settled: &mut Vec<usize>, around: &mut Vec<usize>) {
        let ast = self.networks[index].ast;
        let Some(path) = &ast.like else { return };
        if settled.contains(&index) {
            return;
        }
        settled.push(index);
        let Some(target) = self.network_in(scope, path) else { return };
        around.push(index);
        if around.contains(&target) {
            let names = around.iter().chain([&target]).map(|index| name_of(&self.networks[*index].ast.name));
            let text = messages::like_cycle(&names.collect::<Vec<_>>());
            self.error(path.span(), text);
            return;
        }
        self.settle(scope, target, settled, around);
        around.pop();
        let source = self.networks[target].source;
        let original = self.networks[source].ast;
        if original.like.is_some() {
            // That one could not be settled, and said why.
            self.failures += 1;
            return;
        }
        if !original.generics.params.is_empty() {
            self.error(path.span(), messages::like_generic(&name_of(&original.name)));
            return;
        }
        let names: Vec<String> = original.inputs.iter().map(|input| name_of(&input.name)).collect();
        let mut inputs = self.networks[target].inputs.clone();
        for (input, ty) in ast.inputs.iter().zip(self.networks[index].inputs.clone()) {
            let name = name_of(&input.name);
            match names.iter().position(|other| *other == name) {
                Some(place) => inputs[place] = ty,
                None => {
                    let near = suggest::nearest(&name, names.iter().map(String::as_str));
                    self.error(input.name.span(), messages::like_input(&name_of(&original.name), &name, &names, near));
                }
            }
        }
        let env = self.networks[source].env.clone();
        let declared = &mut self.networks[index];
        (declared.source, declared.env, declared.inputs) = (source, env, inputs);
        declared.outputs = vec![None; original.outputs.len()];
    }

    /// The graph with the parameters of the network that it is at other sizes; `None` where a shape would be another.
    pub(super) fn with_parameters_of(&mut self, index: usize, like: &syn::Path, mut graph: Graph) -> Option<Graph> {
        let source = self.networks[index].source;
        let body = self.networks[source].ast.body.as_ref()?;
        self.mute += 1;
        let failures = self.failures;
        let original = self.graph(source, body);
        self.failures = failures;
        self.mute -= 1;
        // What is wrong with that one is said where it is declared.
        let Some(original) = original else {
            self.failures += 1;
            return None;
        };
        let (theirs, ours) = (original.modules.tensors(), graph.modules.tensors());
        let same = |a: TensorId, b: TensorId| {
            let (a, b) = (&original.tensors[a], &graph.tensors[b]);
            a.path == b.path && a.dims == b.dims && a.buffer == b.buffer
        };
        let differs = theirs.iter().zip(&ours).find(|(a, b)| !same(**a, **b));
        let name = name_of(&self.networks[source].ast.name);
        if let Some((a, b)) = differs {
            let (a, b) = (&original.tensors[*a], &graph.tensors[*b]);
            // A normalized weight is made of what stands in a module of its name.
            let of = |path: &str| within(&b.path, path) != b.path;
            let node = graph.nodes.iter().find(|node| node.params.iter().any(|tensor| of(&graph.tensors[*tensor].path)));
            let kind = node.map(|node| node.op.attributes().layer).unwrap_or_default();
            // A layer of another crate has no place in this file.
            let here = self.networks[source].scope == 0;
            let span = node.filter(|_| here).map_or(like.span(), |node| node.span);
            let text = if a.path == b.path {
                messages::like_weights(&name, a, b, kind)
            } else {
                messages::like_other_weights(&name, &a.path, &b.path)
            };
            self.say_at_sizes(index, span, text);
            return None;
        }
        if theirs.len() != ours.len() {
            self.error(like.span(), messages::like_count(&name, theirs.len(), ours.len()));
            return None;
        }
        graph.modules.network = Some(like.clone());
        Some(graph)
    }

    /// An error in the body, with the line that asks for these sizes.
    fn say_at_sizes(&mut self, index: usize, span: proc_macro2::Span, text: String) {
        let super::Declared { ast: ast::Network { like, .. }, source, .. } = self.networks[index];
        let name = name_of(&self.networks[source].ast.name);
        self.uses.clear();
        self.uses.extend(like.as_ref().map(|like| super::Use {
            name,
            path: String::new(),
            span: like.span(),
            net: false,
            library: false,
        }));
        self.error(span, text);
    }
}
