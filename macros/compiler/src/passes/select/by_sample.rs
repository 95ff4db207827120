//! Training one sample at a time: channels lie in vectors (`chw16c`) as far as the operations can, and a value is converted where one cannot read
//! what is there. Its cost follows the samples; sixteen side by side cost the same however many of them are real.

use super::training::{self, Form, Instead, Selected, Training, instead, with};
use super::{Choice, conv, conv_training, training_cost};
use crate::graph::{
    Arg, Attributes, BackwardStep, Call, ChannelBlocks, Dispatch, Graph, Layout, Linear, Node, Op, Value, ValueId, kernels,
};
use crate::layers::{RecurrentAcross as Across, RecurrentOp};
use fireclay_ir::geometry::Conv;
use fireclay_ir::kernels::{Role, table};
use fireclay_ir::sizes::{conv1d_scratch, rows_scratch};
use proc_macro2::{Literal, TokenTree};
use std::collections::HashMap;
use std::rc::Rc;

/// The graph as it trains one sample at a time; `None` where sixteen side by side are the only form.
#[must_use]
pub fn form(from: &Graph) -> Option<Form> {
    // Sizes that are types are not known here.
    let numbers = from.values.iter().all(|value| value.ty.len().num().is_some());
    if !numbers || !from.nodes.iter().filter_map(recurrent).all(|op| op.across().is_some()) {
        return None;
    }
    let waits = |node: &Node| {
        is_wide(&*node.op)
            || matches!(node.op.linear(), Some(Linear::Conv1d { .. }))
            || recurrent(node).is_some()
            || node.op.forward().iter().any(|step| matches!(step, Dispatch::Barrier(_)))
    };
    let barriers = from.nodes.iter().any(waits);
    let graph = Graph { nodes: Vec::new(), ..from.clone() };
    let layouts = vec![Layout::Chw; from.values.len()];
    let mut to = BySample { form: Form { graph, layouts, origins: Vec::new() }, there: HashMap::new(), barriers };
    for (i, node) in from.nodes.iter().enumerate() {
        if !node.outputs.is_empty() {
            to.node(i, node);
        }
    }
    for i in 0..from.outputs.len() {
        let value = from.outputs[i].value;
        let writer = from.source(value).unwrap_or(0);
        to.form.graph.outputs[i].value = to.read(writer, value, Layout::Chw);
    }
    Some(to.form)
}

/// The recurrent layer that a node is.
fn recurrent(node: &Node) -> Option<&RecurrentOp> {
    node.op.downcast()
}

/// The graph so far.
struct BySample {
    form: Form,
    /// Values in a layout that they were not written in.
    there: HashMap<(ValueId, Layout), ValueId>,
    /// Some operation waits for all samples.
    barriers: bool,
}

impl BySample {
    fn blocks(&self, value: ValueId) -> Option<ChannelBlocks> {
        ChannelBlocks::of(&self.form.graph.values[value].ty)
    }

    /// The value in this layout, converted if need be.
    fn read(&mut self, origin: usize, value: ValueId, layout: Layout) -> ValueId {
        if self.form.layouts[value] == layout {
            return value;
        }
        if let Some(known) = self.there.get(&(value, layout)) {
            return *known;
        }
        let (blocks, to_chw16c) = match (self.form.layouts[value], layout) {
            (Layout::Chw, Layout::Chw16c(blocks)) => (blocks, true),
            (Layout::Chw16c(blocks), Layout::Chw) => (blocks, false),
            _ => unreachable!("a value lies in `chw`, or in `chw16c` by its own sizes"),
        };
        let Value { ty, name } = self.form.graph.values[value].clone();
        let converted = self.form.graph.values.len();
        let name = format!("{name}_{layout}");
        self.form.graph.values.push(Value { ty, name: name.clone() });
        self.form.layouts.push(layout);
        self.there.insert((value, layout), converted);
        let op = Rc::new(Convert { attributes: Attributes::new("Convert", Vec::new()), blocks, to_chw16c });
        let span = proc_macro2::Span::call_site();
        let node =
            Node { op, inputs: vec![value], outputs: vec![converted], params: Vec::new(), path: name, span, frozen: false };
        self.push(origin, node);
        converted
    }

    fn push(&mut self, origin: usize, node: Node) {
        self.form.graph.nodes.push(node);
        self.form.origins.push(origin);
    }

    fn node(&mut self, i: usize, node: &Node) {
        let blocks: Option<Vec<ChannelBlocks>> = node.inputs.iter().map(|v| self.blocks(*v)).collect();
        let output = if let [output] = *node.outputs { self.blocks(output) } else { None };
        let lies = node.inputs.iter().any(|v| matches!(self.form.layouts[*v], Layout::Chw16c(_)));
        let selected = match (blocks, output) {
            (Some(blocks), Some(output)) if !node.op.traits().view => {
                self.select(&node.op, &blocks, lies).map(|op| (op, blocks, output))
            }
            _ => None,
        };
        let (op, layouts, layout) = match selected {
            Some((op, blocks, output)) => (op, blocks.into_iter().map(Layout::Chw16c).collect(), Layout::Chw16c(output)),
            None => (self.across(node), vec![Layout::Chw; node.inputs.len()], Layout::Chw),
        };
        let inputs = node.inputs.iter().zip(layouts).map(|(v, layout)| self.read(i, *v, layout)).collect();
        for value in &node.outputs {
            self.form.layouts[*value] = layout;
        }
        self.push(i, Node { op, inputs, ..node.clone() });
    }

    /// The operation over vectors of channels, where it can; one without a product only where a value `lies` so already.
    fn select(&mut self, op: &Rc<dyn Op>, blocks: &[ChannelBlocks], lies: bool) -> Option<Rc<dyn Op>> {
        let training = match op.linear() {
            Some(Linear::Conv { g, exact, .. }) => self.product(&**op, &g, &conv::training_by_sample(&g, exact)?)?,
            Some(Linear::ConvTranspose { g, .. }) => self.product(&**op, &g, &conv::transposed_by_sample(&g)?)?,
            Some(Linear::PerChannel { .. }) | None if lies => {
                let over = op.over_channels(blocks)?;
                if over.forward().iter().any(|step| instead(PER_CHANNEL, step.call()).is_some()) {
                    all_with(&*over, PER_CHANNEL, 0)?
                } else {
                    over_channels(&*over)?
                }
            }
            _ => return None,
        };
        Some(Rc::new(Selected { op: Rc::clone(op), training }))
    }

    /// In `chw`: dense and recurrent layers and convolutions over time run over all samples at once, whose weights are read once for them.
    fn across(&mut self, node: &Node) -> Rc<dyn Op> {
        let op = &node.op;
        let training = if let Some(layer) = recurrent(node) {
            layer.across().map(|Across { forward, backward, workspace }| Training { forward, backward, workspace })
        } else if let Some(Linear::Conv1d { g }) = op.linear() {
            Some(training::conv1d_across(&**op, conv1d_scratch(&g)))
        } else if is_wide(&**op) {
            Some(training::dense_across(&**op))
        } else {
            dense_of_rows(&**op)
        };
        training.map_or_else(|| Rc::clone(op), |training| Rc::new(Selected { op: Rc::clone(op), training }))
    }

    /// By the kernels of the chosen algorithm: over all samples at once where a weight takes long to pack.
    fn product(&mut self, op: &dyn Op, g: &Conv, choice: &Choice) -> Option<Training> {
        let algorithm = choice.algorithm;
        let one_by_one = conv_training::by_sample(algorithm);
        let across = conv_training::across(algorithm).filter(|_| training_cost::packing_shows(op, g, choice, self.barriers));
        let training = all_with(op, one_by_one, conv::by_sample_scratch(g, algorithm))?;
        Some(across.map_or(training, |kernels| with(op, kernels, conv::across_scratch(g, algorithm))))
    }
}

/// A dense layer over several rows of each sample.
fn dense_of_rows(op: &dyn Op) -> Option<Training> {
    let Some(Linear::Dense { rows, inputs, .. }) = op.linear() else { return None };
    (rows.num()? > 1).then(|| training::dense_across_rows(op, rows_scratch(inputs.num().unwrap_or(0))))
}

/// Whether this is a dense layer of one row with many weights.
fn is_wide(op: &dyn Op) -> bool {
    /// Fewer weights stay in the first-level cache from sample to sample.
    const FEW: usize = 4096;
    let one_row = matches!(op.linear(), Some(Linear::Dense { rows, .. }) if rows.num() == Some(1));
    one_row && op.macs().num().is_some_and(|macs| macs >= FEW)
}

/// Kernels with numbers for each channel, and those over vectors of channels.
const PER_CHANNEL: &[Instead] = &[
    [&table::batch_norm_statistics, &table::batch_norm_chw16c_statistics],
    [&table::batch_norm_normalize, &table::batch_norm_chw16c_normalize],
    [&table::batch_norm_eval, &table::batch_norm_chw16c_eval],
    [&table::batch_norm_backward_sums, &table::batch_norm_chw16c_backward_sums],
    [&table::batch_norm_backward, &table::batch_norm_chw16c_backward],
    [&table::batch_norm_eval_backward, &table::batch_norm_chw16c_eval_backward],
    [&table::batch_norm_eval_backward_params, &table::batch_norm_chw16c_eval_backward_params],
];

/// What the operation runs with these kernels in the place of its own; what runs at barriers and what is element-wise stays. `None` where another
/// of its calls has sizes.
fn all_with(op: &dyn Op, kernels: &[Instead], scratch: usize) -> Option<Training> {
    let sizes = |call: &Call| call.kernel.operands.iter().any(|operand| operand.role == Role::geometry);
    let stays = |step: &Dispatch| !matches!(step, Dispatch::Micro(call) if sizes(call) && instead(kernels, call).is_none());
    let all = op.forward().iter().all(stays) && op.backward().iter().all(|backward| stays(&backward.step));
    all.then(|| with(op, kernels, scratch))
}

/// What an operation runs over channels in the place of samples: its sizes are no longer those of the node. `None` where it keeps tensors of its own,
/// which are counted in numbers of a sample.
fn over_channels(op: &dyn Op) -> Option<Training> {
    let (geometry, workspace) = (op.geometry(), op.workspace());
    if !workspace.saved.is_empty() || !workspace.work.is_empty() {
        return None;
    }
    let here = |step: Dispatch| match (step, &geometry) {
        (Dispatch::Micro(call), Some(geometry)) => Dispatch::Micro(call.with_geometry(geometry)),
        (step, _) => step,
    };
    Some(Training::new(op, here, workspace))
}

/// A change of layout.
#[derive(Debug)]
struct Convert {
    attributes: Attributes,
    blocks: ChannelBlocks,
    to_chw16c: bool,
}

impl Op for Convert {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn forward(&self) -> Vec<Dispatch> {
        let [channels, map] = self.sizes();
        let (x, y) = (Arg::Input(0), Arg::Output(0));
        vec![Dispatch::Micro(if self.to_chw16c {
            kernels::chw_to_chw16c { channels, map, x, y }.into()
        } else {
            kernels::chw16c_to_chw { channels, map, x, y }.into()
        })]
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let [channels, map] = self.sizes();
        let (dy, dx, accumulate) = (Arg::GradOutput(0), Arg::GradInput(0), Arg::Accumulate(0));
        vec![BackwardStep::input(
            0,
            if self.to_chw16c {
                kernels::chw16c_to_chw_gradient { channels, map, dy, dx, accumulate }.into()
            } else {
                kernels::chw_to_chw16c_gradient { channels, map, dy, dx, accumulate }.into()
            },
        )]
    }
}

impl Convert {
    fn sizes(&self) -> [Arg; 2] {
        [self.blocks.channels, self.blocks.map].map(|n| Arg::Value(TokenTree::from(Literal::usize_unsuffixed(n)).into()))
    }
}
