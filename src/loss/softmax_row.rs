//! Softmax over the classes of a position: what losses of logits share.

use super::classes::Walk;
use crate::LANES;
use crate::layout::Layout;
use fireclay_runtime::kernels::{chw, chwn16};

/// What a position's logits are before they are divided: the largest, and the sum of `e^(x − most)`.
pub(super) struct Row {
    pub most: [f32; LANES],
    pub sum: [f32; LANES],
}

/// Leaves `e^(x − most)` in the gradient.
pub(super) fn row(walk: Walk, layout: Layout, position: usize, outputs: &[f32], gradient: &mut [f32]) -> Row {
    let mut row = Row { most: [0.0; LANES], sum: [0.0; LANES] };
    let lanes = layout.lanes();
    let first = walk.number(position, 0) * lanes;
    // Checked: the last class's numbers are inside of both.
    let end = (walk.number(position, walk.classes - 1) + 1) * lanes;
    let (x, y) = (&outputs[first..end], &mut gradient[first..end]);
    let softmax_row = match layout {
        Layout::Chw => chw::softmax_row,
        Layout::Chwn16 => chwn16::softmax_row,
    };
    let (most, sum) = (row.most.as_mut_ptr(), row.sum.as_mut_ptr());
    // SAFETY: `classes` times as many numbers as there are lanes, `stride` times as many apart, the last of which end where the slices do.
    unsafe { softmax_row(walk.classes, walk.stride(), x.as_ptr(), y.as_mut_ptr(), most, sum) };
    row
}
