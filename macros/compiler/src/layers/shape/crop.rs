//! `Crop(388)`, `Crop((h, w))`, `Crop(like = u)`: the middle of an image, as U-Net takes it of what its way down leaves (Ronneberger et al. 2015,
//! arXiv 1505.04597).

use super::moved::Moved;
use crate::graph::{Size, ValueType};
use crate::layers::support::input::cross;
use crate::layers::{ArgValue, Build, Built, Layer, Param};

/// The layer kind `Crop`.
#[derive(Debug)]
pub struct Crop;

const PARAMS: &[Param] = &[Param::positional("size"), Param::named("like")];

impl Layer for Crop {
    fn name(&self) -> &'static str {
        "Crop"
    }

    fn short(&self) -> &'static str {
        "crop"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]` → `[c, size, size]`, from the middle; an odd row or column that is left over stays after it; `like = value` takes that value's height and width",
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let [channels, height, width] = cx.image(self)?;
        let args = cx.args;
        let size = match (args.get("size"), args.get("like")) {
            (Some(_), None) => cx.pair("size", 1)?,
            (None, Some((ArgValue::Value(ty), span))) => match like(ty) {
                Some(size) => size,
                None => return cx.fail(span, format_args!("like takes an image, not {ty}")),
            },
            (None, Some((value, span))) => return cx.fail(span, format_args!("like takes a value, not `{value}`")),
            (Some(_), Some((_, span))) => return cx.fail(span, "either a size or `like`"),
            (None, None) => {
                let half = [height, width].map(|n| n.div_ceil(2));
                let help = if half[0] == half[1] { half[0].to_string() } else { format!("({}, {})", half[0], half[1]) };
                return cx.fail(cx.span, format_args!("takes a size, or `like = value`\n  help: Crop({help})"));
            }
        };
        if size[0] > height || size[1] > width {
            let name = if args.get("like").is_some() { "like" } else { "size" };
            let (line, most) = (cx.input_line(0), cross([height, width]));
            let text = format!("{} does not lie inside its {most}{line}\n  help: at most {most}", cross(size));
            return cx.fail(cx.arg_span(name), text);
        }
        let first = [(height - size[0]) / 2, (width - size[1]) / 2];
        let from = first[0].saturating_mul(width).saturating_add(first[1]);
        let axes = vec![(channels, height.saturating_mul(width)), (size[0], width), (size[1], 1)];
        Some(Moved::built(cx, self, &[channels, height, width], from, axes, [channels, size[0], size[1]]))
    }
}

/// Height and width of an image.
fn like(ty: &ValueType) -> Option<[usize; 2]> {
    match ty {
        ValueType::Tensor(dims) => match dims.as_slice() {
            [_, Size::Num(height), Size::Num(width)] => Some([*height, *width]),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn the_middle() {
        for (source, output, from) in [
            ("Crop(4)", "[2, 4, 4]", "from : 23"),
            ("Crop((8, 3))", "[2, 8, 3]", "from : 3"),
            ("Crop(like = [64, 7, 9])", "[2, 7, 9]", "from : 0"),
        ] {
            let built = Case::new(source, &[&[2, 8, 10]]).built();
            assert_eq!(built.outputs[0].to_string(), output, "{source}");
            let value = built.op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(from), "{source}: {value}");
        }
    }

    #[test]
    fn mistakes() {
        let on = |args: &str| Case::new(&format!("Crop({args})"), &[&[2, 8, 10]]);
        on("(9, 3)")
            .fails("(9, 3)", "Crop: 9×3 does not lie inside its 8×10\n  input: [2, 8, 10], from stage0\n  help: at most 8×10");
        on("like = [4, 9, 9]").complains("[4, 9, 9]", "9×9 does not lie inside its 8×10");
        on("like = [4]").complains("[4]", "like takes an image, not [4]");
        on("4, like = [4, 2, 2]").complains("[4, 2, 2]", "either a size or `like`");
        on("").complains("Crop", "takes a size, or `like = value`\n  help: Crop((4, 5))");
    }
}
