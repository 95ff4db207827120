//! The phases of training as functions.

use super::operands::{Locals, Operands, at, call, on, place, tensor};
use super::{Context, mark};
use crate::graph::{Arg, Call, Count, Graph};
use crate::passes::memory::Place;
use crate::passes::plan::train::{Action, Demand, PhasePlan, Planned, TrainPlan, saved_key};
use crate::passes::select::training_cost;
use fireclay_ir::kernels::Entries;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use std::collections::HashSet;

/// Operands of one step.
struct Emit<'a, 'b> {
    cx: &'a Context<'b>,
    plan: &'a TrainPlan,
    locals: &'a mut Locals,
    node: usize,
    accumulate: &'a [bool],
    scratch: Option<usize>,
    /// Over the values of all samples, in shares.
    across: bool,
}

impl Emit<'_, '_> {
    fn value(&mut self, value: usize) -> TokenStream {
        let plan = self.plan;
        self.locals.bind(&plan.graph, false, value, || place(plan.values[value], false, &plan.arena))
    }

    fn grad(&mut self, value: usize) -> TokenStream {
        let plan = self.plan;
        self.locals.bind(&plan.graph, true, value, || place(plan.grads[value], true, &plan.arena))
    }
}

impl Emit<'_, '_> {
    /// Where the samples of an operand lie.
    fn samples(&self, of: &Arg) -> TokenStream {
        let node = &self.plan.graph.nodes[self.node];
        let (place, [input, output]) = match of {
            Arg::Input(k) => (self.plan.values[node.inputs[*k]], ["input_samples", "output_samples"]),
            Arg::Output(k) => (self.plan.values[node.outputs[*k]], ["input_samples", "output_samples"]),
            Arg::GradInput(k) => (self.plan.grads[node.inputs[*k]], ["input_grad_samples", "output_grad_samples"]),
            Arg::GradOutput(k) => (self.plan.grads[node.outputs[*k]], ["input_grad_samples", "output_grad_samples"]),
            _ => unreachable!("values and gradients alone lie in samples"),
        };
        match place {
            Some(Place::Input(i)) => on(input, i),
            Some(Place::Output(i)) => on(output, i),
            _ => quote!(__c.all_samples()),
        }
    }
}

impl Operands for Emit<'_, '_> {
    fn operand(&mut self, arg: &Arg) -> TokenStream {
        let node = &self.plan.graph.nodes[self.node];
        let null = quote!(::core::ptr::null_mut());
        match arg {
            Arg::Input(k) => self.value(node.inputs[*k]),
            Arg::Output(k) => self.value(node.outputs[*k]),
            Arg::GradOutput(k) | Arg::GradOutputInPlace(k) => self.grad(node.outputs[*k]),
            Arg::GradInput(k) => self.grad(node.inputs[*k]),
            Arg::Accumulate(k) => {
                let accumulate = self.accumulate[*k];
                quote!(#accumulate)
            }
            Arg::Param(k) => node.params.get(*k).map_or(quote!(::core::ptr::null()), |t| tensor(self.cx, *t)),
            Arg::GradParam(k) => {
                let tensor = node.params.get(*k).copied();
                match tensor.and_then(|t| Some((self.cx.constants.grad(t)?, &self.cx.graph.tensors[t].parametrized))) {
                    Some((offset, None)) => quote!(__c.grad(#offset)),
                    Some((offset, Some(_))) => quote!(__c.parametrized_grad(#offset)),
                    None => null,
                }
            }
            Arg::SamplesOf(of) => self.samples(of),
            Arg::Scratch if self.across => quote!(__c.scratch(__share)),
            Arg::Scratch => self.scratch.map_or(null, |b| at(&self.plan.arena, b)),
            Arg::Saved(_) | Arg::Work(_) => {
                let buffer = saved_key(self.node, arg).and_then(|key| self.plan.saved.get(&key));
                buffer.map_or(null, |b| at(&self.plan.arena, *b))
            }
            Arg::Stats => {
                let offset = self.plan.stats.0[self.node].value();
                quote!(__c.stats(#offset))
            }
            Arg::Shared | Arg::SharedFrom(_) => {
                let first = self.plan.shared.0[self.node].clone();
                on("shared", if let Arg::SharedFrom(n) = arg { first.plus(n) } else { first })
            }
            _ => unreachable!("filled in by `call`"),
        }
    }
}

fn step(cx: &Context<'_>, plan: &TrainPlan, locals: &mut Locals, planned: &Planned) -> TokenStream {
    // Numbers of a gradient, in whole micro-batches.
    let len = |value: usize| {
        let layout = plan.layouts[value];
        layout.numbers(&plan.graph.values[value].ty).times(&layout.samples().into()).value()
    };
    match &planned.action {
        Action::Run { node, call: what, accumulate, scratch } => {
            let across = matches!(what.kernel.entries, Entries::Across);
            let mut operands = Emit { cx, plan, locals, node: *node, accumulate, scratch: *scratch, across };
            call(cx, plan.layout(*node).module(what.kernel), plan.origins[*node], what, &mut operands)
        }
        Action::Seed { value, output } => {
            let mut operands = Emit { cx, plan, locals, node: 0, accumulate: &[], scratch: None, across: false };
            let (to, len) = (operands.grad(*value), len(*value));
            let from = on("output_grad", *output);
            quote!(__f::copy_gradient(#from, #to, #len);)
        }
        Action::Clear { value } => {
            let mut operands = Emit { cx, plan, locals, node: 0, accumulate: &[], scratch: None, across: false };
            let (to, len) = (operands.grad(*value), len(*value));
            quote!(__f::clear_gradient(#to, #len);)
        }
    }
}

/// Steps that run on demand.
fn on_demand(demand: Demand, steps: TokenStream) -> TokenStream {
    match demand {
        _ if steps.is_empty() => steps,
        Demand::Always => steps,
        Demand::ForParams => quote!(if __c.weights { #steps }),
        Demand::ForInputs => quote!(if __c.wants_inputs { #steps }),
    }
}

/// The steps of one function, with a mark where another node begins.
fn steps(cx: &Context<'_>, plan: &TrainPlan, locals: &mut Locals, name: &str, planned: &[Planned]) -> TokenStream {
    let mut tokens = TokenStream::new();
    let mut current = None;
    // Steps of one node on the same demand, which wait for what else there is.
    let (mut demand, mut waiting) = (Demand::Always, TokenStream::new());
    for planned in planned {
        let next = match planned.action {
            Action::Run { node, .. } if current.replace(plan.origins[node]) != Some(plan.origins[node]) => {
                mark::node(plan.origins[node], name)
            }
            _ => TokenStream::new(),
        };
        if planned.demand != demand || !next.is_empty() {
            tokens.extend(on_demand(demand, std::mem::take(&mut waiting)));
            demand = planned.demand;
        }
        tokens.extend(next);
        waiting.extend(step(cx, plan, locals, planned));
    }
    tokens.extend(on_demand(demand, waiting));
    tokens.extend(mark::end());
    tokens
}

/// The functions of one direction, and the list of its phases.
fn direction(cx: &Context<'_>, plan: &TrainPlan, prefix: &str, name: &str, phases: &[PhasePlan]) -> (TokenStream, TokenStream) {
    let mut functions = TokenStream::new();
    let mut list = TokenStream::new();
    let firsts = first_to_add(plan, phases);
    for (i, phase) in phases.iter().enumerate() {
        let mut locals = Locals::default();
        let steps = self::steps(cx, plan, &mut locals, name, &phase.micro);
        let mut body = locals.lets();
        body.extend(steps);
        let run = Ident::new(&format!("{prefix}{name}_{i}"), Span::mixed_site());
        functions.extend(quote! {
            unsafe fn #run(__c: &__f::Micro<'_>) { unsafe { #body } }
        });
        let barrier = if phase.barrier.is_empty() {
            quote!(::core::option::Option::None)
        } else {
            let mut locals = Locals::default();
            let steps = self::steps(cx, plan, &mut locals, name, &phase.barrier);
            let run = Ident::new(&format!("{prefix}{name}_{i}_barrier"), Span::mixed_site());
            functions.extend(quote! {
                unsafe fn #run(__c: &__f::Barrier<'_>) { unsafe { #steps } }
            });
            quote!(::core::option::Option::Some(Self::#run))
        };
        let whole = Ident::new(&format!("{prefix}{name}_{i}_across"), Span::mixed_site());
        let across = across(cx, plan, (&whole, name), &phase.across, &firsts[i], &mut functions);
        list.extend(quote!(__f::Phase { run: Self::#run, barrier: #barrier, across: #across },));
    }
    (functions, list)
}

/// What runs over the values of all samples, and how it is listed.
fn across(
    cx: &Context<'_>,
    plan: &TrainPlan,
    (run, name): (&Ident, &str),
    planned: &[Planned],
    first: &HashSet<usize>,
    functions: &mut TokenStream,
) -> TokenStream {
    if planned.is_empty() {
        return quote!(::core::option::Option::None);
    }
    let mut locals = Locals::default();
    let steps = self::steps(cx, plan, &mut locals, name, planned);
    let lets = locals.lets();
    let macs = planned.iter().filter_map(Planned::node).map(|node| plan.graph.nodes[node].op.macs());
    let macs = macs.fold(Count::default(), |all, macs| all.plus(&macs)).value();
    functions.extend(quote! {
        unsafe fn #run(__c: &__f::Barrier<'_>, __share: __f::Share) { unsafe { #lets #steps } }
    });
    let first = ranges(cx, |t| first.contains(&t));
    quote!(::core::option::Option::Some(__f::Across { run: Self::#run, macs: #macs, first: &[#first] }))
}

/// For each phase the parameters whose gradients what runs over all samples in it adds to before all else does.
fn first_to_add(plan: &TrainPlan, phases: &[PhasePlan]) -> Vec<HashSet<usize>> {
    let mut seen = HashSet::new();
    let mut firsts = Vec::new();
    for PhasePlan { micro, barrier, across } in phases {
        seen.extend(micro.iter().chain(barrier).flat_map(|planned| added_by(plan, planned)));
        let added = across.iter().flat_map(|planned| added_by(plan, planned));
        let first: HashSet<usize> = added.filter(|tensor| !seen.contains(tensor)).collect();
        seen.extend(&first);
        firsts.push(first);
    }
    firsts
}

/// The parameters whose gradients a step adds to.
fn added_by(plan: &TrainPlan, planned: &Planned) -> Vec<usize> {
    match &planned.action {
        Action::Run { node, call, .. } => made_by(&plan.graph, *node, call).collect(),
        _ => Vec::new(),
    }
}

/// Runs of gradients, as ranges.
fn ranges(cx: &Context<'_>, wanted: impl Fn(usize) -> bool) -> TokenStream {
    runs(cx, wanted).into_iter().map(|(t, len)| range(cx, t, &len)).collect()
}

/// So many gradients from that of a parameter on.
fn range(cx: &Context<'_>, tensor: usize, len: &Count) -> TokenStream {
    let first = cx.constants.grad_offsets[tensor].clone().unwrap_or_default();
    let (end, first) = (first.clone().plus(len).value(), first.value());
    quote!(#first..#end,)
}

/// What runs when the backward pass is through, and how it is listed.
fn batch(cx: &Context<'_>, plan: &TrainPlan, prefix: &str) -> (TokenStream, TokenStream) {
    if plan.batch.is_empty() {
        return (TokenStream::new(), quote!(::core::option::Option::None));
    }
    let (mut calls, mut numbers, mut locals) = (TokenStream::new(), Count::default(), Locals::default());
    for step in &plan.batch {
        let node = step.node;
        let mut operands = Emit { cx, plan, locals: &mut locals, node, accumulate: &[], scratch: None, across: false };
        calls.extend(mark::node(plan.origins[node], "backward"));
        calls.extend(call(cx, "batch", plan.origins[node], &step.call, &mut operands));
        for tensor in made_by(&plan.graph, node, &step.call) {
            numbers = numbers.plus(&Count::product(&cx.graph.tensors[tensor].dims));
        }
    }
    calls.extend(mark::end());
    let numbers = numbers.value();
    let name = Ident::new(&format!("{prefix}batch"), Span::mixed_site());
    let run = quote!(unsafe fn #name(__c: &__f::Barrier<'_>, __share: __f::Share) { unsafe { #calls } });
    (run, quote!(::core::option::Option::Some(__f::BatchWork { run: Self::#name, numbers: #numbers })))
}

/// The parameters whose gradients a call of this node adds to.
fn made_by<'a>(graph: &'a Graph, node: usize, call: &'a Call) -> impl Iterator<Item = usize> + 'a {
    let params = &graph.nodes[node].params;
    call.args.iter().filter_map(|arg| if let Arg::GradParam(k) = arg { params.get(*k).copied() } else { None })
}

/// Runs of gradients that micro-batches add to.
fn slots(cx: &Context<'_>, plan: &TrainPlan) -> TokenStream {
    let micro = plan.backward.iter().flat_map(|phase| &phase.micro);
    let added: HashSet<usize> = micro.flat_map(|planned| added_by(plan, planned)).collect();
    let parametrized =
        cx.graph.parametrized().map(|(t, _)| t).filter(|t| added.contains(t) && cx.constants.grad_offsets[*t].is_some());
    let parametrized = parametrized.map(|t| (t, Count::product(&cx.graph.tensors[t].dims)));
    runs(cx, |t| added.contains(&t)).into_iter().chain(parametrized).map(|(t, len)| range(cx, t, &len)).collect()
}

/// Everything that exists only to train, as associated items of the plan.
pub fn emit(cx: &Context<'_>) -> TokenStream {
    let constants = cx.constants.train_items();
    let (plan, by_sample) = TrainPlan::both(cx.graph);
    let (mut items, side_by_side) = functions(cx, &plan, "");
    let by_sample = by_sample.map_or(quote!(::core::option::Option::None), |sample| {
        let (functions, train) = functions(cx, &sample, "sample_");
        items.extend(functions);
        let [cost, once] = training_cost::thousandths(&sample, &plan).map(|cost| Count::from(cost).value());
        quote!(::core::option::Option::Some(&__f::SampleTraining { functions: #train, cost: #cost, once: #once }))
    });
    quote! {
        #constants
        #items
        const TRAIN: &'static __f::TrainFunctions = &#side_by_side;
        const TRAIN_SAMPLE: ::core::option::Option<&'static __f::SampleTraining> = #by_sample;
    }
}

/// The functions of a plan, and the value that lists them.
pub(super) fn functions(cx: &Context<'_>, plan: &TrainPlan, prefix: &str) -> (TokenStream, TokenStream) {
    let (forward, forward_list) = direction(cx, plan, prefix, "forward", &plan.forward);
    let (backward, backward_list) = direction(cx, plan, prefix, "backward", &plan.backward);
    let arena = plan.arena.bytes.value();
    let layout = Ident::new(if plan.samples() == 1 { "Chw" } else { "Chwn16" }, Span::mixed_site());
    let (stats, shared, scratch) = (plan.stats.1.value(), plan.shared.1.typed_value(), plan.scratch.value());
    let (batch, batch_work) = batch(cx, plan, prefix);
    let slots = slots(cx, plan);
    let late: HashSet<usize> = first_to_add(plan, &plan.backward).into_iter().flatten().collect();
    let added = ranges(cx, |t| !late.contains(&t));
    let trained = trained(cx);
    let several = match plan.graph.nodes.iter().find(|node| node.op.traits().several_samples) {
        Some(node) => {
            let path = &node.path;
            quote!(::core::option::Option::Some(#path))
        }
        None => quote!(::core::option::Option::None),
    };
    let list = quote! {
        __f::TrainFunctions {
            layout: __f::Layout::#layout,
            arena: #arena,
            stats: #stats,
            shared: #shared,
            scratch: #scratch,
            forward: &[#forward_list],
            backward: &[#backward_list],
            batch: #batch_work,
            slots: &[#slots],
            added: &[#added],
            trained: &[#trained],
            several: #several,
        }
    };
    let functions = [forward, backward, batch].into_iter().collect();
    (functions, list)
}

/// Runs of trained parameters, as long as they stand side by side.
fn trained(cx: &Context<'_>) -> TokenStream {
    runs(cx, |_| true)
        .iter()
        .map(|(t, len)| {
            let param = cx.constants.offsets[*t].value();
            let grad = cx.constants.grad_offsets[*t].clone().unwrap_or_default().value();
            let len = len.value();
            quote!(__f::Trained { param: #param, grad: #grad, len: #len },)
        })
        .collect()
}

/// Trained parameters of these, as long as they stand side by side: the first of each run, and the numbers of all.
fn runs(cx: &Context<'_>, wanted: impl Fn(usize) -> bool) -> Vec<(usize, Count)> {
    let mut runs: Vec<(usize, Count)> = Vec::new();
    let mut open = false;
    for t in cx.graph.modules.tensors() {
        let info = &cx.graph.tensors[t];
        if info.buffer {
            continue;
        }
        if info.frozen || !wanted(t) {
            open = false;
            continue;
        }
        let len = Count::product(&info.dims);
        match runs.last_mut() {
            Some((_, sum)) if open => *sum = sum.clone().plus(&len),
            _ => runs.push((t, len)),
        }
        open = true;
    }
    runs
}
