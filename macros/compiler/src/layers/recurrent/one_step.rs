//! `LstmCell(hidden)`, `GruCell(hidden)`, `RnnCell(hidden)`: one step of a vector, for loops that are written by hand; PyTorch's cells and
//! names (`weight_ih`). The operation is that of the layers, of one step.

use super::layer::{FUNCTIONS, Recurrent, weights_of_run};
use super::op::RecurrentOp;
use crate::layers::support::input::tensor_of;
use crate::layers::{Build, Built, Layer, Param};

/// One step of a recurrent layer.
#[derive(Debug)]
pub struct OneStep(pub Recurrent);

const PARAMS: &[Param] = &[
    Param::required("hidden"),
    Param::named("bias").flag(true),
    // Only `RnnCell` takes it.
    Param::named("nonlinearity").word("tanh").words(FUNCTIONS),
];

impl Layer for OneStep {
    fn name(&self) -> &'static str {
        match self.0 {
            Recurrent::Lstm => "LstmCell",
            Recurrent::Gru => "GruCell",
            Recurrent::Rnn => "RnnCell",
        }
    }

    fn short(&self) -> &'static str {
        match self.0 {
            Recurrent::Lstm => "lstm_cell",
            Recurrent::Gru => "gru_cell",
            Recurrent::Rnn => "rnn_cell",
        }
    }

    fn params(&self) -> &'static [Param] {
        if self.0 == Recurrent::Rnn { PARAMS } else { &PARAMS[..PARAMS.len() - 1] }
    }

    fn doc(&self) -> [&'static str; 2] {
        match self.0 {
            Recurrent::Lstm => [
                "one step of an `Lstm`: `(x, (h, c))`, of sizes `[f]` and `[hidden]`, → `(h, c)`; x alone starts from zeros",
                "`weight_ih [4·hidden, f]`, `weight_hh [4·hidden, hidden]`, `bias_ih`, `bias_hh`",
            ],
            Recurrent::Gru => ["one step of a `Gru`: `(x, h)` → `h`", "`weight_ih [3·hidden, f]`, …"],
            Recurrent::Rnn => ["one step of an `Rnn`: `(x, h)` → `h`", "`weight_ih [hidden, f]`, …"],
        }
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let cell = self.0.cell(cx)?;
        let states = cell.kind.states();
        let (value, tuple) = if states == 1 { ("h", "(x, h)") } else { ("(h, c)", "(x, (h, c))") };
        if ![1, 1 + states].contains(&cx.inputs.len()) {
            let text = format!("takes a vector and its state {value}; it receives {} values", cx.inputs.len());
            return cx.fail_layer(self, text);
        }
        let dims = cx.tensor(self, 0)?;
        let [features] = dims.as_slice() else {
            let dims = cx.numbers(self, 0, &dims)?;
            let layer = self.name().trim_end_matches("Cell");
            let help = match *dims {
                [_, _] => {
                    format!("\n  help: `{layer}` takes whole sequences, and `{tuple} -> scan({}(…))` each step", self.name())
                }
                _ => format!(
                    "\n  help: put `-> Flatten` before it: it gives [{}]",
                    dims.iter().fold(1, |n: usize, d| n.saturating_mul(*d))
                ),
            };
            let text = format!("takes one step, [features]; it receives {}{}{help}", cx.inputs[0], cx.input_line(0));
            return cx.fail_layer(self, text);
        };
        let (features, hidden) = (features.clone(), cx.size("hidden")?);
        let bias = cx.flag("bias")?;
        let state = tensor_of([&hidden]);
        if let Some(i) = (1..cx.inputs.len()).find(|&i| cx.inputs[i] != state) {
            let text = format!("takes a state of shape {state}; it receives {}{}", cx.inputs[i], cx.input_line(i));
            return cx.fail_layer(self, text);
        }
        let op = RecurrentOp {
            attributes: cx.attributes(self),
            cell,
            time: 1,
            features: features.clone(),
            hidden: hidden.clone(),
            layers: 1,
            directions: 1,
            bias,
            dropout: 0.0,
            last: false,
            state_in: cx.inputs.len() > 1,
            state_out: true,
            length: false,
            // What it hands on are values: nothing is kept from step to step.
            step: false,
            single: true,
            symbols: None,
        };
        let params = weights_of_run(cell.kind.gates(), &features, &hidden, bias, "");
        Some(Built::new(op, std::iter::repeat_n(state, states), params))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes_and_parameters() {
        let lstm = Case::new("LstmCell(12)", &[&[5], &[12], &[12]]);
        assert_eq!(lstm.gives(), "[12] [12]");
        assert_eq!(lstm.params(), "weight_ih[48, 5] weight_hh[48, 12] bias_ih[48] bias_hh[48]");
        assert_eq!(lstm.built().op.traits().output_groups, None);
        let gru = Case::new("GruCell(8, bias = false)", &[&[5], &[8]]);
        assert_eq!((gru.gives(), gru.params()), ("[8]".to_owned(), "weight_ih[24, 5] weight_hh[24, 8]".to_owned()));
        assert_eq!(Case::new("RnnCell(8, nonlinearity = relu)", &[&[5]]).gives(), "[8]");
    }

    #[test]
    fn mistakes() {
        Case::new("c: LstmCell(8)", &[&[5], &[8]])
            .fails("LstmCell", "c: LstmCell takes a vector and its state (h, c); it receives 2 values");
        Case::new("c: GruCell(8)", &[&[5], &[4]]).complains("GruCell", "takes a state of shape [8]; it receives [4]");
        Case::new("c: GruCell(8)", &[&[9, 5], &[8]]).complains("GruCell", "`(x, h) -> scan(GruCell(…))` each step");
        Case::new("c: RnnCell(0)", &[&[5]]).fails("0", "c: hidden = 0 must be at least 1");
    }
}
