//! `Step(last)`, `Step(3)`, `Step(-2)`: one step of a sequence; a negative number counts from the end.

use super::moved::Moved;
use crate::layers::{ArgValue, Build, Built, Layer, Param};

/// The layer kind `Step`.
#[derive(Debug)]
pub struct Step;

const PARAMS: &[Param] = &[Param::required("index").words(&["first", "last"])];

impl Layer for Step {
    fn name(&self) -> &'static str {
        "Step"
    }

    fn short(&self) -> &'static str {
        "step"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["`[t, f]` → `[f]`: one step, as `Step(last)`, `Step(first)`, `Step(3)`, or `Step(-2)` from the end", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let [time, features] = cx.sequence(self)?;
        let (args, line) = (cx.args, cx.input_line(0));
        let Some((value, span)) = args.get("index") else { return cx.fail(cx.span, "`index` is missing") };
        let index = match value {
            ArgValue::Word(word) if word == "first" => Some(0),
            ArgValue::Word(word) if word == "last" => Some(time - 1),
            ArgValue::Int(n) => match usize::try_from(*n) {
                Ok(n) => Some(n),
                Err(_) => usize::try_from(n.unsigned_abs()).ok().and_then(|n| time.checked_sub(n)),
            }
            .filter(|n| *n < time),
            _ => return cx.fail(span, format_args!("index takes a number, first or last, not `{value}`")),
        };
        let Some(index) = index else {
            return cx
                .fail(span, format_args!("there is no step {value} of {time}{line}\n  help: Step({}) is the last", time - 1));
        };
        Some(Moved::built(cx, self, &[time, features], index.saturating_mul(features), vec![(features, 1)], [features]))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn one_step() {
        for (index, from) in [("last", "from : 12"), ("first", "from : 0"), ("2", "from : 6"), ("-2", "from : 9")] {
            let built = Case::new(&format!("Step({index})"), &[&[5, 3]]).built();
            assert_eq!(built.outputs[0].to_string(), "[3]");
            let value = built.op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(from), "{index}: {value}");
        }
    }

    #[test]
    fn mistakes() {
        Case::new("Step(5)", &[&[5, 3]])
            .fails("5", "Step: there is no step 5 of 5\n  input: [5, 3], from stage0\n  help: Step(4) is the last");
        Case::new("Step(-6)", &[&[5, 3]]).complains("-6", "there is no step -6 of 5");
        Case::new("Step(0.5)", &[&[5, 3]]).complains("0.5", "index takes a number, first or last, not `0.5`");
        Case::new("Step(last)", &[&[5]]).complains("Step", "Step takes [time, features]; it receives [5]");
    }
}
