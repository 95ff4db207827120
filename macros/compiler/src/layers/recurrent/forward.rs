//! The calls of a recurrent layer's forward pass: training, inference, inference with packed weights.

use super::op::{RecurrentOp, times};
use crate::graph::{Arg, Call, Count, kernels};
use quote::quote;

impl RecurrentOp {
    /// The calls; `training`: those that leave what the backward pass reads, `packed`: with packed weights.
    pub(super) fn calls(&self, training: bool, packed: bool) -> Vec<Call> {
        let mut calls = Vec::new();
        for layer in 0..self.layers {
            for run in self.runs_of(layer) {
                let x = [Arg::GeometryAt(run), self.x(layer, training), self.state_of(true, 0), self.state_of(true, 1)];
                let y = [self.y(layer), self.state_of(false, 0), self.state_of(false, 1)];
                let own = [Self::gates(run), self.saved(run)];
                calls.push(if packed {
                    let states = if self.cell.kind.states() > 1 { self.saved(run) } else { Arg::Null };
                    let args = x.into_iter().chain([self.steps(), Arg::Panel(run)]).chain(y).chain([states]);
                    Call::checked(self.cell.forward_packed, args.collect())
                } else if let (true, Some((symbols, rows))) = (training, self.embedded(layer)) {
                    let [at, x, h0, c0] = x;
                    let args = [at, symbols, x, Arg::Param(rows), h0, c0].into_iter().chain(self.params(run, Arg::Param));
                    Call::checked(self.cell.embedded_forward, args.chain(y).chain(own).chain([Arg::Scratch]).collect())
                } else {
                    let args = x.into_iter().chain([self.steps()]).chain(self.params(run, Arg::Param)).chain(y).chain(own);
                    Call::checked(self.cell.forward, args.chain([if training { self.panels() } else { Arg::Null }]).collect())
                });
            }
            if training && self.dropout > 0.0 && layer + 1 < self.layers {
                calls.extend(self.dropout_forward(layer));
            }
        }
        calls.extend(self.last_forward());
        calls
    }

    /// The steps that are there as the output, or the last one.
    pub(super) fn last_forward(&self) -> Option<Call> {
        if self.length {
            let (g, steps, x, y) = (Arg::GeometryAt(0), self.steps(), self.y(self.layers - 1), Arg::Output(0));
            return Some(if self.last {
                kernels::recurrent_length_last { g, steps, x, y }.into()
            } else {
                kernels::recurrent_length_forward { g, steps, x, y }.into()
            });
        }
        let from = times(&[self.time - 1], &self.width()).typed_value();
        let width = Count::from(self.width()).typed_value();
        let blocks = quote!(&__f::k::Blocks { outer: 1, len: #width, from: #from, from_stride: 0, to: 0, to_stride: 0 });
        let (g, x, accumulate) = (Arg::Value(blocks), self.y(self.layers - 1), Arg::Value(quote!(false)));
        self.last.then(|| kernels::copy_blocks { g, x, y: Arg::Output(0), accumulate }.into())
    }
}
