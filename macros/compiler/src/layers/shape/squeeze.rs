//! `Squeeze`, `Squeeze(axis)`: without axes of size 1. Nothing runs: it is the same memory.

use super::flatten::View;
use super::parts::{AXES, axis_meant, names, no_axis, position};
use crate::graph::{Size, ValueType};
use crate::layers::{Build, Built, Layer, Param};

/// The layer kind `Squeeze`.
#[derive(Debug)]
pub struct Squeeze;

const PARAMS: &[Param] = &[Param::positional("axis").words(AXES)];

impl Layer for Squeeze {
    fn name(&self) -> &'static str {
        "Squeeze"
    }

    fn short(&self) -> &'static str {
        "squeeze"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["without the axes of size 1, or that axis alone: `Squeeze(channels)` of `[1, h, w]` gives `[h, w]`", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let (dtype, mut dims) = cx.any_tensor(self, 0)?;
        let (args, line, rank) = (cx.args, cx.input_line(0), dims.len());
        let one = Size::Num(1);
        match args.get("axis") {
            Some((value, span)) => {
                let Some(axis) = position(value, rank) else { return no_axis(cx, span, value, rank, &axis_meant(value, rank)) };
                if rank == 1 {
                    return cx.fail(span, format_args!("a value has one axis at least{line}"));
                }
                if dims[axis] != one {
                    let ones: Vec<&str> =
                        names(rank).iter().zip(&dims).filter(|(_, size)| **size == one).map(|(name, _)| *name).collect();
                    let help = if ones.is_empty() { String::new() } else { format!("\n  help: {} has size 1", ones.join(", ")) };
                    return cx.fail(span, format_args!("{} has size {}, not 1{line}{help}", names(rank)[axis], dims[axis]));
                }
                dims.remove(axis);
            }
            None => {
                dims.retain(|size| *size != one);
                if dims.is_empty() {
                    dims.push(one);
                }
            }
        }
        Some(Built::new(View { attributes: cx.attributes(self) }, [ValueType::tensor(dtype, dims)], Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn without_axes_of_size_1() {
        assert_eq!(Case::new("Squeeze", &[&[1, 5, 1]]).gives(), "[5]");
        assert_eq!(Case::new("Squeeze(channels)", &[&[1, 5, 1]]).gives(), "[5, 1]");
        assert_eq!(Case::new("Squeeze", &[&[1, 1]]).gives(), "[1]");
        assert!(Case::new("Squeeze(0)", &[&[1, 5]]).built().op.traits().view);
    }

    #[test]
    fn mistakes() {
        Case::new("Squeeze(height)", &[&[1, 5, 1]]).fails(
            "height",
            "Squeeze: height has size 5, not 1\n  input: [1, 5, 1], from stage0\n  help: channels, width has size 1",
        );
        Case::new("Squeeze(time)", &[&[1, 5, 1]]).complains("time", "these values have channels, height, width");
        Case::new("Squeeze(0)", &[&[1]]).complains("0", "a value has one axis at least");
    }
}
