//! The argument `init`: the initialization of weights.

use super::args::float;
use crate::graph::{Count, Init};
use crate::layers::ArgValue;
use crate::layers::Build;

/// The words of `init`.
pub(crate) const WORDS: &[&str] =
    &["he_normal", "he_uniform", "xavier_uniform", "xavier_normal", "lecun_normal", "zeros", "ones", "normal", "uniform"];

/// Reads `init = he_normal`, `init = 0.1`, `init = (normal, 0.0, 0.02)`, `init = (uniform, -0.1, 0.1)`; [`Init::Auto`] where it is not given.
pub(crate) fn read(cx: &mut Build<'_>, fan_in: Count, fan_out: Count) -> Option<Init> {
    let Some((value, span)) = cx.value("init") else { return Some(Init::Auto { fan_in, fan_out }) };
    let init = match &value {
        ArgValue::Word(word) => match word.as_str() {
            "he_normal" => Init::HeNormal(fan_in),
            "he_uniform" => Init::HeUniform(fan_in),
            "xavier_uniform" => Init::XavierUniform(fan_in, fan_out),
            "xavier_normal" => Init::XavierNormal(fan_in, fan_out),
            "lecun_normal" => Init::LecunNormal(fan_in),
            "zeros" => Init::Constant(0.0),
            "ones" => Init::Constant(1.0),
            "normal" => {
                return cx.fail(
                    span,
                    "init = normal needs its numbers\n  help: init = (normal, 0.0, 0.02), mean and standard deviation",
                );
            }
            "uniform" => {
                return cx.fail(span, "init = uniform needs its numbers\n  help: init = (uniform, -0.1, 0.1), from and to");
            }
            _ => return cx.fail(span, format_args!("init takes {} or a number, not `{word}`", WORDS.join(", "))),
        },
        ArgValue::Tuple(items) => match items.as_slice() {
            [ArgValue::Word(word), a, b] => match (word.as_str(), float(a), float(b)) {
                ("normal", Some(mean), Some(deviation)) if deviation >= 0.0 => Init::Normal(mean.into(), deviation.into()),
                ("normal", Some(_), Some(_)) => {
                    return cx.fail(span, format_args!("init: the standard deviation {b} must not be negative"));
                }
                ("uniform", Some(from), Some(to)) if from <= to => Init::Uniform(from.into(), to.into()),
                ("uniform", Some(_), Some(_)) => return cx.fail(span, format_args!("init: nothing lies between {a} and {b}")),
                _ => return unfit(cx),
            },
            _ => return unfit(cx),
        },
        value => match float(value) {
            Some(x) => Init::Constant(x.into()),
            None => return unfit(cx),
        },
    };
    Some(init)
}

fn unfit(cx: &mut Build<'_>) -> Option<Init> {
    let (value, span) = cx.args.get("init")?;
    cx.fail(span, format_args!("init takes a word, a number, (normal, mean, deviation) or (uniform, from, to), not `{value}`"))
}
