//! Inference as functions: one sample and sixteen, weights as they are and packed.

use super::Context;
use super::operands::{Locals, Operands, call, on};
use crate::graph::{Arg, Count};
use crate::passes::infer::{InferNode, InferPlan, Place};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// Which of the four functions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    One,
    Lanes,
    PackedOne,
    PackedLanes,
}

impl Form {
    fn is_one(self) -> bool {
        matches!(self, Self::One | Self::PackedOne)
    }

    fn is_packed(self) -> bool {
        matches!(self, Self::PackedOne | Self::PackedLanes)
    }

    fn module(self) -> &'static str {
        if self.is_one() { "one" } else { "lanes" }
    }
}

/// Where packed weights lie: first all parameters (folded where something was folded), then all buffers, then biases that
/// folding made, then the weights once more as the one-sample kernels read them.
struct PackedLayout {
    /// For each node of the plan the bias that folding made.
    biases: Vec<Option<Count>>,
    /// For each node of the plan its place in `PACKED_AT`, which says where packed weights start.
    panels: Vec<Option<usize>>,
    /// All floats: an expression.
    total: TokenStream,
    /// `PACKED_AT`.
    items: TokenStream,
}

impl PackedLayout {
    fn new(cx: &Context<'_>, plan: &InferPlan) -> Self {
        let [params, buffers, _] = &cx.constants.totals;
        let mut at = params.clone().plus(buffers);
        let biases = plan
            .nodes
            .iter()
            .map(|n| {
                let made = n.folded.as_ref().filter(|_| cx.graph.nodes[n.node].params.len() < 2)?;
                let offset = at.clone();
                at = at.clone().plus(&made.weight.channels.into());
                Some(offset)
            })
            .collect();
        let (mut lens, mut panels) = (Vec::new(), Vec::new());
        for n in &plan.nodes {
            panels.push(n.packed.as_ref().map(|packed| {
                let (geometry, len) = (cx.constants.geometry(n.node), &packed.len);
                lens.push(quote!({ let GEOMETRY = #geometry; #len }));
                lens.len() - 1
            }));
        }
        // An array, not constants that refer to each other: rustc would go as deep as there are layers.
        let literal = proc_macro2::Literal::usize_unsuffixed;
        let (first, count, total) = (at.value(), literal(lens.len()), literal(lens.len() + 1));
        let items = quote! {
            const PACKED_AT: [usize; #total] = __f::starts(#first, [#(#lens),*]);
        };
        Self { biases, panels, items, total: quote!(Self::PACKED_AT[#count]) }
    }
}

struct Step<'a, 'b> {
    cx: &'a Context<'b>,
    plan: &'a InferPlan,
    packed: &'a PackedLayout,
    locals: &'a mut Locals,
    at: usize,
    form: Form,
}

impl Step<'_, '_> {
    fn node(&self) -> &InferNode {
        &self.plan.nodes[self.at]
    }

    fn place(&mut self, value: usize) -> TokenStream {
        let (plan, form) = (self.plan, self.form);
        self.locals.bind(self.cx.graph, false, value, || match plan.places[value] {
            Some(Place::Input(i)) => on("input", i),
            Some(Place::Output(i)) => on("output", i),
            Some(Place::Arena(b)) => arena(plan, form, b),
            None => unreachable!("every value that runs has a place"),
        })
    }

    /// A parameter or buffer where this form reads it.
    fn tensor(&self, tensor: usize) -> TokenStream {
        let offset = self.cx.constants.tensor(tensor);
        match (self.cx.graph.tensors[tensor].buffer, self.form.is_packed()) {
            (false, _) => quote!(c.param(#offset)),
            (true, false) => quote!(c.buffer(#offset)),
            (true, true) => {
                let params = self.cx.constants.totals[0].value();
                quote!(c.param(#params + #offset))
            }
        }
    }

    fn run(&mut self) -> TokenStream {
        let n = self.node().clone();
        let node = &self.cx.graph.nodes[n.node];
        if let (Form::PackedOne, Some(packed), Some(panel)) = (self.form, &n.packed, &self.packed.panels[self.at]) {
            let (x, y) = (self.place(node.inputs[0]), self.place(n.outputs[0]));
            let geometry = self.cx.constants.geometry(n.node);
            let kernel = Ident::new(packed.forward, Span::mixed_site());
            let panel = proc_macro2::Literal::usize_unsuffixed(*panel);
            return quote!(__f::one::#kernel(#geometry, #x, c.param(Self::PACKED_AT[#panel]), #y););
        }
        let (cx, module) = (self.cx, self.form.module());
        n.calls.iter().map(|what| call(cx, module, n.node, what, self)).collect()
    }
}

fn arena(plan: &InferPlan, form: Form, buffer: usize) -> TokenStream {
    let offset = plan.layout.offsets[buffer].value();
    if form.is_one() { quote!(c.at_one(#offset)) } else { quote!(c.at(#offset)) }
}

impl Operands for Step<'_, '_> {
    fn operand(&mut self, arg: &Arg) -> TokenStream {
        let n = self.node();
        let node = &self.cx.graph.nodes[n.node];
        match arg {
            Arg::Input(k) => self.place(node.inputs[*k]),
            Arg::Output(k) => {
                let value = n.outputs[*k];
                self.place(value)
            }
            Arg::Param(k) => match (node.params.get(*k), &self.packed.biases[self.at]) {
                (Some(t), _) => self.tensor(*t),
                (None, Some(bias)) if *k == 1 && self.form.is_packed() => {
                    let bias = bias.value();
                    quote!(c.param(#bias))
                }
                _ => quote!(::core::ptr::null()),
            },
            Arg::Scratch => n.scratch.map_or(quote!(::core::ptr::null_mut()), |b| arena(self.plan, self.form, b)),
            Arg::State(k) => on("state", self.plan.states.0[n.node] + k),
            Arg::Kept(k) => n.kept[*k].map_or(quote!(::core::ptr::null_mut()), |b| arena(self.plan, self.form, b)),
            _ => unreachable!("does not stand in inference"),
        }
    }
}

/// One of the four functions.
fn function(cx: &Context<'_>, plan: &InferPlan, packed: &PackedLayout, form: Form, name: &Ident) -> TokenStream {
    let mut locals = Locals::default();
    let steps: Vec<TokenStream> =
        (0..plan.nodes.len()).map(|at| Step { cx, plan, packed, locals: &mut locals, at, form }.run()).collect();
    let lets = locals.lets();
    quote!(unsafe fn #name(c: &__f::Micro<'_>) { unsafe { #lets #(#steps)* } })
}

/// The function that packs.
fn pack(cx: &Context<'_>, plan: &InferPlan, packed: &PackedLayout) -> TokenStream {
    let [params, buffers, _] = &cx.constants.totals;
    let (params, buffers) = (params.value(), buffers.value());
    let null = quote!(::core::ptr::null());
    let mut steps = TokenStream::new();
    for (at, n) in plan.nodes.iter().enumerate() {
        let node = &cx.graph.nodes[n.node];
        let from = |t: &usize| {
            let offset = cx.constants.tensor(*t);
            if cx.graph.tensors[*t].buffer { quote!(buffers.add(#offset)) } else { quote!(params.add(#offset)) }
        };
        let to = |k: usize| match (node.params.get(k), &packed.biases[at]) {
            (Some(t), _) => {
                let offset = cx.constants.tensor(*t);
                quote!(to.add(#offset))
            }
            (None, Some(bias)) if k == 1 => {
                let bias = bias.value();
                quote!(to.add(#bias))
            }
            _ => quote!(::core::ptr::null_mut()),
        };
        let (weight, bias) = (to(0), to(1));
        if let Some(folded) = &n.folded {
            let crate::graph::Foldable { outer, channels, inner } = folded.weight;
            let eps = folded.eps;
            let geometry = quote!(&__f::k::Fold { outer: #outer, channels: #channels, inner: #inner, eps: #eps });
            let (w, b) = (from(&node.params[0]), node.params.get(1).map_or(null.clone(), from));
            let norm = |k: usize| folded.params.get(k).map_or(null.clone(), from);
            // Without gamma and beta the statistics come first.
            let (gamma, beta, mean, var) = match folded.params.len() {
                2 => (null.clone(), null.clone(), norm(0), norm(1)),
                _ => (norm(0), norm(1), norm(2), norm(3)),
            };
            steps.extend(quote!(__f::one::fold_batch_norm(#geometry, #w, #b, #gamma, #beta, #mean, #var, #weight, #bias);));
        }
        if let (Some(kernels), Some(panel)) = (&n.packed, &packed.panels[at]) {
            let geometry = cx.constants.geometry(n.node);
            let kernel = Ident::new(kernels.pack, Span::mixed_site());
            let panel = proc_macro2::Literal::usize_unsuffixed(*panel);
            steps.extend(quote!(__f::one::#kernel(#geometry, #weight, #bias, to.add(Self::PACKED_AT[#panel]));));
        }
    }
    quote! {
        unsafe fn pack(params: *const f32, buffers: *const f32, to: *mut f32) {
            unsafe {
                ::core::ptr::copy_nonoverlapping(params, to, #params);
                ::core::ptr::copy_nonoverlapping(buffers, to.add(#params), #buffers);
                #steps
            }
        }
    }
}

/// The function of one step, as an associated item; the positions of its arena; the floats of its state.
pub fn step(cx: &Context<'_>) -> (TokenStream, Count, usize) {
    let plan = InferPlan::new(cx.graph, false);
    let none = PackedLayout::new(cx, &plan);
    let run = function(cx, &plan, &none, Form::One, &Ident::new("step_one", Span::mixed_site()));
    (run, plan.layout.total, plan.states.1)
}

/// What inference is made of.
pub struct Inference {
    /// Associated items of the plan.
    pub items: TokenStream,
    /// Positions of the arena.
    pub arena: Count,
    /// Floats of packed weights: an expression over `Self::`.
    pub packed: TokenStream,
}

/// Everything that infers, as associated items of the plan.
pub fn emit(cx: &Context<'_>) -> Inference {
    let raw = InferPlan::new(cx.graph, false);
    let folded = InferPlan::new(cx.graph, true);
    let layout = PackedLayout::new(cx, &folded);
    let none = PackedLayout::new(cx, &raw);
    let name = |text: &str| Ident::new(text, Span::mixed_site());
    let functions = [
        function(cx, &raw, &none, Form::One, &name("infer_one")),
        function(cx, &raw, &none, Form::Lanes, &name("infer_lanes")),
        function(cx, &folded, &layout, Form::PackedOne, &name("packed_one")),
        function(cx, &folded, &layout, Form::PackedLanes, &name("packed_lanes")),
    ];
    let pack = pack(cx, &folded, &layout);
    let (arena, packed_arena, total) = (raw.layout.total.value(), folded.layout.total.value(), &layout.total);
    let panels = &layout.items;
    let items = quote! {
        #panels
        #(#functions)*
        #pack
        const INFER: &'static __f::InferPlan = &__f::InferPlan {
            arena: #arena,
            one: Self::infer_one,
            lanes: Self::infer_lanes,
            packed: #total,
            pack: Self::pack,
            packed_arena: #packed_arena,
            packed_one: Self::packed_one,
            packed_lanes: Self::packed_lanes,
        };
    };
    let arena = match (raw.layout.total.num(), folded.layout.total.num()) {
        (Some(a), Some(b)) => a.max(b).into(),
        _ => raw.layout.total.clone().plus(&folded.layout.total),
    };
    Inference { items, arena, packed: layout.total }
}
