//! `Reshape([30, 7, 7])`, `Reshape([_, 4])`: the same numbers under other sizes. Nothing runs: it is the same memory.

use super::flatten::View;
use crate::graph::{Size, ValueType};
use crate::layers::support::input::product;
use crate::layers::{ArgValue, Build, Built, Layer, Param};

/// The layer kind `Reshape`.
#[derive(Debug)]
pub struct Reshape;

const PARAMS: &[Param] = &[Param::required("sizes")];

impl Layer for Reshape {
    fn name(&self) -> &'static str {
        "Reshape"
    }

    fn short(&self) -> &'static str {
        "reshape"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["as many numbers, as `Reshape([c, h, w])`; one size may be `_`", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let (dtype, dims) = cx.any_tensor(self, 0)?;
        let dims = cx.numbers(self, 0, &dims)?;
        let total = product(&dims);
        let Some((value, span)) = cx.args.get("sizes") else { return cx.fail(cx.span, "`sizes` is missing") };
        let ArgValue::List(items) = value else {
            let size = if matches!(value, ArgValue::Int(-1)) { "_".to_owned() } else { value.to_string() };
            return cx.fail(span, format_args!("Reshape takes a list of sizes, not `{value}`\n  help: Reshape([{size}])"));
        };
        if items.is_empty() || items.len() > 4 {
            return cx.fail(span, format_args!("Reshape takes one to four sizes, not {}", items.len()));
        }

        let mut sizes = Vec::new();
        let mut wild = None;
        for (i, item) in items.iter().enumerate() {
            match item {
                ArgValue::Wild if wild.is_some() => return cx.fail(span, "only one size may be `_`"),
                ArgValue::Wild => {
                    wild = Some(i);
                    sizes.push(1);
                }
                ArgValue::Int(n) => match usize::try_from(*n) {
                    Ok(n) if n > 0 => sizes.push(n),
                    Err(_) if *n == -1 => {
                        let shown: Vec<String> = items
                            .iter()
                            .map(|item| if matches!(item, ArgValue::Int(-1)) { "_".to_owned() } else { item.to_string() })
                            .collect();
                        let help = format!("help: `_` stands for the size that is left over: Reshape([{}])", shown.join(", "));
                        return cx.fail(span, format_args!("a size must be at least 1, not -1\n  {help}"));
                    }
                    _ => return cx.fail(span, format_args!("a size must be at least 1, not {n}")),
                },
                ArgValue::Type(ty) => return cx.fail(span, format_args!("not yet: Reshape to a size that is a type, {ty}")),
                other => return cx.fail(span, format_args!("a size is a number or `_`, not `{other}`")),
            }
        }
        let count = product(&sizes);
        let input = &cx.inputs[0];
        let line = cx.input_line(0);
        if let Some(i) = wild {
            if !total.is_multiple_of(count) {
                return cx.fail(
                    span,
                    format_args!("{input} has {total} numbers, which {value} cannot hold: {count} does not divide {total}{line}"),
                );
            }
            sizes[i] = total / count;
        } else if count != total {
            return cx.fail(span, format_args!("{value} has {count} numbers, {input} has {total}{line}{}", help(&sizes, total)));
        }
        let output = ValueType::tensor(dtype, sizes.into_iter().map(Size::Num).collect());
        Some(Built::new(View { attributes: cx.attributes(self) }, [output], Vec::new()))
    }
}

/// The same sizes with the first settled by the count, where that works.
fn help(sizes: &[usize], total: usize) -> String {
    let rest = product(&sizes[1..]);
    if total.is_multiple_of(rest) {
        let fitting: Vec<String> =
            std::iter::once(total / rest).chain(sizes[1..].iter().copied()).map(|n| n.to_string()).collect();
        format!("\n  help: [{}] would fit", fitting.join(", "))
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn the_same_count() {
        assert_eq!(Case::new("Reshape([30, 7, 7])", &[&[1470]]).gives(), "[30, 7, 7]");
        assert_eq!(Case::new("Reshape([_, 4])", &[&[16, 5, 5]]).gives(), "[100, 4]");
        let built = Case::new("Reshape([_, 4])", &[&[16, 5, 5]]).built();
        assert_eq!(built.op.attributes().to_string(), "Reshape([_, 4])");
        assert!(built.op.traits().view);
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[1470]]);
        on("Reshape([30, 7, 6])").fails(
            "[30, 7, 6]",
            "Reshape: [30, 7, 6] has 1260 numbers, [1470] has 1470\n  input: [1470], from stage0\n  help: [35, 7, 6] would fit",
        );
        on("Reshape([_, 4])").complains("[_, 4]", "4 does not divide 1470");
        on("Reshape([_, _])").complains("[_, _]", "only one size may be `_`");
        on("Reshape([0, 4])").complains("[0, 4]", "a size must be at least 1, not 0");
        on("Reshape(4)").complains("4", "help: Reshape([4])");
    }
}
