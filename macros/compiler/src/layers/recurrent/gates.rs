//! `LstmGates`: the gates of an LSTM alone, for cells whose products are others: `(sums, c) -> LstmGates` gives `(h, c)`.

use crate::graph::{Arg, Attributes, BackwardStep, Call, Dispatch, Op, Purpose, Workspace, kernels};
use crate::layers::support::input::product;
use crate::layers::support::tensor;
use crate::layers::support::tokens::number;
use crate::layers::{Build, Built, Layer, Param};
use quote::quote;

/// The layer kind `LstmGates`.
#[derive(Debug)]
pub struct LstmGates;

impl Layer for LstmGates {
    fn name(&self) -> &'static str {
        "LstmGates"
    }

    fn short(&self) -> &'static str {
        "gates"
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "the gates of an `Lstm` alone, for a cell with other products: `(x, c)`, of sizes `[4·f]` and `[f]` or `[4·c, h, w]` and `[c, h, w]`, → `(h, c)`; x is the sum of the products of i, f, g and o",
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 2)?;
        let dims = [0, 1].map(|i| cx.tensor(self, i).and_then(|dims| cx.numbers(self, i, &dims)));
        let [sums, state] = [dims[0].clone()?, dims[1].clone()?];
        if !matches!(sums.len(), 1 | 3) {
            let text = format!("takes [features] or [channels, height, width]; it receives {}{}", cx.inputs[0], cx.input_line(0));
            return cx.fail_layer(self, text);
        }
        let mut four = state.clone();
        if let Some(channels) = four.first_mut() {
            *channels = channels.saturating_mul(4);
        }
        if four != sums {
            let line = cx.input_line(0);
            let help = match sums[0] {
                channels if channels.is_multiple_of(4) => {
                    let mut state = sums.clone();
                    state[0] = channels / 4;
                    format!("\n  help: the state of these sums is {}", tensor(state))
                }
                _ => String::new(),
            };
            let text = format!(
                "takes four sums for each number of the state {}; it receives {}{line}{help}",
                cx.inputs[1], cx.inputs[0]
            );
            return cx.fail_layer(self, text);
        }
        let op = GatesOp { attributes: cx.attributes(self), len: product(&state) };
        let state = tensor(state);
        Some(Built::new(op, [state.clone(), state], Vec::new()))
    }
}

#[derive(Debug)]
struct GatesOp {
    attributes: Attributes,
    len: usize,
}

impl GatesOp {
    fn len(&self) -> Arg {
        let len = number(self.len);
        Arg::Value(quote!(#len))
    }

    fn call(&self, gates: Arg) -> Call {
        let (x, c0, h, cn) = (Arg::Input(0), Arg::Input(1), Arg::Output(0), Arg::Output(1));
        kernels::lstm_gates_forward { len: self.len(), x, c0, h, cn, gates }.into()
    }
}

impl Op for GatesOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn workspace(&self) -> Workspace {
        Workspace { saved: vec![self.len.saturating_mul(4).into()], ..Workspace::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        vec![Dispatch::Micro(self.call(Arg::Saved(0)))]
    }

    fn infer(&self) -> crate::graph::Inference {
        crate::graph::Inference::Calls(vec![self.call(Arg::Null)])
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let step = |for_, [dc, accumulate_c, dx, accumulate]: [Arg; 4]| {
            let call = kernels::lstm_gates_backward {
                len: self.len(),
                c0: Arg::Input(1),
                cn: Arg::Output(1),
                gates: Arg::Saved(0),
                dh: Arg::GradOutput(0),
                dcn: Arg::GradOutput(1),
                dc,
                accumulate_c,
                dx,
                accumulate,
            };
            BackwardStep { for_, step: Dispatch::Micro(call.into()) }
        };
        let none = || Arg::Value(quote!(false));
        vec![
            step(Purpose::Input(1), [Arg::GradInput(1), Arg::Accumulate(1), Arg::Null, none()]),
            step(Purpose::Input(0), [Arg::Null, none(), Arg::GradInput(0), Arg::Accumulate(0)]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        assert_eq!(Case::new("LstmGates", &[&[12], &[3]]).gives(), "[3] [3]");
        assert_eq!(Case::new("LstmGates", &[&[8, 1, 5], &[2, 1, 5]]).gives(), "[2, 1, 5] [2, 1, 5]");
    }

    #[test]
    fn mistakes() {
        Case::new("g: LstmGates", &[&[12]]).fails("LstmGates", "g: LstmGates takes 2 values; it receives 1");
        Case::new("g: LstmGates", &[&[12], &[4]]).fails(
            "LstmGates",
            "g: LstmGates takes four sums for each number of the state [4]; it receives [12]\n  input: [12], from stage0\n  help: the state of these sums is [3]",
        );
        Case::new("g: LstmGates", &[&[5, 12], &[5, 3]]).complains("LstmGates", "takes [features] or [channels, height, width]");
    }
}
