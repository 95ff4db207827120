//! `Upsample(scale = 2, mode = nearest | bilinear)`: an image that many times as high and wide.

use crate::layers::support::window::LIMIT;
use crate::layers::support::{shape_only, tensor};
use crate::layers::{Build, Built, Layer, Param};

/// The layer kind `Upsample`.
#[derive(Debug)]
pub struct Upsample;

const PARAMS: &[Param] = &[Param::positional("scale").int(2), Param::named("mode").words(MODES)];

impl Layer for Upsample {
    fn name(&self) -> &'static str {
        "Upsample"
    }

    fn short(&self) -> &'static str {
        "upsample"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["`[c, h, w]` → `[c, scale·h, scale·w]`", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let [channels, height, width] = cx.image(self)?;
        let [y, x] = cx.pair("scale", 1)?;
        cx.word("mode", MODES)?;
        let [height, width] = [height.saturating_mul(y), width.saturating_mul(x)];
        if height.max(width) > LIMIT {
            return cx.fail(cx.arg_span("scale"), format_args!("an output of {height}×{width} is too large"));
        }
        Some(shape_only::built(cx, self, [tensor([channels, height, width])], Vec::new()))
    }
}

const MODES: &[&str] = &["nearest", "bilinear"];

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        assert_eq!(Case::new("Upsample", &[&[3, 8, 9]]).gives(), "[3, 16, 18]");
        assert_eq!(Case::new("Upsample((2, 3), mode = bilinear)", &[&[3, 8, 9]]).gives(), "[3, 16, 27]");
        Case::new("Upsample(0)", &[&[3, 8, 9]]).fails("0", "Upsample: scale = 0 must be at least 1");
        Case::new("Upsample(mode = same)", &[&[3, 8, 9]]).fails("same", "Upsample: mode takes nearest or bilinear, not `same`");
    }
}
