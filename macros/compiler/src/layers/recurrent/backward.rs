//! The steps of a recurrent layer's backward pass.

use super::op::RecurrentOp;
use crate::graph::{Arg, BackwardStep, Call, Dispatch, Purpose, kernels};
use quote::quote;

impl RecurrentOp {
    /// The steps, last layer first.
    pub(super) fn backward_steps(&self) -> Vec<BackwardStep> {
        let any = |call| BackwardStep::any(Dispatch::Micro(call));
        let mut steps = Vec::new();
        if self.last {
            let (g, last, dy) = (Arg::GeometryAt(0), Arg::GradOutput(0), self.dy(self.layers - 1));
            steps.push(any(kernels::recurrent_backward_last { g, last, dy }.into()));
        }
        let after = |i: usize| if self.state_out && i < self.cell.kind.states() { Arg::GradOutput(1 + i) } else { Arg::Null };
        for layer in (0..self.layers).rev() {
            for (direction, run) in self.runs_of(layer).enumerate() {
                let at = Arg::GeometryAt(run);
                let embedded = self.embedded(layer);
                let [w_ih, w_hh, ..] = self.params(run, Arg::Param);
                let [dw_ih, dw_hh, db_ih, db_hh] = self.params(run, Arg::GradParam);
                let before = match self.cell.carried {
                    Some(which) => self.state_of(true, which),
                    None => Arg::Null,
                };
                let args = vec![
                    at.clone(),
                    before,
                    w_hh,
                    Self::gates(run),
                    self.saved(run),
                    if self.cell.carried == Some(0) { self.y(layer) } else { Arg::Null },
                    self.dy(layer),
                    after(0),
                    after(1),
                    Self::dgates(run),
                    self.dgates_h(run),
                    self.dstate(run, 0),
                    self.dstate(run, 1),
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
                if self.state_in {
                    for state in 0..self.cell.kind.states() {
                        let i = 1 + state;
                        let (from, to, accumulate) = (self.dstate(run, state), Arg::GradInput(i), Arg::Accumulate(i));
                        let call = kernels::recurrent_backward_state { g: at.clone(), from, to, accumulate };
                        steps.push(BackwardStep::input(i, call.into()));
                    }
                }
                if embedded.is_some() {
                    continue;
                }
                // Both directions read the same: the second one adds.
                let second = Arg::Value(quote!(true));
                let (dx, accumulate, for_) = match (layer, direction) {
                    (0, 0) => (Arg::GradInput(0), Arg::Accumulate(0), Purpose::Input(0)),
                    (0, _) => (Arg::GradInput(0), second, Purpose::Input(0)),
                    (_, 0) => (self.dx(layer), Arg::Value(quote!(false)), Purpose::Any),
                    (_, _) => (self.dx(layer), second, Purpose::Any),
                };
                let call = kernels::recurrent_backward_input { g: at, dgates: Self::dgates(run), w_ih, dx, accumulate };
                steps.push(BackwardStep { for_, step: Dispatch::Micro(call.into()) });
            }
            if self.dropout > 0.0 && layer > 0 {
                steps.extend(self.dropout_backward(layer - 1).map(any));
            }
        }
        steps
    }
}
