//! Geometries of kernels and offsets of tensors, as named associated constants.

use super::names::Names;
use crate::graph::{Count, Graph};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The constants of a network.
#[derive(Debug)]
pub struct Constants {
    /// Of each node's geometry.
    geometry: Vec<Option<Ident>>,
    /// Of each tensor's offset in its block.
    tensor: Vec<Ident>,
    /// Of each tensor's gradient.
    grad: Vec<Option<Ident>>,
    /// Each tensor's offset.
    pub offsets: Vec<Count>,
    /// Each trained tensor's offset among the gradients.
    pub grad_offsets: Vec<Option<Count>>,
    /// All parameters, all buffers, all gradients.
    pub totals: [Count; 3],
    /// Weights that are made of parameters, with what their gradients are made with; their gradients.
    pub parametrized: [Count; 2],
}

impl Constants {
    /// Names and numbers.
    #[must_use]
    pub fn new(graph: &Graph) -> Self {
        let mut names = Names::of_constants();
        let geometry = graph.nodes.iter().map(|n| n.op.geometry().map(|_| names.constant(&n.path))).collect();
        let tensor = graph.tensors.iter().map(|t| names.constant(&t.path)).collect();
        let mut offsets = vec![Count::default(); graph.tensors.len()];
        let mut grad_offsets = vec![None; graph.tensors.len()];
        let mut totals = [Count::default(), Count::default(), Count::default()];
        for t in graph.modules.tensors() {
            let info = &graph.tensors[t];
            let len = Count::product(&info.dims);
            let block = usize::from(info.buffer);
            offsets[t] = totals[block].clone();
            totals[block] = totals[block].clone().plus(&len);
            if !info.buffer && !info.frozen {
                grad_offsets[t] = Some(totals[2].clone());
                totals[2] = totals[2].clone().plus(&len);
            }
        }
        // Weights that are made of parameters lie by themselves, and their gradients behind all others.
        let mut parametrized = [Count::default(), Count::default()];
        for (t, made) in graph.parametrized() {
            let info = &graph.tensors[t];
            let len = Count::product(&info.dims);
            offsets[t] = parametrized[0].clone();
            parametrized[0] = parametrized[0].clone().plus(&len).plus(&made.how.saved(&info.dims));
            if !info.frozen {
                grad_offsets[t] = Some(totals[2].clone().plus(&parametrized[1]));
                parametrized[1] = parametrized[1].clone().plus(&len);
            }
        }
        let grad = graph
            .tensors
            .iter()
            .zip(&grad_offsets)
            .map(|(t, offset)| offset.as_ref().map(|_| names.constant(&format!("d_{}", t.path))))
            .collect();
        Self { geometry, tensor, grad, offsets, grad_offsets, totals, parametrized }
    }

    /// The constants, as associated items.
    #[must_use]
    pub fn items(&self, graph: &Graph) -> TokenStream {
        let mut items = TokenStream::new();
        for (i, (node, name)) in graph.nodes.iter().zip(&self.geometry).enumerate() {
            if let (Some(name), Some(geometry)) = (name, node.op.geometry()) {
                let crate::graph::Geometry { ty, value, by_node } = geometry;
                items.extend(quote!(const #name: &'static #ty = ));
                let node = proc_macro2::Literal::usize_unsuffixed(i);
                items.extend(if by_node { quote!({ const NODE: __f::u32 = #node; &#value };) } else { quote!(&#value;) });
            }
        }
        for (name, offset) in self.tensor.iter().zip(&self.offsets) {
            let offset = offset.value();
            items.extend(quote!(const #name: __f::usize = #offset;));
        }
        items
    }

    /// The constants that only training needs.
    #[must_use]
    pub fn train_items(&self) -> TokenStream {
        let pairs = self.grad.iter().zip(&self.grad_offsets);
        pairs
            .filter_map(|(name, offset)| {
                let offset = offset.as_ref()?.value();
                name.as_ref().map(|name| quote!(const #name: __f::usize = #offset;))
            })
            .collect()
    }

    /// `Self::CONV1`
    #[must_use]
    pub fn geometry(&self, node: usize) -> TokenStream {
        let name = &self.geometry[node];
        quote!(Self::#name)
    }

    /// `Self::CONV1_WEIGHT`
    #[must_use]
    pub fn tensor(&self, tensor: usize) -> TokenStream {
        let name = &self.tensor[tensor];
        quote!(Self::#name)
    }

    /// `Self::D_CONV1_WEIGHT`; `None` where it is not trained.
    #[must_use]
    pub fn grad(&self, tensor: usize) -> Option<TokenStream> {
        self.grad[tensor].as_ref().map(|name| quote!(Self::#name))
    }
}
