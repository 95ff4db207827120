//! `Flip(width)`, `Flip((height, width))`: axes turned around, as `torch.flip`.

use super::moved::Moved;
use super::parts::{AXES, axis_meant, no_axis, position, strides};
use crate::layers::{ArgValue, Build, Built, Layer, Param};

/// The layer kind `Flip`.
#[derive(Debug)]
pub struct Flip;

const PARAMS: &[Param] = &[Param::required("axis").words(AXES)];

impl Layer for Flip {
    fn name(&self) -> &'static str {
        "Flip"
    }

    fn short(&self) -> &'static str {
        "flip"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["any shape, as `Flip(width)` or `Flip((height, width))`: these axes from their ends to their beginnings", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let dims = cx.numbers(self, 0, &dims)?;
        let args = cx.args;
        let Some((value, span)) = args.get("axis") else { return cx.fail(cx.span, "`axis` is missing") };
        let given = if let ArgValue::Tuple(items) = value { items.as_slice() } else { std::slice::from_ref(value) };
        if given.is_empty() {
            return cx.fail(span, "axis = (): no axis to turn around");
        }
        let mut turned = vec![false; dims.len()];
        for item in given {
            let Some(axis) = position(item, dims.len()) else {
                return no_axis(cx, span, item, dims.len(), &axis_meant(value, dims.len()));
            };
            turned[axis] = true;
        }
        let (mut from, mut axes) = (0_usize, Vec::new());
        for ((size, stride), turned) in dims.iter().zip(strides(&dims)).zip(turned) {
            let signed = isize::try_from(stride).unwrap_or(isize::MAX);
            if turned {
                from = from.saturating_add((size - 1).saturating_mul(stride));
            }
            axes.push((*size, if turned { -signed } else { signed }));
        }
        Some(Moved::turned(cx, self, &dims, from, axes, dims.iter().copied()))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn axes() {
        for (source, input, geometry) in [
            (
                "Flip(width)",
                &[2, 3, 4][..],
                "sizes : [1 , 1 , 1 , 6 , 4] , x : [0 , 0 , 0 , 4 , - 1] , y : [0 , 0 , 0 , 4 , 1] , from : 3",
            ),
            (
                "Flip((height, width))",
                &[2, 3, 4],
                "sizes : [1 , 1 , 1 , 2 , 12] , x : [0 , 0 , 0 , 12 , - 1] , y : [0 , 0 , 0 , 12 , 1] , from : 11",
            ),
            (
                "Flip(time)",
                &[5, 3],
                "sizes : [1 , 1 , 1 , 5 , 3] , x : [0 , 0 , 0 , - 3 , 1] , y : [0 , 0 , 0 , 3 , 1] , from : 12",
            ),
        ] {
            let case = Case::new(source, &[input]);
            let value = case.built().op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(geometry), "{source}: {value}");
            assert_eq!(case.built().outputs[0].to_string(), format!("{input:?}"));
        }
    }

    #[test]
    fn mistakes() {
        Case::new("Flip(time)", &[&[2, 3, 4]]).fails(
            "time",
            "Flip: axis = time: these values have channels, height, width, or 0..3\n  input: [2, 3, 4], from stage0",
        );
        Case::new("f: Flip(3)", &[&[2, 3, 4]]).complains("3", "axis = 3: these values have");
        Case::new("f: Flip(())", &[&[2, 3, 4]]).complains("()", "no axis to turn around");
    }
}
