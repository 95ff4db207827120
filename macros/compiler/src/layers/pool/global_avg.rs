//! `GlobalAvgPool`: the mean of every channel, `[channels, height, width]` → `[channels]`.

use super::avg::AvgPoolOp;
use crate::layers::support::tensor;
use crate::layers::support::window::Window;
use crate::layers::{Build, Built, Layer, Param};

/// The layer kind `GlobalAvgPool`.
#[derive(Debug)]
pub struct GlobalAvgPool;

impl Layer for GlobalAvgPool {
    fn name(&self) -> &'static str {
        "GlobalAvgPool"
    }

    fn short(&self) -> &'static str {
        "pool"
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn doc(&self) -> [&'static str; 2] {
        ["`[c, h, w]` → `[c]`", ""]
    }

    fn no_image(&self, dims: &[usize]) -> Option<String> {
        match *dims {
            [_] => Some("leave it out: these are single numbers already".to_owned()),
            [time, features] => Some(format!(
                "the mean over time instead: `Reshape([1, {time}, {features}]) -> AvgPool(({time}, 1)) -> Flatten` gives [{features}]"
            )),
            _ => None,
        }
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let input = cx.image(self)?;
        let [channels, height, width] = input;
        let op = AvgPoolOp { attributes: cx.attributes(self), input, window: Window::whole([height, width]), count_pad: true };
        Some(Built::new(op, [tensor([channels])], Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn one_window_over_all() {
        let pool = Case::new("GlobalAvgPool", &[&[64, 8, 7]]);
        assert_eq!(pool.gives(), "[64]");
        let value = pool.built().op.geometry().expect("a constant").value.to_string();
        assert!(value.contains("out_height : 1 , out_width : 1 , kernel : [8 , 7]"), "{value}");
        Case::new("GlobalAvgPool", &[&[64]]).complains("GlobalAvgPool", "takes [channels, height, width]; it receives [64]");
    }
}
