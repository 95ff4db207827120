//! Inference as functions: one sample with weights as they are, one and sixteen with packed ones.

use super::operands::{Locals, Operands, call, on};
use super::packed::{self, Weights};
use super::{Context, chw16c, mark};
use crate::graph::{Arg, Count, Layout};
use crate::passes::memory::Place;
use crate::passes::plan::chw16c::Chw16cPlan;
use crate::passes::plan::infer::{InferNode, InferPlan};
use crate::passes::plan::packed::Packed;
use crate::passes::select::per_sample;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

struct Step<'a, 'b> {
    cx: &'a Context<'b>,
    plan: &'a InferPlan,
    /// Where packed weights lie; `None` with the weights as they are.
    packed: Option<&'a Weights>,
    locals: &'a mut Locals,
    at: usize,
}

impl Step<'_, '_> {
    fn node(&self) -> &InferNode {
        &self.plan.nodes[self.at]
    }

    fn place(&mut self, value: usize) -> TokenStream {
        let plan = self.plan;
        self.locals.bind(self.cx.graph, false, value, || match plan.places[value] {
            Some(Place::Input(i)) => on("input", i),
            Some(Place::Output(i)) => on("output", i),
            Some(Place::Arena(b)) => arena(plan, b),
            None => unreachable!("every value that runs has a place"),
        })
    }

    /// A parameter or buffer where it was learned.
    fn tensor(&self, tensor: usize) -> TokenStream {
        let offset = self.cx.constants.tensor(tensor);
        if self.cx.graph.tensors[tensor].buffer { quote!(__c.buffer(#offset)) } else { quote!(__c.param(#offset)) }
    }

    fn run(&mut self) -> TokenStream {
        let n = self.node().clone();
        let (cx, module) = (self.cx, self.plan.layout.module());
        n.calls.iter().map(|what| call(cx, module, n.node, what, self)).collect()
    }
}

fn arena(plan: &InferPlan, buffer: usize) -> TokenStream {
    let offset = plan.arena.offsets[buffer].value();
    quote!(__c.at(#offset))
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
            Arg::Param(k) => match self.packed {
                Some(weights) => arg_of_packed(self.cx, self.plan, weights, self.at, *k),
                None => node.params.get(*k).map_or(quote!(::core::ptr::null()), |t| self.tensor(*t)),
            },
            Arg::Scratch => n.scratch.map_or(quote!(::core::ptr::null_mut()), |b| arena(self.plan, b)),
            Arg::State(k) => on("state", self.plan.states.0[n.node] + k),
            Arg::Saved(k) => n.saved[*k].map_or(quote!(::core::ptr::null_mut()), |b| arena(self.plan, b)),
            _ => unreachable!("does not stand in inference"),
        }
    }
}

/// A parameter or buffer of a node among packed weights.
pub fn arg_of_packed(cx: &Context<'_>, plan: &InferPlan, weights: &Weights, at: usize, k: usize) -> TokenStream {
    match weights.at(cx, plan, at, k) {
        Some(offset) => {
            let offset = offset.value();
            quote!(__c.param(#offset))
        }
        None => quote!(::core::ptr::null()),
    }
}

/// One of the functions.
fn function(cx: &Context<'_>, plan: &InferPlan, packed: Option<&Weights>, name: &Ident) -> TokenStream {
    let mut locals = Locals::default();
    let step = |(at, node): (usize, &InferNode)| {
        let calls = Step { cx, plan, packed, locals: &mut locals, at }.run();
        let mark = mark::node(node.node, "forward");
        quote!(#mark #calls)
    };
    let steps: Vec<TokenStream> = plan.nodes.iter().enumerate().map(step).collect();
    let (lets, end) = (locals.lets(), mark::end());
    quote!(unsafe fn #name(__c: &__f::Micro<'_>) { unsafe { #lets #(#steps)* #end } })
}

/// One step.
pub struct OneStep {
    /// Associated items of the plan.
    pub items: TokenStream,
    /// Bytes that it works in.
    pub arena: Count,
    /// Floats of its state.
    pub state: usize,
    /// What reads packed weights, where the step finds them where the whole sequence has them.
    pub packed: bool,
}

/// The functions of one step of the network whose packed weights lie so.
pub fn step(cx: &Context<'_>, whole: &Packed) -> OneStep {
    let raw = InferPlan::new(cx.graph, false, Layout::Chw);
    let folded = InferPlan::new(cx.graph, true, Layout::Chw);
    let blocks = Chw16cPlan::new(cx.graph, &folded);
    let weights = Weights::new(cx, &folded, &blocks);
    let name = |text: &str| Ident::new(text, Span::mixed_site());
    let mut items = function(cx, &raw, None, &name("step_chw"));
    let packed = weights.layout == *whole;
    if packed {
        let (panels_at, total) = (&weights.items, &weights.total);
        let packed_chw = function(cx, &folded, Some(&weights), &name("packed_chw"));
        let (packed_chw16c, packing) =
            (chw16c::function(cx, &folded, &blocks, &weights), packed::panels(cx, &folded, &blocks, &weights));
        items.extend(quote! {
            #panels_at
            #packed_chw
            #packed_chw16c
            #packing
            __f::when_std! {
                const PANELS: &'static __f::StepPanels = &__f::StepPanels { panels: #total, pack: Self::pack_panels };
            }
        });
    }
    let arena = largest(&[&raw.arena.bytes, &folded.arena.bytes, &blocks.arena.bytes]);
    OneStep { items, arena, state: raw.states.1, packed }
}

/// The largest of these, or enough for it.
fn largest(counts: &[&Count]) -> Count {
    let numbers: Option<Vec<usize>> = counts.iter().map(|count| count.num()).collect();
    match numbers {
        Some(numbers) => numbers.into_iter().max().unwrap_or(0).into(),
        None => counts.iter().fold(Count::default(), |sum, count| sum.plus(count)),
    }
}

/// What inference is made of.
pub struct Inference {
    /// Associated items of the plan.
    pub items: TokenStream,
    /// Bytes of the arena of a machine without `std`.
    pub arena: Count,
    /// Of any machine.
    pub store: TokenStream,
    /// Floats of packed weights.
    pub packed: Count,
}

/// Everything that infers, as associated items of the plan.
pub fn emit(cx: &Context<'_>) -> Inference {
    let raw = InferPlan::new(cx.graph, false, Layout::Chw);
    let folded = InferPlan::new(cx.graph, true, Layout::Chw);
    let blocks = Chw16cPlan::new(cx.graph, &folded);
    let weights = Weights::new(cx, &folded, &blocks);
    let name = |text: &str| Ident::new(text, Span::mixed_site());
    let infer_chw = function(cx, &raw, None, &name("infer_chw"));
    let packed_chw = function(cx, &folded, Some(&weights), &name("packed_chw"));
    let packed_chw16c = chw16c::function(cx, &folded, &blocks, &weights);
    let chwn16 = InferPlan::new(cx.graph, true, Layout::Chwn16);
    let packed_chwn16 = function(cx, &chwn16, Some(&weights), &name("packed_chwn16"));
    let (pack, packing) = (packed::pack(cx, &folded, &weights), packed::panels(cx, &folded, &blocks, &weights));
    let (arena, packed_arena) = (raw.arena.bytes.value(), folded.arena.bytes.value());
    let per_sample = per_sample::pays(&blocks, cx.graph, &folded, &chwn16);
    let (chwn16_arena, sample_arena) = (chwn16.arena.bytes.value(), blocks.arena.bytes.value());
    let (packed, panels_at, panels) = (weights.layout.total.value(), &weights.items, &weights.total);
    // What a build without `std` does not name it does not compile.
    let items = quote! {
        #panels_at
        #infer_chw
        #packed_chw
        #packed_chw16c
        #packed_chwn16
        #pack
        #packing
        const INFER: &'static __f::InferPlan = &__f::InferPlan {
            arena: #arena,
            one: Self::infer_chw,
            packed: #packed,
            packed_arena: #packed_arena,
            packed_chw: __f::if_std!(Self::packed_chw16c, Self::packed_chw),
        };
        __f::when_std! {
            const BATCH: &'static __f::BatchPlan = &__f::BatchPlan {
                packed_chwn16: Self::packed_chwn16,
                per_sample: #per_sample,
                arena: #chwn16_arena,
                sample_arena: #sample_arena,
                pack: Self::pack,
                panels: #panels,
                pack_panels: Self::pack_panels,
            };
        }
    };
    let arena = largest(&[&raw.arena.bytes, &folded.arena.bytes]);
    let (small, large) = (arena.value(), largest(&[&arena, &blocks.arena.bytes]).value());
    Inference { items, arena, store: quote!({ __f::if_std!(#large, #small) }), packed: weights.layout.total }
}
