//! The argument `pad` in all its forms, as (before, after) for each axis.

use super::formula::Axis;
use crate::graph::Size;
use crate::layers::ArgValue;
use crate::layers::Build;

/// The words of layers over images; [`CAUSAL`] adds one for sequences.
pub(crate) const WORDS: &[&str] = &["valid", "full", "half", "same"];
/// The words of layers over sequences.
pub(crate) const CAUSAL: &[&str] = &["valid", "full", "half", "same", "causal"];

/// The largest padding.
const LIMIT: usize = 1 << 20;

/// The padding of one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pad {
    /// This many before and after.
    Sides(usize, usize),
    /// `same`: the padding that keeps the size (of a transposed convolution: that multiplies it by the stride).
    Same,
}

impl Pad {
    /// The padding (before, after) of a window that moves over `n` positions.
    pub(crate) fn sides(self, axis: &Axis, n: usize) -> (usize, usize) {
        match self {
            Self::Sides(before, after) => (before, after),
            Self::Same => axis.same(n),
        }
    }

    /// The same over a size that may be a type: `same` must then give one output for each position.
    pub(crate) fn sides_of(self, cx: &mut Build<'_>, axis: &Axis, n: &Size) -> Option<(usize, usize)> {
        match (self, n.num()) {
            (Self::Same, None) if axis.stride > 1 => {
                let text = format!(
                    "not yet: pad = same with stride = {} over {n}, a size that is a type\n  help: pad = {}, a number",
                    axis.stride,
                    (axis.extent() - 1) / 2
                );
                cx.fail(cx.arg_span("pad"), text)
            }
            // With a stride of 1 it does not depend on the size.
            (pad, n) => Some(pad.sides(axis, n.unwrap_or(1))),
        }
    }
}

/// Reads `pad = 1`, `(1, 2)` for height and width, `((4, 5), (1, 1))` for before and after of each, words.
pub(crate) fn image(cx: &mut Build<'_>, axes: [&Axis; 2]) -> Option<[Pad; 2]> {
    image_of(cx, axes, WORDS)
}

fn image_of(cx: &mut Build<'_>, axes: [&Axis; 2], words: &[&str]) -> Option<[Pad; 2]> {
    let Some((value, span)) = cx.value("pad") else { return cx.fail(cx.span, "`pad` is missing") };
    let parts = match &value {
        ArgValue::Tuple(parts) => match parts.as_slice() {
            [height, width] => [height, width],
            _ => {
                return cx.fail(
                    span,
                    format_args!(
                        "pad takes a number, a pair for height and width, or ((top, bottom), (left, right)), not `{value}`"
                    ),
                );
            }
        },
        value => [value, value],
    };
    let read = |i: usize| one(parts[i], axes[i], words);
    match (read(0), read(1)) {
        (Ok(height), Ok(width)) => Some([height, width]),
        (Err(text), _) | (_, Err(text)) => cx.fail(span, text),
    }
}

/// The same without words, for a layer that has no kernel: (before, after) of height and width.
pub(crate) fn numbers_of_image(cx: &mut Build<'_>) -> Option<[(usize, usize); 2]> {
    let one = Axis::new(1, 1);
    let pads = image_of(cx, [&one, &one], &[])?;
    Some(pads.map(|pad| pad.sides(&one, 1)))
}

/// The same of a sequence.
pub(crate) fn numbers_before_after(cx: &mut Build<'_>) -> Option<(usize, usize)> {
    let one = Axis::new(1, 1);
    Some(sequence(cx, &one, &[])?.sides(&one, 1))
}

/// Reads `pad = 1`, `(before, after)`, or one of these words.
pub(crate) fn sequence(cx: &mut Build<'_>, axis: &Axis, words: &[&str]) -> Option<Pad> {
    let Some((value, span)) = cx.value("pad") else { return cx.fail(cx.span, "`pad` is missing") };
    match one(&value, axis, words) {
        Ok(pad) => Some(pad),
        Err(text) => cx.fail(span, text),
    }
}

/// Reads the padding of one axis.
fn one(value: &ArgValue, axis: &Axis, words: &[&str]) -> Result<Pad, String> {
    match sides(value, axis, words)? {
        Pad::Sides(before, after) if before.max(after) > LIMIT => Err(format!("pad = {value} is too large")),
        pad => Ok(pad),
    }
}

fn sides(value: &ArgValue, axis: &Axis, words: &[&str]) -> Result<Pad, String> {
    let reach = axis.extent();
    match value {
        ArgValue::Word(word) if words.contains(&word.as_str()) => Ok(match word.as_str() {
            "full" => Pad::Sides(reach - 1, reach - 1),
            "half" => Pad::Sides(reach / 2, reach / 2),
            "same" => Pad::Same,
            "causal" => Pad::Sides(reach - 1, 0),
            _ => Pad::Sides(0, 0),
        }),
        ArgValue::Tuple(sides) => match sides.as_slice() {
            [before, after] => Ok(Pad::Sides(count(before, words)?, count(after, words)?)),
            _ => Err(format!("pad takes (before, after) for an axis, not `{value}`")),
        },
        value => count(value, words).map(|n| Pad::Sides(n, n)),
    }
}

fn count(value: &ArgValue, words: &[&str]) -> Result<usize, String> {
    match value {
        ArgValue::Int(n) if *n < 0 => Err(format!("pad = {n} must be at least 0")),
        ArgValue::Int(n) => Ok(usize::try_from(*n).unwrap_or(usize::MAX)),
        value => {
            let words: String = words.iter().map(|word| format!(", {word}")).collect();
            Err(format!("pad takes numbers{words}; not `{value}`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CAUSAL, Pad, image, sequence};
    use crate::layers::support::formula::Axis;
    use crate::layers::tests::Case;

    #[test]
    fn every_form() {
        let (height, width) = (Axis::new(3, 1), Axis { dilation: 2, ..Axis::new(4, 1) }); // reach 3 and 7
        let read = |pad: &str| Case::new(&format!("Conv(pad = {pad})"), &[]).with(|cx| image(cx, [&height, &width]));
        let sides = |a, b, c, d| Some([Pad::Sides(a, b), Pad::Sides(c, d)]);
        assert_eq!(read("1"), sides(1, 1, 1, 1));
        assert_eq!(read("(1, 2)"), sides(1, 1, 2, 2));
        assert_eq!(read("((4, 5), (1, 0))"), sides(4, 5, 1, 0));
        assert_eq!(read("((4, 0), 3)"), sides(4, 0, 3, 3));
        assert_eq!(read("valid"), sides(0, 0, 0, 0));
        assert_eq!(read("full"), sides(2, 2, 6, 6));
        assert_eq!(read("half"), sides(1, 1, 3, 3));
        assert_eq!(read("same"), Some([Pad::Same; 2]));
        assert_eq!(read("(half, 0)"), sides(1, 1, 0, 0));
        for wrong in ["-1", "causal", "(1, 1, 1)", "((1, 2, 3), 1)", "0.5"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(Pad::Same.sides(&Axis::new(2, 1), 5), (0, 1));
    }

    #[test]
    fn sequences_know_causal() {
        let axis = Axis { dilation: 4, ..Axis::new(2, 1) };
        let read = |pad: &str| Case::new(&format!("Conv1d(pad = {pad})"), &[]).with(|cx| sequence(cx, &axis, CAUSAL));
        assert_eq!(read("causal"), Some(Pad::Sides(4, 0)));
        assert_eq!(read("(1, 2)"), Some(Pad::Sides(1, 2)));
    }
}
