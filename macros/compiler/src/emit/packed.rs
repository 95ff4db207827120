//! Packed weights as code: where they lie, and the functions that make them.

use super::operands::{Operands, call, pointer_to};
use super::{Context, parametrized};
use crate::graph::{Arg, Call, Count, Foldable, Panel};
use crate::passes::plan::chw16c::Chw16cPlan;
use crate::passes::plan::infer::InferPlan;
use crate::passes::plan::packed::PackedLayout;
use fireclay_ir::Dtype;
use fireclay_ir::kernels::Role;
use proc_macro2::{Group, Literal, TokenStream, TokenTree};
use quote::quote;
use std::collections::HashMap;

/// Where packed weights lie. They stand in two places: plain, as every kernel reads them, and in *panels* for the kernels that take
/// vectors of output channels from one sample. Without `std` there are only the plain ones.
pub struct Weights {
    /// The plain ones.
    pub layout: PackedLayout,
    /// For each step of the plan in `chw16c` the first of its places in `PANELS_AT`, which says where panels start.
    pub panels: Vec<usize>,
    /// Bytes of all panels: an expression.
    pub total: TokenStream,
    /// `PANELS_AT`.
    pub items: TokenStream,
    /// The calls that make panels of plain weights.
    packing: TokenStream,
}

impl Weights {
    pub fn new(cx: &Context<'_>, plan: &InferPlan, chw16c: &Chw16cPlan) -> Self {
        let layout = PackedLayout::new(cx.graph, plan);
        let (total, items, packing) = (TokenStream::new(), TokenStream::new(), TokenStream::new());
        let mut weights = Self { layout, panels: Vec::new(), total, items, packing };
        let mut lens = Vec::new();
        // A layer that is used in several places, as in each step of a `scan`, is packed once.
        let mut known: HashMap<String, usize> = HashMap::new();
        for step in &chw16c.steps {
            let node = plan.nodes[step.at].node;
            // Each node has a constant of its own for its geometry: here its value counts.
            let (name, geometry) = (cx.constants.geometry(node).to_string(), cx.graph.nodes[node].op.geometry());
            let value = geometry.map(|geometry| geometry.value.to_string()).unwrap_or_default();
            let packing = |panel: &Panel| weights.pack(cx, plan, step.at, &panel.pack, quote!(__to)).to_string();
            let key: String = step.panels(plan).iter().map(|panel| packing(panel).replace(&name, &value)).collect();
            let first = known.get(&key).copied().filter(|_| !key.is_empty());
            weights.panels.push(first.unwrap_or(lens.len()));
            if first.is_some() {
                continue;
            }
            known.insert(key, lens.len());
            for Panel { len, pack } in step.panels(plan) {
                let geometry = cx.constants.geometry(node);
                let (at, cast) = (Literal::usize_unsuffixed(lens.len()), pointer_to(packed_dtype(pack)));
                let to = quote!(__to.byte_add(Self::PANELS_AT[#at]) #cast);
                let code = weights.pack(cx, plan, step.at, pack, to);
                weights.packing.extend(code);
                // Each begins with a vector of its own.
                let (len, size) = (with_geometry(len.clone(), &geometry), Literal::usize_unsuffixed(packed_dtype(pack).size()));
                lens.push(quote!(__f::panel_bytes(#len, #size)));
            }
        }
        // An array, not constants that refer to each other: rustc would go as deep as there are layers.
        let (count, all) = (Literal::usize_unsuffixed(lens.len()), Literal::usize_unsuffixed(lens.len() + 1));
        weights.total = quote!(Self::PANELS_AT[#count]);
        weights.items = quote!(const PANELS_AT: [__f::usize; #all] = __f::starts(0, [#(#lens),*]););
        weights
    }

    /// The call that packs weights of a node to this place.
    fn pack(&self, cx: &Context<'_>, plan: &InferPlan, at: usize, pack: &Call, to: TokenStream) -> TokenStream {
        call(cx, "chw", plan.nodes[at].node, pack, &mut Packing { cx, plan, weights: self, at, to })
    }

    /// The weight (0) or bias (1) of a node.
    pub fn at(&self, cx: &Context<'_>, plan: &InferPlan, at: usize, k: usize) -> Option<Count> {
        let of_its_own = || self.layout.biases[at].clone().filter(|_| k == 1);
        cx.graph.nodes[plan.nodes[at].node].params.get(k).map_or_else(of_its_own, |t| self.layout.tensors[*t].clone())
    }
}

/// The dtype of packed weights, as the kernel that packs them declares it.
fn packed_dtype(pack: &Call) -> Dtype {
    let mut operands = pack.kernel.operands.iter();
    operands.find(|operand| operand.role == Role::packed_out).and_then(|operand| operand.dtype).unwrap_or_default()
}

/// The length of a panel, as its layer says it, with the constant that stands for `GEOMETRY`.
fn with_geometry(len: TokenStream, geometry: &TokenStream) -> TokenStream {
    let replace = |token| match token {
        TokenTree::Ident(word) if word == "GEOMETRY" => geometry.clone(),
        TokenTree::Group(group) => {
            let inner = with_geometry(group.stream(), geometry);
            TokenTree::Group(Group::new(group.delimiter(), inner)).into()
        }
        other => other.into(),
    };
    len.into_iter().map(replace).collect()
}

/// The function that takes what is read, and folds.
pub fn pack(cx: &Context<'_>, plan: &InferPlan, weights: &Weights) -> TokenStream {
    let null = quote!(::core::ptr::null());
    let mut folds = TokenStream::new();
    for (at, n) in plan.nodes.iter().enumerate() {
        let Some(folded) = &n.folded else { continue };
        let from = |t: &usize| parametrized::part(cx, *t);
        let to = |k| {
            let offset = weights.at(cx, plan, at, k).unwrap_or_default().value();
            quote!(__to.add(#offset))
        };
        let Foldable { outer, channels, inner } = folded.weight;
        let eps = folded.eps;
        let geometry = quote!(&__f::k::Fold { outer: #outer, channels: #channels, inner: #inner, eps: #eps });
        let params = &cx.graph.nodes[n.node].params;
        // A weight that is made of parameters is there by now.
        let w = if cx.graph.tensors[params[0]].parametrized.is_some() { to(0) } else { from(&params[0]) };
        let (w, b) = (w, params.get(1).map_or(null.clone(), from));
        let [gamma, beta, mean, var] = folded.norm().map(|t| t.as_ref().map_or(null.clone(), from));
        let (weight, bias) = (to(0), to(1));
        folds.extend(quote!(__f::chw::fold_batch_norm(#geometry, #w, #b, #gamma, #beta, #mean, #var, #weight, #bias);));
    }
    let mut made = TokenStream::new();
    for (weight, _) in cx.graph.parametrized() {
        if let Some(place) = &weights.layout.tensors[weight] {
            let place = place.value();
            made.extend(parametrized::make(cx, weight, &|t| parametrized::part(cx, t), &quote!(__to.add(#place)), None));
        }
    }
    let [params, buffers] = [false, true].map(|buffer| {
        let read = cx.graph.modules.tensors().into_iter().filter(|t| cx.graph.tensors[*t].buffer == buffer);
        let moves = read.filter_map(|t| {
            let to = weights.layout.tensors[t].as_ref()?.value();
            let (from, len) = (cx.constants.tensor(t), Count::product(&cx.graph.tensors[t].dims).value());
            Some(quote!([#from, #to, #len]))
        });
        quote!(&[#(#moves),*])
    });
    quote! {
        unsafe fn pack(__params: *const __f::f32, __buffers: *const __f::f32, __to: *mut __f::f32) {
            unsafe {
                __f::take(__params, #params, __to);
                __f::take(__buffers, #buffers, __to);
                #made
                #folds
            }
        }
    }
}

/// What the calls that pack read: plain weights.
struct Packing<'a, 'b> {
    cx: &'a Context<'b>,
    plan: &'a InferPlan,
    weights: &'a Weights,
    at: usize,
    /// Where they go.
    to: TokenStream,
}

impl Operands for Packing<'_, '_> {
    fn operand(&mut self, arg: &Arg) -> TokenStream {
        if matches!(arg, Arg::PackedOut) {
            return self.to.clone();
        }
        let Arg::Param(k) = arg else { unreachable!("packing reads parameters alone") };
        self.weights.at(self.cx, self.plan, self.at, *k).map_or(quote!(::core::ptr::null()), |offset| {
            let offset = offset.value();
            quote!(__weights.add(#offset))
        })
    }
}

/// The function that makes panels of plain weights.
pub fn panels(weights: &Weights) -> TokenStream {
    let packing = &weights.packing;
    quote!(unsafe fn pack_panels(__weights: *const __f::f32, __to: *mut __f::f32) { unsafe { #packing } })
}
