//! Training of single samples: the calls of a recurrent layer over all samples of a batch. Products that wait for nobody are cut by results, the loops
//! over time by samples.

use super::op::RecurrentOp;
use crate::graph::{Arg, BackwardStep, Call, Dispatch, Purpose, Workspace, kernels};
use quote::quote;

/// What a recurrent layer runs across samples.
#[derive(Debug)]
pub(crate) struct Across {
    pub forward: Vec<Dispatch>,
    pub backward: Vec<BackwardStep>,
    pub workspace: Workspace,
}

/// Where the samples of an operand lie: in its own place, or in their arenas.
fn samples_of(arg: &Arg) -> Arg {
    match arg {
        Arg::Input(_) | Arg::Output(_) | Arg::GradInput(_) | Arg::GradOutput(_) => Arg::SamplesOf(Box::new(arg.clone())),
        _ => Arg::AllSamples,
    }
}

/// An operand behind its samples.
fn with_samples(arg: Arg) -> [Arg; 2] {
    [samples_of(&arg), arg]
}

impl RecurrentOp {
    /// The layer over all samples of a batch; `None` for a step with a state of its own, which does not train, and where samples differ in length:
    /// those train side by side.
    pub(crate) fn across(&self) -> Option<Across> {
        if self.step || self.length || !self.numeric() {
            return None;
        }
        let workspace = Workspace { scratch: self.across_scratch(), ..self.workspace_of_training() };
        Some(Across { forward: self.across_forward(), backward: self.across_backward(), workspace })
    }

    fn across_forward(&self) -> Vec<Dispatch> {
        let mut steps = Vec::new();
        for layer in 0..self.layers {
            for run in self.runs_of(layer) {
                let g = Arg::GeometryAt(run);
                let (x, [w_ih, w_hh, b_ih, b_hh]) = (self.x(layer, true), self.params(run, Arg::Param));
                let (x_samples, gates) = (samples_of(&x), Self::gates(run));
                let (samples, scratch, share) = (Arg::AllSamples, Arg::Scratch, Arg::Share);
                let b = b_hh.clone();
                steps.push(Dispatch::Across(if let Some((s, rows)) = self.embedded(layer) {
                    let (g, rows) = (g.clone(), Arg::Param(rows));
                    kernels::recurrent_across_embedded_input {
                        g,
                        s,
                        x_samples,
                        x,
                        rows,
                        w_ih,
                        b_ih,
                        b_hh: b,
                        samples,
                        gates,
                        scratch,
                        share,
                    }
                    .into()
                } else {
                    let g = g.clone();
                    kernels::recurrent_across_input { g, x_samples, x, w_ih, b_ih, b_hh: b, samples, gates, scratch, share }
                        .into()
                }));
                let before = [0, 1].map(|which| with_samples(self.state_of(true, which)));
                let after = [0, 1].map(|which| with_samples(self.state_of(false, which)));
                let args =
                    [g].into_iter().chain(before.into_iter().flatten()).chain([w_hh, b_hh]).chain(with_samples(self.y(layer)));
                let own = [Arg::AllSamples, Self::gates(run), self.saved(run), Arg::Scratch, Arg::Share];
                let args = args.chain(after.into_iter().flatten()).chain(own).collect();
                steps.push(Dispatch::Across(Call::checked(self.cell.across_forward, args)));
            }
            if self.dropout > 0.0 && layer + 1 < self.layers {
                steps.extend(self.dropout_forward(layer).map(Dispatch::Micro));
            }
        }
        steps.extend(self.last_forward().map(Dispatch::Micro));
        steps
    }

    fn across_backward(&self) -> Vec<BackwardStep> {
        let any = |call: Call| BackwardStep::any(Dispatch::Micro(call));
        let across = |for_: Purpose, call: Call| BackwardStep { for_, step: Dispatch::Across(call) };
        let mut steps: Vec<_> = self.last_backward().map(any).into_iter().collect();
        for layer in (0..self.layers).rev() {
            for (direction, run) in self.runs_of(layer).enumerate() {
                let g = Arg::GeometryAt(run);
                let [w_ih, w_hh, ..] = self.params(run, Arg::Param);
                let y = if self.cell.carried == Some(0) { self.y(layer) } else { Arg::Null };
                let [before, y, dy] = [self.carried_before(), y, self.dy(layer)].map(with_samples);
                let after = [0, 1].map(|which| with_samples(self.d_after(which)));
                let args =
                    [g.clone()].into_iter().chain(before).chain([w_hh]).chain(y).chain(dy).chain(after.into_iter().flatten());
                let own = [Arg::AllSamples, Self::gates(run), self.saved(run), Self::dgates(run), self.dgates_h(run)];
                let states = [self.dstate(run, 0), self.dstate(run, 1), Arg::Scratch, Arg::Share];
                let args = args.chain(own).chain(states).collect();
                steps.push(across(Purpose::Any, Call::checked(self.cell.across_backward, args)));
                steps.extend(self.across_params(layer, run).map(|call| across(Purpose::Params, call)));
                steps.extend(self.state_backward(run));
                if self.embedded(layer).is_some() {
                    continue;
                }
                let (dx, accumulate, for_) = self.to_x(layer, direction);
                let (samples, dgates, scratch, share) = (Arg::AllSamples, Self::dgates(run), Arg::Scratch, Arg::Share);
                let x_samples = samples_of(&dx);
                let call = kernels::recurrent_across_backward_input {
                    g,
                    samples,
                    dgates,
                    w_ih,
                    x_samples,
                    dx,
                    accumulate,
                    scratch,
                    share,
                };
                steps.push(across(for_, call.into()));
            }
            if self.dropout > 0.0 && layer > 0 {
                steps.extend(self.dropout_backward(layer - 1).map(any));
            }
        }
        steps
    }

    /// The gradients of a run's parameters.
    fn across_params(&self, layer: usize, run: usize) -> impl Iterator<Item = Call> {
        let g = Arg::GeometryAt(run);
        let [w_ih, ..] = self.params(run, Arg::Param);
        let [dw_ih, dw_hh, db_ih, db_hh] = self.params(run, Arg::GradParam);
        let (x, h0, y) = (self.x(layer, true), self.state_of(true, 0), self.y(layer));
        let [x_samples, h_samples, y_samples] = [&x, &h0, &y].map(samples_of);
        let (samples, dgates, dgates_h) = (Arg::AllSamples, Self::dgates(run), self.dgates_h(run));
        let (scratch, share) = (Arg::Scratch, Arg::Share);
        let (weights, rows): (Call, Option<Call>) = if let Some((s, rows)) = self.embedded(layer) {
            let drows = Arg::GradParam(rows);
            let of_rows = kernels::recurrent_across_embedded_backward_rows {
                g: g.clone(),
                s: s.clone(),
                x_samples: x_samples.clone(),
                x: x.clone(),
                w_ih,
                samples: samples.clone(),
                dgates: dgates.clone(),
                drows,
                scratch: scratch.clone(),
                share: share.clone(),
            };
            let rows = Arg::Param(rows);
            let weights = kernels::recurrent_across_embedded_backward_weight {
                g,
                s,
                x_samples,
                x,
                rows,
                h_samples,
                h0,
                y_samples,
                y,
                samples,
                dgates,
                dgates_h,
                dw_ih,
                dw_hh,
                db_ih,
                db_hh,
                scratch,
                share,
            };
            (weights.into(), Some(of_rows.into()))
        } else {
            let weights = kernels::recurrent_across_backward_weight {
                g,
                x_samples,
                x,
                h_samples,
                h0,
                y_samples,
                y,
                samples,
                dgates,
                dgates_h,
                dw_ih,
                dw_hh,
                db_ih,
                db_hh,
                scratch,
                share,
            };
            (weights.into(), None)
        };
        [weights].into_iter().chain(rows)
    }

    /// The gradient of a layer's input: where it goes, whether it is added, what it is for. Both directions read the same: the second one adds.
    pub(super) fn to_x(&self, layer: usize, direction: usize) -> (Arg, Arg, Purpose) {
        let second = Arg::Value(quote!(true));
        match (layer, direction) {
            (0, 0) => (Arg::GradInput(0), Arg::Accumulate(0), Purpose::Input(0)),
            (0, _) => (Arg::GradInput(0), second, Purpose::Input(0)),
            (_, 0) => (self.dx(layer), Arg::Value(quote!(false)), Purpose::Any),
            (_, _) => (self.dx(layer), second, Purpose::Any),
        }
    }
}
