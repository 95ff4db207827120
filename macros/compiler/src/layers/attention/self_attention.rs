//! `Attention(heads, causal = false)`: every step of a sequence looks at all steps, or at those before it (Vaswani et al. 2017, arXiv 1706.03762);
//! PyTorch's `nn.MultiheadAttention` of one value with itself, and its parameters.
//!
//! With `q, k, v` the parts of `in_proj · x`, and for each head a part of those: `softmax(q·kᵀ / √d)·v`, then `out_proj`.

use crate::graph::{Arg, Attributes, BackwardStep, Call, Count, Dispatch, Init, Op, Workspace, kernels};
use crate::layers::linear::Product;
use crate::layers::support::input::product;
use crate::layers::support::tensor;
use crate::layers::support::tokens::number;
use crate::layers::{Build, Built, Layer, Param, ParamSpec};
use fireclay_ir::geometry::Dense;
use proc_macro2::TokenStream;
use quote::quote;

/// The layer kind `Attention`.
#[derive(Debug)]
pub struct Attention;

const PARAMS: &[Param] = &[Param::required("heads"), Param::named("causal").flag(false), Param::named("bias").flag(true)];

impl Layer for Attention {
    fn name(&self) -> &'static str {
        "Attention"
    }

    fn short(&self) -> &'static str {
        "attn"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[t, f]` → `[t, f]`: `softmax(q·kᵀ / √d)·v` in each head, q, k and v being products of x (Vaswani et al. 2017, arXiv 1706.03762); with `causal` no step looks at a later one",
            "`in_proj_weight [3·f, f]`, `in_proj_bias`, `out_proj.weight [f, f]`, `out_proj.bias`",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let [time, features] = cx.sequence(self)?;
        let heads = cx.number("heads", 1)?;
        let (causal, bias) = (cx.flag("causal")?, cx.flag("bias")?);
        if !features.is_multiple_of(heads) {
            let fitting: Vec<String> =
                (1..=features.min(64)).filter(|n| features.is_multiple_of(*n)).map(|n| n.to_string()).collect();
            let (span, line) = (cx.arg_span("heads"), cx.input_line(0));
            let text = format!(
                "{features} features are not equal parts for {heads} heads{line}\n  help: heads = {} would fit",
                fitting.join(", ")
            );
            return cx.fail(span, text);
        }
        let third = features.saturating_mul(3);
        #[expect(clippy::cast_precision_loss, reason = "a size of a network")]
        let bound = 1.0 / (features as f64).sqrt();
        let zeros = || Init::Constant(0.0);
        let mut params =
            vec![ParamSpec::learned("in_proj_weight", [third, features], Init::xavier_uniform(features.into(), &third.into()))];
        if bias {
            params.push(ParamSpec::learned("in_proj_bias", [third], zeros()));
        }
        params.push(ParamSpec::learned("out_proj.weight", [features, features], Init::Uniform(-bound, bound)));
        if bias {
            params.push(ParamSpec::learned("out_proj.bias", [features], zeros()));
        }
        let op = AttentionOp { attributes: cx.attributes(self), time, features, heads, causal, bias };
        Some(Built::new(op, [tensor([time, features])], params))
    }
}

#[derive(Debug)]
struct AttentionOp {
    attributes: Attributes,
    time: usize,
    features: usize,
    heads: usize,
    causal: bool,
    bias: bool,
}

/// What is saved: q, k and v side by side, the weights of all heads, what these make of v.
const QKV: Arg = Arg::Saved(0);
const WEIGHTS: Arg = Arg::Saved(1);
const MIXED: Arg = Arg::Saved(2);
/// Their gradients.
const D_QKV: Arg = Arg::Work(0);
const D_WEIGHTS: Arg = Arg::Work(1);
const D_MIXED: Arg = Arg::Work(2);

impl AttentionOp {
    /// The parameters of `in_proj` and of `out_proj`: weight and bias.
    fn params(&self) -> [[usize; 2]; 2] {
        // Where there are none the biases lie behind all parameters, which stands for null.
        if self.bias { [[0, 1], [2, 3]] } else { [[0, 2], [1, 2]] }
    }

    /// The dense layer from the features to `outputs`.
    fn dense(&self, outputs: usize) -> Arg {
        let [rows, inputs, outputs] = [self.time, self.features, outputs].map(number);
        constant(&quote!(__f::k::Dense { rows: #rows, inputs: #inputs, outputs: #outputs }))
    }

    fn third(&self) -> usize {
        self.features.saturating_mul(3)
    }

    /// A product within every head; strides within squares of weights, or within rows of q, k and v (from `from` on) or of the features.
    fn heads(&self, [rows, cols, inner]: [usize; 3], [a, b, y]: [Side; 3], scale: f32) -> Arg {
        let square = self.time.saturating_mul(self.time);
        let size = self.features / self.heads;
        // Along heads, rows, columns.
        let strides = |side: Side| match side {
            Side::Weights { turned: false } => (0, [square, self.time, 1]),
            Side::Weights { turned: true } => (0, [square, 1, self.time]),
            Side::Mixed => (0, [size, self.features, 1]),
            Side::Part { which, turned: false } => (self.features.saturating_mul(which), [size, self.third(), 1]),
            Side::Part { which, turned: true } => (self.features.saturating_mul(which), [size, 1, self.third()]),
        };
        let ((a_from, a), (b_from, b), (y_from, y)) = (strides(a), strides(b), strides(y));
        let product = Product { batch: self.heads, rows, cols, inner, from: [a_from, b_from, y_from], a, b, y, scale };
        constant(&product.tokens())
    }

    fn attend(&self) -> Arg {
        let ([heads, time], causal) = ([self.heads, self.time].map(number), self.causal);
        constant(&quote!(__f::k::Attend { heads: #heads, time: #time, causal: #causal }))
    }

    /// `1/√d`
    #[expect(clippy::cast_precision_loss, reason = "a size of a network")]
    fn scale(&self) -> f32 {
        1.0 / ((self.features / self.heads) as f32).sqrt()
    }
}

/// A side of a product within the heads.
#[derive(Clone, Copy)]
enum Side {
    /// The weights of a head.
    Weights { turned: bool },
    /// What the weights make of v.
    Mixed,
    /// q, k or v.
    Part { which: usize, turned: bool },
}

const Q: Side = Side::Part { which: 0, turned: false };
const K: Side = Side::Part { which: 1, turned: false };
const K_TURNED: Side = Side::Part { which: 1, turned: true };
const V: Side = Side::Part { which: 2, turned: false };
const V_TURNED: Side = Side::Part { which: 2, turned: true };
const SQUARE: Side = Side::Weights { turned: false };
const SQUARE_TURNED: Side = Side::Weights { turned: true };

/// A geometry of its own for a call.
fn constant(value: &TokenStream) -> Arg {
    Arg::Value(quote!(&#value))
}

impl Op for AttentionOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn macs(&self) -> Count {
        let dense = product(&[self.time, self.features, self.features, 4]);
        dense.saturating_add(product(&[self.time, self.time, self.features, 2])).into()
    }

    fn workspace(&self) -> Workspace {
        let (rows, f) = (self.time, self.features);
        let sizes = [product(&[rows, self.third()]), product(&[self.heads, rows, rows]), product(&[rows, f])];
        Workspace {
            scratch: product(&[f, Dense::SCRATCH, rows.min(Dense::ROWS)]).into(),
            saved: sizes.map(Count::from).to_vec(),
            work: sizes.map(Count::from).to_vec(),
            ..Workspace::default()
        }
    }

    fn forward(&self) -> Vec<Dispatch> {
        let (t, size) = (self.time, self.features / self.heads);
        let [into, out] = self.params();
        let dense = |g, x, [weight, bias]: [usize; 2], y| -> Call {
            kernels::dense_forward { g, x, weight: Arg::Param(weight), bias: Arg::Param(bias), y }.into()
        };
        let scores = self.heads([t, t, size], [Q, K_TURNED, SQUARE], self.scale());
        let mixed = self.heads([t, size, t], [SQUARE, V, Side::Mixed], 1.0);
        let calls = [
            dense(self.dense(self.third()), Arg::Input(0), into, QKV),
            kernels::product_forward { g: scores, a: QKV, b: QKV, y: WEIGHTS }.into(),
            kernels::attend_forward { g: self.attend(), p: WEIGHTS }.into(),
            kernels::product_forward { g: mixed, a: WEIGHTS, b: QKV, y: MIXED }.into(),
            dense(self.dense(self.features), MIXED, out, Arg::Output(0)),
        ];
        calls.into_iter().map(Dispatch::Micro).collect()
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let (t, size) = (self.time, self.features / self.heads);
        let [into, out] = self.params();
        let overwrite = || Arg::Value(quote!(false));
        let weight = |g, x, dy, [weight, bias]: [usize; 2]| {
            let (dweight, dbias) = (Arg::GradParam(weight), Arg::GradParam(bias));
            BackwardStep::params(kernels::dense_backward_weight { g, x, dy, dweight, dbias, scratch: Arg::Scratch }.into())
        };
        let input = |g, dy, [weight, _]: [usize; 2], dx, accumulate| -> Call {
            kernels::dense_backward_input { g, dy, weight: Arg::Param(weight), dx, accumulate }.into()
        };
        let any = |call: Call| BackwardStep::any(Dispatch::Micro(call));
        let product =
            |g, a, b, y| -> BackwardStep { any(kernels::product_backward { g, a, b, y, accumulate: overwrite() }.into()) };
        let of = |sizes, sides, scale| self.heads(sizes, sides, scale);
        vec![
            weight(self.dense(self.features), MIXED, Arg::GradOutput(0), out),
            any(input(self.dense(self.features), Arg::GradOutput(0), out, D_MIXED, overwrite())),
            product(of([t, t, size], [Side::Mixed, V_TURNED, SQUARE], 1.0), D_MIXED, QKV, D_WEIGHTS),
            product(of([t, size, t], [SQUARE_TURNED, Side::Mixed, V], 1.0), WEIGHTS, D_MIXED, D_QKV),
            any(kernels::attend_backward { g: self.attend(), p: WEIGHTS, dp: D_WEIGHTS }.into()),
            product(of([t, size, t], [SQUARE, K, Q], self.scale()), D_WEIGHTS, QKV, D_QKV),
            product(of([t, size, t], [SQUARE_TURNED, Q, K], self.scale()), D_WEIGHTS, QKV, D_QKV),
            weight(self.dense(self.third()), Arg::Input(0), D_QKV, into),
            BackwardStep::input(0, input(self.dense(self.third()), D_QKV, into, Arg::GradInput(0), Arg::Accumulate(0))),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes_and_parameters() {
        let attention = Case::new("attn: Attention(4, causal = true)", &[&[7, 12]]);
        assert_eq!(attention.gives(), "[7, 12]");
        assert_eq!(attention.params(), "in_proj_weight[36, 12] in_proj_bias[36] out_proj.weight[12, 12] out_proj.bias[12]");
        let built = attention.built();
        assert_eq!(built.op.macs().num(), Some(7 * 12 * 12 * 4 + 2 * 7 * 7 * 12));
        assert_eq!((built.op.forward().len(), built.op.backward().len()), (5, 9));
        assert_eq!(
            Case::new("Attention(3, bias = false)", &[&[7, 12]]).params(),
            "in_proj_weight[36, 12] out_proj.weight[12, 12]"
        );
    }

    #[test]
    fn mistakes() {
        Case::new("attn: Attention(5)", &[&[7, 12]]).fails(
            "5",
            "attn: 12 features are not equal parts for 5 heads\n  input: [7, 12], from stage0\n  help: heads = 1, 2, 3, 4, 6, 12 would fit",
        );
        Case::new("attn: Attention(2)", &[&[12]]).complains("Attention", "takes [time, features]; it receives [12]");
        Case::new("attn: Attention", &[&[7, 12]]).fails("Attention", "attn: `heads` is missing");
    }
}
