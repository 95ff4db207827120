//! One sample with packed weights and its channels in blocks of sixteen, as a function.

use super::functions::Body;
use super::infer::{arg_of_packed, largest};
use super::names::Names;
use super::operands::{Operands, at, call, on, place, pointer_to, state_of};
use super::packed::Weights;
use super::{Context, mark};
use crate::graph::{Arg, Call, ChannelBlocks, Count, Layout};
use crate::passes::memory::Room;
use crate::passes::plan::chw16c::{Chw16cPlan, Chw16cStep, Key, Placed, Run, chw_calls};
use crate::passes::plan::infer::InferPlan;
use fireclay_ir::LANES;
use fireclay_ir::kernels::{Entries, Kernel, Operand, Role, table};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

struct Emit<'a, 'b> {
    cx: &'a Context<'b>,
    folded: &'a InferPlan,
    plan: &'a Chw16cPlan,
    weights: &'a Weights,
    names: Names,
    known: Vec<Option<Ident>>,
    lets: TokenStream,
    /// The step that is being emitted.
    step: usize,
}

impl Emit<'_, '_> {
    /// The local of a value in one of its layouts.
    fn value(&mut self, key: Key) -> TokenStream {
        let Placed { value, layout, place: lies, .. } = &self.plan.values[key];
        if self.known[key].is_none() {
            let path = &self.cx.graph.values[*value].name;
            let name = self.names.value(&if *layout == Layout::Chw { path.clone() } else { format!("{path}_chw16c") });
            let place = place(*lies, false, &self.plan.arena);
            let cast = pointer_to(self.cx.graph.values[*value].ty.dtype());
            self.lets.extend(quote!(let #name = #place #cast;));
            self.known[key] = Some(name);
        }
        let name = &self.known[key];
        quote!(#name)
    }

    fn panel(&self, i: usize) -> TokenStream {
        let panel = Literal::usize_unsuffixed(self.weights.panels[self.step] + i);
        quote!(__c.panel(Self::PANELS_AT[#panel]))
    }

    /// A change of layout.
    fn change(&mut self, kernel: &Kernel, ChannelBlocks { channels, map }: ChannelBlocks, step: &Chw16cStep) -> TokenStream {
        let (channels, map) = (Literal::usize_unsuffixed(channels), Literal::usize_unsuffixed(map));
        let (kernel, x, y) = (Ident::new(kernel.name, Span::mixed_site()), self.value(step.reads[0]), self.value(step.writes[0]));
        quote!(__f::chw::#kernel(#channels, #map, #x, #y);)
    }

    /// A product with what it adds and cuts off.
    fn product(&mut self, kernel: &Kernel, relu: bool) -> TokenStream {
        let (plan, cx) = (self.plan, self.cx);
        let step = &plan.steps[self.step];
        let shared = is_shared(cx, self.folded, step, kernel);
        let operands: Vec<TokenStream> = kernel
            .operands
            .iter()
            .map(|operand| match operand.role {
                Role::geometry => cx.constants.geometry(self.folded.nodes[step.at].node),
                Role::packed => self.panel(0),
                Role::param => arg_of_packed(cx, self.folded, self.weights, step.at, 0),
                Role::scratch if shared => quote!(__scratch),
                Role::scratch => self.buffer(step.scratch_at),
                Role::share if shared => quote!(__share),
                Role::share => quote!(__f::Share::ALL),
                Role::lower_bound if relu => quote!(0.0),
                Role::lower_bound => quote!(__f::f32::NEG_INFINITY),
                Role::residual => step.reads.get(1).map_or(quote!(::core::ptr::null()), |key| self.value(*key)),
                Role::value => self.value(step.reads[0]),
                Role::output => self.value(step.writes[0]),
                role => unreachable!("{}: a product has no operand `{role:?}`", kernel.name),
            })
            .collect();
        let kernel = Ident::new(kernel.name, Span::mixed_site());
        let call = quote!(__f::chw::#kernel(#(#operands),*));
        if !shared {
            return quote!(#call;);
        }
        let scratch = self.buffer(step.scratch_at);
        quote!(__c.in_shares(#scratch, &|__scratch, __share| #call);)
    }

    /// A large pool: threads take some of the blocks of channels each.
    fn pool_in_shares(&mut self, calls: &[Call]) -> Option<TokenStream> {
        let ([call], step) = (calls, &self.plan.steps[self.step]) else { return None };
        let [Operand { of: "Pool", .. }, Operand { role: Role::value, .. }, Operand { role: Role::output, .. }] =
            call.kernel.operands
        else {
            return None;
        };
        let (read, written) = (step.reads[0], step.writes[0]);
        let [Layout::Chw16c(x), Layout::Chw16c(y)] = [read, written].map(|key| self.plan.values[key].layout) else { return None };
        let Arg::Value(geometry) = &call.args[0] else { return None };
        let blocks = x.vectors() / x.map;
        if blocks < 2 || x.vectors().saturating_mul(LANES) < FEW_NUMBERS {
            return None;
        }
        let [blocks, of_x, of_y] = [blocks, x.map * LANES, y.map * LANES].map(Literal::usize_unsuffixed);
        let (kernel, x, y) = (Ident::new(call.kernel.name, Span::mixed_site()), self.value(read), self.value(written));
        Some(quote! {
            __c.in_shares(::core::ptr::null_mut(), &|_, __share| {
                let (__from, __until) = __share.evenly(#blocks);
                let __pool = __f::k::Pool { channels: __until - __from, ..*#geometry };
                __f::chwn16::#kernel(&__pool, #x.wrapping_add(__from * #of_x), #y.wrapping_add(__from * #of_y));
            });
        })
    }

    /// A buffer of the arena, or null.
    fn buffer(&self, buffer: Option<usize>) -> TokenStream {
        buffer.map_or(quote!(::core::ptr::null_mut()), |b| at(&self.plan.arena, b))
    }

    fn run(&mut self) -> TokenStream {
        let (plan, cx) = (self.plan, self.cx);
        let step = &plan.steps[self.step];
        let n = &self.folded.nodes[step.at];
        match &step.run {
            Run::ToChw16c(blocks) => self.change(&table::chw_to_chw16c, *blocks, step),
            Run::ToChw(blocks) => self.change(&table::chw16c_to_chw, *blocks, step),
            Run::Product { kernel, relu, .. } => self.product(kernel, *relu),
            Run::Channelwise(calls) => {
                if let Some(tokens) = self.pool_in_shares(calls) {
                    return tokens;
                }
                let module = |what: &Call| if what.kernel.entries == Entries::Chw { "chw" } else { "chwn16" };
                calls.iter().map(|what| call(cx, module(what), n.node, what, self)).collect()
            }
            Run::Chw => chw_calls(n).iter().map(|what| call(cx, "chw", n.node, what, self)).collect(),
        }
    }
}

impl Operands for Emit<'_, '_> {
    fn operand(&mut self, arg: &Arg) -> TokenStream {
        let plan = self.plan;
        let step = &plan.steps[self.step];
        match arg {
            Arg::Input(k) => self.value(step.reads[*k]),
            Arg::Output(k) => self.value(step.writes[*k]),
            Arg::Param(k) => arg_of_packed(self.cx, self.folded, self.weights, step.at, *k),
            Arg::Panel(i) => self.panel(*i),
            Arg::State(k) => on("state", self.folded.states.0[self.folded.nodes[step.at].node].clone().plus(k)),
            Arg::StateOf(k) => {
                let value = self.cx.graph.nodes[self.folded.nodes[step.at].node].inputs[*k];
                state_of(self.cx.graph, self.folded, value)
            }
            Arg::Scratch => self.buffer(step.scratch_at),
            Arg::Saved(k) => self.buffer(step.saved[*k]),
            _ => unreachable!("does not stand in inference"),
        }
    }
}

/// Fewer multiply-accumulates are done before another thread has begun.
const FEW: usize = 1 << 16;

/// Fewer numbers are read by a pool before that.
const FEW_NUMBERS: usize = 1 << 16;

/// Whether threads share a step.
fn is_shared(cx: &Context<'_>, folded: &InferPlan, step: &Chw16cStep, kernel: &Kernel) -> bool {
    let macs = cx.graph.nodes[folded.nodes[step.at].node].op.macs();
    kernel.operands.iter().any(|operand| operand.role == Role::share) && macs.num().is_none_or(|macs| macs >= FEW)
}

/// Bytes of scratch that a share takes at most.
pub fn share_scratch(cx: &Context<'_>, folded: &InferPlan, plan: &Chw16cPlan) -> Count {
    let shared = plan.steps.iter().filter(|step| match &step.run {
        Run::Product { kernel, .. } => is_shared(cx, folded, step, kernel),
        _ => false,
    });
    let all: Vec<Count> = shared.map(|step| Room::scratch(&step.scratch, Layout::Chwn16).bytes).collect();
    largest(&all.iter().collect::<Vec<_>>())
}

/// What the function does.
pub fn body(cx: &Context<'_>, folded: &InferPlan, plan: &Chw16cPlan, weights: &Weights) -> Body {
    let known = vec![None; plan.values.len()];
    let mut emit = Emit { cx, folded, plan, weights, names: Names::default(), known, lets: TokenStream::new(), step: 0 };
    let mut steps = Vec::new();
    for step in 0..plan.steps.len() {
        emit.step = step;
        steps.push(mark::node(folded.nodes[plan.steps[step].at].node, "forward"));
        steps.push(emit.run());
    }
    steps.push(mark::end());
    Body { lets: emit.lets, steps }
}
