//! The steps of a recurrent layer's backward pass.

use super::op::RecurrentOp;
use crate::graph::{Arg, BackwardStep, Call, Dispatch, kernels};

impl RecurrentOp {
    /// The steps, last layer first.
    pub(super) fn backward_steps(&self) -> Vec<BackwardStep> {
        let any = |call| BackwardStep::any(Dispatch::Micro(call));
        let mut steps = Vec::new();
        steps.extend(self.last_backward().map(any));
        for layer in (0..self.layers).rev() {
            for (direction, run) in self.runs_of(layer).enumerate() {
                let at = Arg::GeometryAt(run);
                let embedded = self.embedded(layer);
                let [w_ih, w_hh, ..] = self.params(run, Arg::Param);
                let [dw_ih, dw_hh, db_ih, db_hh] = self.params(run, Arg::GradParam);
                let args = vec![
                    at.clone(),
                    self.carried_before(),
                    self.steps(),
                    w_hh,
                    Self::gates(run),
                    self.saved(run),
                    if self.cell.carried == Some(0) { self.y(layer) } else { Arg::Null },
                    self.dy(layer),
                    self.d_after(0),
                    self.d_after(1),
                    Self::dgates(run),
                    self.dgates_h(run),
                    self.dstate(run, 0),
                    self.dstate(run, 1),
                    self.held(run),
                    self.panels(),
                ];
                steps.push(any(Call::checked(self.cell.backward, args)));
                let (x, h0, y) = (self.x(layer, true), self.state_of(true, 0), self.y(layer));
                let (g, dgates, dgates_h, scratch) = (at.clone(), Self::dgates(run), self.dgates_h(run), Arg::Scratch);
                let params: Call = if let Some((s, rows)) = embedded.clone() {
                    let (rows, drows, w_ih) = (Arg::Param(rows), Arg::GradParam(rows), w_ih.clone());
                    kernels::recurrent_embedded_backward_weight {
                        g,
                        s,
                        x,
                        rows,
                        w_ih,
                        h0,
                        y,
                        dgates,
                        dgates_h,
                        dw_ih,
                        dw_hh,
                        db_ih,
                        db_hh,
                        drows,
                        scratch,
                    }
                    .into()
                } else {
                    kernels::recurrent_backward_weight { g, x, h0, y, dgates, dgates_h, dw_ih, dw_hh, db_ih, db_hh, scratch }
                        .into()
                };
                steps.push(BackwardStep::params(params));
                steps.extend(self.state_backward(run));
                if embedded.is_some() {
                    continue;
                }
                let (dx, accumulate, for_) = self.to_x(layer, direction);
                let call = kernels::recurrent_backward_input { g: at, dgates: Self::dgates(run), w_ih, dx, accumulate };
                steps.push(BackwardStep { for_, step: Dispatch::Micro(call.into()) });
            }
            if self.dropout > 0.0 && layer > 0 {
                steps.extend(self.dropout_backward(layer - 1).map(any));
            }
        }
        steps
    }

    /// The gradient of all steps where only some of them, or the last one, were an output.
    pub(super) fn last_backward(&self) -> Option<Call> {
        if self.length {
            let (g, steps, dy, dx) = (Arg::GeometryAt(0), self.steps(), Arg::GradOutput(0), self.dy(self.layers - 1));
            return Some(if self.last {
                kernels::recurrent_length_last_backward { g, steps, dy, dx }.into()
            } else {
                kernels::recurrent_length_backward { g, steps, dy, dx }.into()
            });
        }
        let (g, last, dy) = (Arg::GeometryAt(0), Arg::GradOutput(0), self.dy(self.layers - 1));
        self.last.then(|| kernels::recurrent_backward_last { g, last, dy }.into())
    }

    /// The carried state before the first step.
    pub(super) fn carried_before(&self) -> Arg {
        self.cell.carried.map_or(Arg::Null, |which| self.state_of(true, which))
    }

    /// The gradient of a state after: h (0) or c (1).
    pub(super) fn d_after(&self, which: usize) -> Arg {
        self.after(which).map_or(Arg::Null, Arg::GradOutput)
    }

    /// The gradients of the states before.
    pub(super) fn state_backward(&self, run: usize) -> impl Iterator<Item = BackwardStep> {
        (0..if self.state_in { self.cell.kind.states() } else { 0 }).map(move |state| {
            let i = 1 + state;
            let (from, to, accumulate) = (self.dstate(run, state), Arg::GradInput(i), Arg::Accumulate(i));
            let call = kernels::recurrent_backward_state { g: Arg::GeometryAt(run), from, to, accumulate };
            BackwardStep::input(i, call.into())
        })
    }
}
