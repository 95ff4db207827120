//! `GlobalAvgPool`, `GlobalMaxPool`: the mean or the largest number of every channel, `[channels, height, width]` → `[channels]`; of every feature
//! `GlobalAvgPool1d`, `GlobalMaxPool1d`, `[time, features]` → `[features]`.

use super::Takes;
use crate::graph::Size;
use crate::layers::support::formula::Axis;
use crate::layers::support::input::tensor_of;
use crate::layers::support::window::Window;
use crate::layers::{Build, Built, Layer, Param};

/// The layer kinds `GlobalAvgPool` and `GlobalMaxPool`.
#[derive(Debug)]
pub struct Global(pub(super) Takes);

impl Layer for Global {
    fn name(&self) -> &'static str {
        self.0.name("GlobalAvgPool", "GlobalMaxPool")
    }

    fn short(&self) -> &'static str {
        "pool"
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            self.0
                .name("`[c, h, w]` → `[c]`, the mean of each channel", "`[c, h, w]` → `[c]`, the largest number of each channel"),
            "",
        ]
    }

    fn no_image(&self, dims: &[usize]) -> Option<String> {
        match *dims {
            [_] => Some("leave it out: these are single numbers already".to_owned()),
            _ => super::over_time(self.name(), dims),
        }
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let input = cx.image_sizes(self)?;
        let [channels, height, width] = &input;
        let (window, output) = (Window::whole([height, width]), tensor_of([channels]));
        Some(self.0.built(cx, self, input, window, output))
    }
}

/// The layer kinds `GlobalAvgPool1d` and `GlobalMaxPool1d`.
#[derive(Debug)]
pub struct Global1d(pub(super) Takes);

impl Layer for Global1d {
    fn name(&self) -> &'static str {
        self.0.name("GlobalAvgPool1d", "GlobalMaxPool1d")
    }

    fn short(&self) -> &'static str {
        "pool"
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            self.0.name(
                "`[time, features]` → `[features]`, the mean over time",
                "`[time, features]` → `[features]`, the largest number over time",
            ),
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let [time, features] = cx.sequence_sizes(self)?;
        let window = match time {
            Size::Num(time) => Window::over_time(Axis::new(time, time), 1.into(), features.clone()),
            _ => Window::adaptive([&time, &features], [&Size::Num(1), &features]),
        };
        let output = tensor_of([&features]);
        Some(self.0.built(cx, self, [1.into(), time, features], window, output))
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn one_window_over_all() {
        for layer in ["GlobalAvgPool", "GlobalMaxPool"] {
            let pool = Case::new(layer, &[&[64, 8, 7]]);
            assert_eq!(pool.gives(), "[64]");
            let value = pool.built().op.geometry().expect("a constant").value.to_string();
            assert!(value.contains("out_height : 1 , out_width : 1 , kernel : [8 , 7]"), "{value}");
            Case::new(layer, &[&[64]]).complains(layer, "takes [channels, height, width]; it receives [64]");
            Case::new(layer, &[&[9, 64]]).complains(layer, &format!("help: `{layer}1d` for [time, features]"));
        }
    }

    #[test]
    fn one_window_over_time() {
        for layer in ["GlobalAvgPool1d", "GlobalMaxPool1d"] {
            let pool = Case::new(layer, &[&[9, 64]]);
            assert_eq!(pool.gives(), "[64]");
            let value = pool.built().op.geometry().expect("a constant").value.to_string();
            assert!(value.contains("out_height : 1 , out_width : 64 , kernel : [9 , 1] , stride : [9 , 1]"), "{value}");
            Case::new(layer, &[&[3, 9, 64]]).complains(layer, "takes [time, features]; it receives [3, 9, 64]");
        }
    }
}
