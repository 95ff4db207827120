//! Inference as functions: one sample with weights as they are, one and sixteen with packed ones.

use super::functions::{Body, Functions};
use super::operands::{Locals, Operands, at, call, on, place, state_of, tensor};
use super::packed::{self, Weights};
use super::{Context, chw16c, mark, parametrized};
use crate::graph::{Arg, Count, Layout, TensorId};
use crate::passes::plan::chw16c::Chw16cPlan;
use crate::passes::plan::infer::{InferNode, InferPlan};
use crate::passes::plan::packed::PackedLayout;
use crate::passes::select::{explain, per_sample};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

struct Emit<'a, 'b> {
    cx: &'a Context<'b>,
    plan: &'a InferPlan,
    /// Where packed weights lie; `None` with the weights as they are.
    packed: Option<&'a Weights>,
    locals: &'a mut Locals,
    at: usize,
}

impl Emit<'_, '_> {
    fn node(&self) -> &InferNode {
        &self.plan.nodes[self.at]
    }

    fn place(&mut self, value: usize) -> TokenStream {
        let plan = self.plan;
        self.locals.bind(self.cx.graph, false, value, || place(plan.places[value], false, &plan.arena))
    }

    fn run(&mut self) -> TokenStream {
        let n = self.node().clone();
        let (cx, layout) = (self.cx, self.plan.layout);
        n.calls.iter().map(|what| call(cx, layout.module(what.kernel), n.node, what, self)).collect()
    }
}

impl Operands for Emit<'_, '_> {
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
                None => node.params.get(*k).map_or(quote!(::core::ptr::null()), |t| plain(self.cx, self.plan, *t)),
            },
            Arg::Scratch => n.scratch.map_or(quote!(::core::ptr::null_mut()), |b| at(&self.plan.arena, b)),
            Arg::State(k) => on("state", self.plan.states.0[n.node].clone().plus(k)),
            Arg::StateOf(k) => state_of(self.cx.graph, self.plan, node.inputs[*k]),
            Arg::Saved(k) => n.saved[*k].map_or(quote!(::core::ptr::null_mut()), |b| at(&self.plan.arena, b)),
            _ => unreachable!("does not stand in inference"),
        }
    }
}

/// A parameter or buffer where it was learned, or a weight that is made of some where it is made before the inference.
fn plain(cx: &Context<'_>, plan: &InferPlan, weight: TensorId) -> TokenStream {
    let made = plan.parametrized.iter().find(|(made, _)| *made == weight);
    made.map_or_else(|| tensor(cx, weight), |(_, buffer)| at(&plan.arena, *buffer))
}

/// A parameter or buffer of a node among packed weights.
pub fn arg_of_packed(cx: &Context<'_>, plan: &InferPlan, weights: &Weights, at: usize, k: usize) -> TokenStream {
    let Some(offset) = weights.at(cx, plan, at, k) else { return quote!(::core::ptr::null()) };
    let tensor = cx.graph.nodes[plan.nodes[at].node].params.get(k).copied();
    // By its name, where it stands in the same place as without packing.
    let named = tensor.filter(|t| !cx.graph.tensors[*t].buffer && cx.constants.offsets[*t] == offset);
    let offset = named.map_or_else(|| offset.value(), |t| cx.constants.tensor(t));
    quote!(__c.param(#offset))
}

/// What a function does that infers in one layout.
fn body(cx: &Context<'_>, plan: &InferPlan, packed: Option<&Weights>) -> Body {
    let mut locals = Locals::default();
    let mut steps = Vec::new();
    for (weight, buffer) in &plan.parametrized {
        steps.push(parametrized::make(cx, *weight, &|part| tensor(cx, part), &self::at(&plan.arena, *buffer), None));
    }
    for (at, node) in plan.nodes.iter().enumerate() {
        steps.push(mark::node(node.node, "forward"));
        steps.push(Emit { cx, plan, packed, locals: &mut locals, at }.run());
    }
    steps.push(mark::end());
    Body { lets: locals.lets(), steps }
}

/// One step.
pub struct OneStep {
    /// Associated items of the plan.
    pub items: TokenStream,
    /// Bytes that it works in.
    pub arena: Count,
    /// Floats of its state.
    pub state: Count,
    /// The function that reads weights as they are.
    pub plain: Ident,
    /// Those that read packed ones, in `chw` and in `chw16c`; `None` where the step does not find them where the whole sequence has them.
    pub packed: Option<[Ident; 2]>,
}

/// The functions of one step of the network whose packed weights lie so.
pub fn step(cx: &Context<'_>, whole: &PackedLayout) -> OneStep {
    let raw = InferPlan::new(cx.graph, false, Layout::Chw);
    let folded = InferPlan::new(cx.graph, true, Layout::Chw);
    let blocks = Chw16cPlan::new(cx.graph, &folded);
    let weights = Weights::new(cx, &folded, &blocks);
    let mut functions = Functions::default();
    let plain = functions.add("step_chw", body(cx, &raw, None));
    let mut packing = TokenStream::new();
    let packed = weights.layout.agrees(whole).then(|| {
        let (panels_at, total) = (&weights.items, &weights.total);
        let panels = packed::panels(&weights);
        packing = quote! {
            #panels_at
            #panels
            __f::when_std! {
                const PANELS: &'static __f::StepPanels = &__f::StepPanels { panels: #total, pack: Self::pack_panels };
            }
        };
        let chw = functions.add("packed_chw", body(cx, &folded, Some(&weights)));
        [chw, functions.add("packed_chw16c", chw16c::body(cx, &folded, &blocks, &weights))]
    });
    let mut items = functions.items();
    items.extend(packing);
    let arena = largest(&[&raw.arena.bytes, &folded.arena.bytes, &blocks.arena.bytes]);
    OneStep { items, arena, state: raw.states.1, plain, packed }
}

/// The largest of these, or enough for it.
pub fn largest(counts: &[&Count]) -> Count {
    let numbers: Option<Vec<usize>> = counts.iter().map(|count| count.num()).collect();
    match numbers {
        Some(numbers) => numbers.into_iter().max().unwrap_or(0).into(),
        None => counts.iter().fold(Count::default(), |sum, count| sum.plus(count)),
    }
}

/// What inference is made of.
pub struct InferItems {
    /// Associated items of the plan.
    pub items: TokenStream,
    /// Bytes of the arena of a machine without `std`.
    pub arena: Count,
    /// Of any machine.
    pub store: TokenStream,
    /// Floats of packed weights.
    pub packed: Count,
    /// How each node runs over one sample, in words.
    pub one_sample: Vec<String>,
}

/// Everything that infers, as associated items of the plan.
pub fn emit(cx: &Context<'_>) -> InferItems {
    let raw = InferPlan::new(cx.graph, false, Layout::Chw);
    let folded = InferPlan::new(cx.graph, true, Layout::Chw);
    let blocks = Chw16cPlan::new(cx.graph, &folded);
    let weights = Weights::new(cx, &folded, &blocks);
    let chwn16 = folded.clone().in_layout(cx.graph, Layout::Chwn16);
    let mut functions = Functions::default();
    let infer_chw = functions.add("infer_chw", body(cx, &raw, None));
    let packed_chw = functions.add("packed_chw", body(cx, &folded, Some(&weights)));
    let packed_chw16c = functions.add("packed_chw16c", chw16c::body(cx, &folded, &blocks, &weights));
    let packed_chwn16 = functions.add("packed_chwn16", body(cx, &chwn16, Some(&weights)));
    let functions = functions.items();
    let (pack, packing) = (packed::pack(cx, &folded, &weights), packed::panels(&weights));
    let (arena, packed_arena) = (raw.arena.bytes.value(), folded.arena.bytes.value());
    let sample_cost = match per_sample::cost(&blocks, cx.graph, &folded, &chwn16) {
        Some(cost) => Count::from(cost.min(u32::MAX as usize)).value(),
        None => quote!(__f::usize::MAX),
    };
    let share_scratch = chw16c::share_scratch(cx, &folded, &blocks).value();
    let (chwn16_arena, sample_arena) = (chwn16.arena.bytes.value(), blocks.arena.bytes.value());
    let (packed, panels_at, panels) = (weights.layout.total.value(), &weights.items, &weights.total);
    // What a build without `std` does not name it does not compile.
    let items = quote! {
        #panels_at
        #functions
        #pack
        #packing
        const INFER: &'static __f::InferFunctions = &__f::InferFunctions {
            arena: #arena,
            one: Self::#infer_chw,
            packed: #packed,
            packed_arena: #packed_arena,
            packed_sample: __f::if_std!(Self::#packed_chw16c, Self::#packed_chw),
        };
        __f::when_std! {
            const BATCH: &'static __f::BatchFunctions = &__f::BatchFunctions {
                packed_chwn16: Self::#packed_chwn16,
                sample_cost: #sample_cost,
                arena: #chwn16_arena,
                sample_arena: #sample_arena,
                share_scratch: #share_scratch,
                pack: Self::pack,
                panels: #panels,
                pack_panels: Self::pack_panels,
            };
        }
    };
    let arena = largest(&[&raw.arena.bytes, &folded.arena.bytes]);
    let (small, large) = (arena.value(), largest(&[&arena, &blocks.arena.bytes]).value());
    let one_sample = explain::one_sample(cx.graph, &folded, &blocks);
    InferItems { items, arena, store: quote!({ __f::if_std!(#large, #small) }), packed: weights.layout.total, one_sample }
}
