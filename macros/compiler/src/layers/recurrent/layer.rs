//! `Lstm(hidden, layers, bidirectional, dropout, state, last)`, `Gru`, `Rnn`: PyTorch's layers and names (`weight_ih_l0`, `weight_hh_l0_reverse`).
//! `[time, features]` → `[time, hidden]`, or `[hidden]` of the last step; `state = out` adds the state, and a state may come in.

use super::cell::{Cell, GRU, LSTM, RNN_RELU, RNN_TANH};
use super::op::RecurrentOp;
use crate::graph::{Init, Size, ValueType};
use crate::layers::support::input::tensor_of;
use crate::layers::{Build, Built, Layer, Param, ParamSpec};

/// The recurrent layer kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recurrent {
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent unit.
    Gru,
    /// The plain recurrent layer, with tanh or a ReLU.
    Rnn,
}

const PARAMS: &[Param] = &[
    Param::required("hidden"),
    Param::named("layers").int(1),
    Param::named("bidirectional").flag(false),
    Param::named("dropout").float(0.0),
    Param::named("bias").flag(true),
    Param::named("state").one_of(&["out"]),
    Param::named("last").flag(false),
    // Only `Rnn` takes it.
    Param::named("nonlinearity").word("tanh").words(FUNCTIONS),
];

/// The words of `nonlinearity`.
pub(super) const FUNCTIONS: &[&str] = &["tanh", "relu"];

impl Recurrent {
    /// The cell.
    pub(super) fn cell(self, cx: &mut Build<'_>) -> Option<&'static Cell> {
        Some(match self {
            Self::Lstm => &LSTM,
            Self::Gru => &GRU,
            Self::Rnn => match cx.word("nonlinearity", FUNCTIONS)?.as_deref() {
                Some("relu") => &RNN_RELU,
                _ => &RNN_TANH,
            },
        })
    }
}

impl Layer for Recurrent {
    fn name(&self) -> &'static str {
        match self {
            Self::Lstm => "Lstm",
            Self::Gru => "Gru",
            Self::Rnn => "Rnn",
        }
    }

    fn short(&self) -> &'static str {
        match self {
            Self::Lstm => "lstm",
            Self::Gru => "gru",
            Self::Rnn => "rnn",
        }
    }

    fn steps(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [Param] {
        if *self == Self::Rnn { PARAMS } else { &PARAMS[..PARAMS.len() - 1] }
    }

    fn gives_more(&self) -> Option<[&'static str; 3]> {
        Some(["state", "state = out", if *self == Self::Lstm { "(y, (h, c))" } else { "(y, h)" }])
    }

    fn doc(&self) -> [&'static str; 2] {
        match self {
            Self::Lstm => [
                "`[t, f]` → `[t, hidden]` (twice as wide in both directions), `[hidden]` with `last`; `state = out` gives `(y, (h, c))`, and `(x, (h, c))` takes one; an index behind them, `(x, n)`, is the number of steps that are there",
                "`weight_ih_l0 [4·hidden, f]`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, …",
            ],
            Self::Gru => ["as `Lstm`; its state is `h` alone: `(y, h)`", "`weight_ih_l0 [3·hidden, f]`, …"],
            Self::Rnn => ["as `Gru`; `nonlinearity = tanh` or `relu`", "`weight_ih_l0 [hidden, f]`, …"],
        }
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let cell = self.cell(cx)?;
        let states = cell.kind.states();
        let bound = cx.inputs.last().and_then(|ty| if let ValueType::Index { bound } = ty { Some(*bound) } else { None });
        // An index behind the others is the number of steps.
        let length = bound.filter(|_| cx.inputs.len() > 1);
        let given = cx.inputs.len() - usize::from(length.is_some());
        if given != 1 + states && given != 1 {
            let text = format!("takes a sequence, or a sequence and its state of {states}; it receives {given} values");
            return cx.fail_layer(self, text);
        }
        let (time, features) = cx.features_over_time(self)?;
        if let Some(bound) = length.filter(|bound| !cx.step && bound.saturating_sub(1) > time) {
            let text = format!(
                "has {time} steps; the number of those that are there may be {}{}\n  help: an input [0..{}]",
                bound.saturating_sub(1),
                cx.input_line(given),
                time.saturating_add(1)
            );
            return cx.fail_layer(self, text);
        }
        let (hidden, layers) = (cx.size("hidden"), cx.number("layers", 1));
        let (hidden, layers) = (hidden?, layers?);
        let bidirectional = cx.flag("bidirectional")?;
        let bias = cx.flag("bias")?;
        let state_out = cx.word("state", &["out"])?.is_some();
        let last = cx.flag("last")?;
        let dropout = cx.float("dropout")?;
        if !(0.0..1.0).contains(&dropout) {
            return cx.fail(cx.arg_span("dropout"), format_args!("dropout = {dropout:?} must be at least 0 and less than 1"));
        }
        if dropout > 0.0 && layers == 1 {
            let text = "dropout works between stacked layers; with layers = 1 it does nothing\n  help: layers = 2, or `-> Dropout(…)` after it";
            return cx.fail(cx.arg_span("dropout"), text);
        }
        if layers > 64 {
            return cx.fail(cx.arg_span("layers"), format_args!("layers = {layers} must be at most 64"));
        }

        let directions = 1 + usize::from(bidirectional);
        let state = tensor_of([&Size::Num(layers * directions), &hidden]);
        if let Some(i) = (1..given).find(|&i| cx.inputs[i] != state) {
            let text = format!("takes a state of shape {state}; it receives {}{}", cx.inputs[i], cx.input_line(i));
            return cx.fail_layer(self, text);
        }
        let width = hidden.times(&directions.into());
        let output = if last { tensor_of([width]) } else { tensor_of([time.into(), width]) };
        let states_out = if state_out { states } else { 0 };
        let outputs = std::iter::once(output).chain(std::iter::repeat_n(state, states_out));
        let params = weights(cell.kind.gates(), &features, &hidden, layers, bidirectional, bias);
        if cx.step {
            let text = if length.is_some() {
                "has the number of its steps as a value; taken step by step there is one after the other\n  help: leave that value out"
            } else if bidirectional {
                "reads the sequence backwards too, which has no end yet when it is taken step by step\n  help: `bidirectional = false`"
            } else {
                "has its state as a value; taken step by step it keeps its own\n  help: leave the state out of the declaration"
            };
            if length.is_some() || bidirectional || given > 1 || state_out {
                return cx.fail_layer(self, text);
            }
        }
        let (state_in, attributes) = (given > 1, cx.attributes(self));
        let op = RecurrentOp {
            attributes,
            cell,
            time,
            features,
            hidden,
            layers,
            directions,
            bias,
            dropout,
            last,
            state_in,
            length: length.is_some(),
            state_out,
            step: cx.step,
            single: false,
            symbols: None,
        };
        Some(Built::new(op, outputs, params))
    }
}

/// The parameters in PyTorch's order.
fn weights(gates: usize, features: &Size, hidden: &Size, layers: usize, bidirectional: bool, bias: bool) -> Vec<ParamSpec> {
    let reverse: &[&str] = if bidirectional { &["", "_reverse"] } else { &[""] };
    let mut params = Vec::new();
    for layer in 0..layers {
        let inputs = if layer == 0 { features.clone() } else { hidden.times(&reverse.len().into()) };
        for end in reverse {
            params.extend(weights_of_run(gates, &inputs, hidden, bias, &format!("_l{layer}{end}")));
        }
    }
    params
}

/// Those of one layer and direction, with what stands behind their names.
pub(super) fn weights_of_run(gates: usize, inputs: &Size, hidden: &Size, bias: bool, end: &str) -> Vec<ParamSpec> {
    let rows = &hidden.times(&gates.into());
    let learned = |name: &str, dims: &[&Size]| ParamSpec::learned(format!("{name}{end}"), dims.iter().copied(), within(hidden));
    let mut params = vec![learned("weight_ih", &[rows, inputs]), learned("weight_hh", &[rows, hidden])];
    if bias {
        params.extend([learned("bias_ih", &[rows]), learned("bias_hh", &[rows])]);
    }
    params
}

/// Uniform between ±1 / √hidden.
#[expect(clippy::cast_precision_loss, reason = "a bound of random numbers")]
fn within(hidden: &Size) -> Init {
    match hidden.num() {
        Some(hidden) => {
            let bound = 1.0 / (hidden as f64).sqrt();
            Init::Uniform(-bound, bound)
        }
        // The variance of that is a third of the square of its bound.
        None => Init::Scaled { uniform: true, variance: 1.0 / 3.0, fan: hidden.clone().into() },
    }
}

#[cfg(test)]
mod tests {
    use super::{RecurrentOp, ValueType};
    use crate::layers::support::tensor;
    use crate::layers::tests::Case;

    #[test]
    fn sizes_and_parameters() {
        let lstm = Case::new("lstm: Lstm(256, layers = 2, dropout = 0.2)", &[&[64, 48]]);
        assert_eq!(lstm.gives(), "[64, 256]");
        assert_eq!(
            lstm.params(),
            "weight_ih_l0[1024, 48] weight_hh_l0[1024, 256] bias_ih_l0[1024] bias_hh_l0[1024] \
             weight_ih_l1[1024, 256] weight_hh_l1[1024, 256] bias_ih_l1[1024] bias_hh_l1[1024]"
        );
        let gru = Case::new("gru: Gru(8, bidirectional = true, bias = false)", &[&[50, 10]]);
        assert_eq!(gru.gives(), "[50, 16]");
        assert_eq!(
            gru.params(),
            "weight_ih_l0[24, 10] weight_hh_l0[24, 8] weight_ih_l0_reverse[24, 10] weight_hh_l0_reverse[24, 8]"
        );
        assert_eq!(Case::new("Rnn(8, last = true)", &[&[50, 10]]).gives(), "[8]");
        let relu = Case::new("Rnn(8, nonlinearity = relu)", &[&[50, 10]]);
        assert_eq!(relu.params(), "weight_ih_l0[8, 10] weight_hh_l0[8, 8] bias_ih_l0[8] bias_hh_l0[8]");
    }

    #[test]
    fn states() {
        let out = Case::new("Lstm(8, layers = 2, state = out)", &[&[50, 10]]);
        assert_eq!(out.gives(), "[50, 8] [2, 8] [2, 8]");
        assert_eq!(out.built().op.traits().output_groups, Some(&[1, 2][..]));
        assert_eq!(Case::new("Lstm(8)", &[&[50, 10], &[1, 8], &[1, 8]]).gives(), "[50, 8]");
        let gru = Case::new("Gru(8, state = out)", &[&[50, 10], &[1, 8]]);
        assert_eq!((gru.gives().as_str(), gru.built().op.traits().output_groups), ("[50, 8] [1, 8]", None));
    }

    #[test]
    fn lengths() {
        let of = |source: &str, more: &[&[usize]], bound: usize| {
            let values = std::iter::once(&[50, 10][..]).chain(more.iter().copied()).map(|dims| tensor(dims.iter().copied()));
            Case::of(source, values.chain([ValueType::Index { bound }]).collect())
        };
        assert_eq!(of("Lstm(8, bidirectional = true)", &[], 51).gives(), "[50, 16]");
        assert_eq!(of("Gru(8, state = out, last = true)", &[&[1, 8]], 3).gives(), "[8] [1, 8]");
        let op = of("Lstm(8)", &[], 51).built().op;
        assert!(op.downcast::<RecurrentOp>().is_some_and(|op| op.across().is_none()));
        of("l: Lstm(8)", &[], 52).fails(
            "Lstm",
            "l: Lstm has 50 steps; the number of those that are there may be 51\n  input: [0..52], from stage1\n  help: an input [0..51]",
        );
        of("l: Lstm(8)", &[&[1, 8]], 51).complains("Lstm", "it receives 2 values");
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[50, 10]]);
        on("l: Lstm(8, dropout = 0.5)").complains("0.5", "with layers = 1 it does nothing");
        on("l: Lstm(8, layers = 2, dropout = 1)").complains("1", "must be at least 0 and less than 1");
        on("l: Lstm(0)").fails("0", "l: hidden = 0 must be at least 1");
        Case::new("l: Lstm(8)", &[&[50]]).complains("Lstm", "l: Lstm takes [time, features]; it receives [50]");
        Case::new("l: Lstm(8)", &[&[50, 10], &[1, 8]]).complains("Lstm", "it receives 2 values");
        on("l: Rnn(8, nonlinearity = sigmoid)").fails("sigmoid", "l: nonlinearity takes tanh or relu, not `sigmoid`");
        Case::new("l: Gru(8)", &[&[50, 10], &[2, 8]]).complains("Gru", "takes a state of shape [1, 8]; it receives [2, 8]");
    }
}
