//! The argument `init`: the initialization of weights.

use super::args::float;
use crate::graph::{Count, Init};
use crate::layers::ArgValue;
use crate::layers::Build;

/// The words of `init`; the last one stands in tuples alone.
pub(crate) const WORDS: &[&str] = &[
    "he_normal",
    "he_uniform",
    "xavier_uniform",
    "xavier_normal",
    "lecun_normal",
    "lecun_uniform",
    "orthogonal",
    "zeros",
    "ones",
    "normal",
    "truncated_normal",
    "uniform",
    FAN_OUT,
];

/// Counts the outputs of one input, not the inputs of one output.
const FAN_OUT: &str = "fan_out";

/// Reads `init = he_normal`, `init = 0.1`, `init = (normal, 0.0, 0.02)` and so on; [`Init::Auto`] where it is not given.
pub(crate) fn read(cx: &mut Build<'_>, fan_in: Count, fan_out: Count) -> Option<Init> {
    let Some((value, span)) = cx.value("init") else { return Some(Init::Auto { fan_in, fan_out }) };
    match &value {
        ArgValue::Word(word) => {
            let needs = |numbers: &str| format!("init = {word} needs its numbers\n  help: init = ({word}, {numbers})");
            match word.as_str() {
                "zeros" => Some(Init::Constant(0.0)),
                "ones" => Some(Init::Constant(1.0)),
                "normal" | "truncated_normal" => {
                    cx.fail(span, format_args!("{}, mean and standard deviation", needs("0.0, 0.02")))
                }
                "uniform" => cx.fail(span, format_args!("{}, from and to", needs("-0.1, 0.1"))),
                word => match scaled(word, 1.0, &fan_in, &fan_out) {
                    Some(init) => Some(init),
                    None => {
                        let words = WORDS.iter().filter(|word| **word != FAN_OUT).copied().collect::<Vec<_>>().join(", ");
                        cx.fail(span, format_args!("init takes {words} or a number, not `{word}`"))
                    }
                },
            }
        }
        ArgValue::Tuple(items) => match items.as_slice() {
            [ArgValue::Word(word), rest @ ..] => tuple(cx, word, rest, [&fan_in, &fan_out]),
            _ => unfit(cx),
        },
        value => match float(value) {
            Some(x) => Some(Init::Constant(x.into())),
            None => unfit(cx),
        },
    }
}

/// Reads what follows a word in parentheses.
fn tuple(cx: &mut Build<'_>, word: &str, rest: &[ArgValue], [fan_in, fan_out]: [&Count; 2]) -> Option<Init> {
    if let ("he_normal" | "he_uniform" | "lecun_normal" | "lecun_uniform", [ArgValue::Word(mode)]) = (word, rest)
        && mode == FAN_OUT
    {
        return scaled(word, 1.0, fan_out, fan_out);
    }
    let numbers: Option<Vec<f64>> = rest.iter().map(|item| float(item).map(f64::from)).collect();
    let Some(numbers) = numbers else { return unfit(cx) };
    let span = cx.arg_span("init");
    match (word, numbers.as_slice()) {
        ("normal" | "truncated_normal", [_, deviation, ..]) if *deviation < 0.0 => {
            cx.fail(span, format_args!("init: the standard deviation {deviation:?} must not be negative"))
        }
        ("normal", [mean, deviation]) => Some(Init::Normal(*mean, *deviation)),
        // As TensorFlow's, what is more than two deviations away is drawn again.
        ("truncated_normal", [mean, deviation]) => {
            let [from, to] = [mean - 2.0 * deviation, mean + 2.0 * deviation];
            Some(Init::TruncatedNormal { mean: *mean, deviation: *deviation, from, to })
        }
        ("truncated_normal", [mean, _, from, to]) if from > mean || mean > to => {
            cx.fail(span, format_args!("init: the mean {mean:?} must lie from {from:?} to {to:?}, where the numbers are cut off"))
        }
        ("truncated_normal", &[mean, deviation, from, to]) => Some(Init::TruncatedNormal { mean, deviation, from, to }),
        ("uniform", [from, to]) if from > to => cx.fail(span, format_args!("init: nothing lies between {from:?} and {to:?}")),
        ("uniform", [from, to]) => Some(Init::Uniform(*from, *to)),
        ("orthogonal" | "xavier_normal" | "xavier_uniform" | "lecun_normal" | "lecun_uniform", [gain]) if *gain <= 0.0 => {
            cx.fail(span, format_args!("init: the gain {gain:?} must be greater than 0"))
        }
        ("orthogonal" | "xavier_normal" | "xavier_uniform" | "lecun_normal" | "lecun_uniform", [gain]) => {
            scaled(word, *gain, fan_in, fan_out)
        }
        _ => unfit(cx),
    }
}

/// Those that follow from the fans, with a factor of the standard deviation.
fn scaled(word: &str, gain: f64, fan_in: &Count, fan_out: &Count) -> Option<Init> {
    let own = |uniform, variance: f64, fan| Some(Init::Scaled { uniform, variance: variance * gain * gain, fan });
    match word {
        "he_normal" => own(false, 2.0, fan_in.clone()),
        "he_uniform" => own(true, 2.0, fan_in.clone()),
        "lecun_normal" => own(false, 1.0, fan_in.clone()),
        "lecun_uniform" => own(true, 1.0, fan_in.clone()),
        "xavier_normal" => own(false, 2.0, fan_in.clone().plus(fan_out)),
        "xavier_uniform" => own(true, 2.0, fan_in.clone().plus(fan_out)),
        "orthogonal" => Some(Init::Orthogonal(gain)),
        _ => None,
    }
}

fn unfit(cx: &mut Build<'_>) -> Option<Init> {
    let (value, span) = cx.args.get("init")?;
    cx.fail(
        span,
        format_args!(
            "init takes a word, a number, (normal, mean, deviation), (truncated_normal, mean, deviation), (uniform, from, to), (orthogonal, gain), \
             (xavier_normal, gain) or (he_normal, fan_out), not `{value}`"
        ),
    )
}

#[cfg(test)]
mod tests {
    use crate::graph::Init;
    use crate::layers::tests::Case;

    /// Of `Dense` from four numbers to six.
    fn of(init: &str) -> Case {
        Case::new(&format!("fc: Dense(6, init = {init})"), &[&[4]])
    }

    fn read(init: &str) -> Init {
        of(init).built().params[0].init.clone()
    }

    #[test]
    fn words_and_tuples() {
        let scaled = |uniform, variance, fan: usize| Init::Scaled { uniform, variance, fan: fan.into() };
        assert_eq!(read("he_normal"), scaled(false, 2.0, 4));
        assert_eq!(read("(he_uniform, fan_out)"), scaled(true, 2.0, 6));
        assert_eq!(read("lecun_uniform"), scaled(true, 1.0, 4));
        assert_eq!(read("(xavier_normal, 2)"), scaled(false, 8.0, 10));
        assert_eq!(read("orthogonal"), Init::Orthogonal(1.0));
        assert_eq!(read("(orthogonal, 0.5)"), Init::Orthogonal(0.5));
        let cut = Init::TruncatedNormal { mean: 1.0, deviation: 0.5, from: 0.0, to: 2.0 };
        assert_eq!((read("(truncated_normal, 1, 0.5)"), read("(truncated_normal, 1, 0.5, 0, 2)")), (cut.clone(), cut));
    }

    #[test]
    fn refusals() {
        of("truncated_normal").complains("truncated_normal", "help: init = (truncated_normal, 0.0, 0.02)");
        of("(truncated_normal, 0, 1, 2, 3)").complains("(truncated_normal, 0, 1, 2, 3)", "the mean 0.0 must lie from 2.0 to 3.0");
        of("(normal, 0, -1)").complains("(normal, 0, -1)", "the standard deviation -1.0 must not be negative");
        of("(orthogonal, 0)").complains("(orthogonal, 0)", "the gain 0.0 must be greater than 0");
        of("(he_normal, 0.2)").complains("(he_normal, 0.2)", "or (he_normal, fan_out), not `(he_normal, 0.2)`");
        of("fan_out").complains("fan_out", "init takes he_normal, ");
    }
}
