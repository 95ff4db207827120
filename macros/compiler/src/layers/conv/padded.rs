//! The argument `pad_mode` of convolutions: other padding than zeros is an operation of its own, before a convolution that pads nothing.

use crate::graph::Size;
use crate::layers::shape::pad::{before_image, before_sequence, mode};
use crate::layers::support::formula::Axis;
use crate::layers::support::input::ImageSizes;
use crate::layers::support::window::Window;
use crate::layers::{Build, Part};
use fireclay_ir::geometry::PadMode;

/// What runs before a convolution of an image, the image that it reads, and its window over that.
pub(super) fn image(cx: &mut Build<'_>, input: ImageSizes, mut window: Window) -> Option<(Vec<Part>, ImageSizes, Window)> {
    let mode = mode(cx, "pad_mode")?;
    let sides = [0, 1].map(|i| (window.axes[i].before, window.axes[i].after));
    if mode == PadMode::Zeros || sides == [(0, 0); 2] {
        return Some((Vec::new(), input, window));
    }
    let [Some(channels), Some(height), Some(width)] = input.each_ref().map(Size::num) else {
        return cx.fail(cx.arg_span("pad_mode"), "not yet: other padding than zeros where sizes are types");
    };
    let (part, padded) = before_image(cx, [channels, height, width], sides, mode)?;
    window.axes = window.axes.map(|axis| axis.padded((0, 0)));
    Some((vec![part], padded.map(Size::Num), window))
}

/// The same of a sequence of so many steps and features.
pub(super) fn sequence(cx: &mut Build<'_>, time: usize, features: &Size, axis: Axis) -> Option<(Vec<Part>, usize, Axis)> {
    let mode = mode(cx, "pad_mode")?;
    let sides = (axis.before, axis.after);
    if mode == PadMode::Zeros || sides == (0, 0) {
        return Some((Vec::new(), time, axis));
    }
    if cx.step {
        let text = "taken step by step, what comes before the first step is zero\n  help: pad_mode = zeros";
        return cx.fail(cx.arg_span("pad_mode"), text);
    }
    let Some(features) = features.num() else {
        return cx.fail(cx.arg_span("pad_mode"), "not yet: other padding than zeros where sizes are types");
    };
    let (part, padded) = before_sequence(cx, [time, features], sides, mode)?;
    Some((vec![part], padded, axis.padded((0, 0))))
}
