//! Training of sequences one at a time in `chw`, across all samples of a batch: some results' weights are packed once for the rows of all of them.

use super::gradient::{bias_gradient, weight_gradient};
use super::windows::{Windows, results, vectors, with_vectors};
use crate::kernels::dense::across::INPUTS;
use crate::kernels::rows::{Rows, part};
use crate::simd::{LANES, Vector};
use core::ptr::null;
use fireclay_ir::geometry::Conv1d;
use fireclay_ir::sizes::CONV1D_VECTORS;
use fireclay_ir::{Samples, Share};

/// Results `range` of all groups, at steps `steps` of all samples; `there`: added to what is there.
#[inline(always)]
unsafe fn windows_across<V: Vector>(
    g: &Windows,
    (x, y): (Rows<*const f32>, Rows<*mut f32>),
    steps: (usize, usize),
    range: (usize, usize),
    (weight, bias): (*const f32, *const f32),
    there: bool,
    scratch: *mut f32,
) {
    for group in 0..g.groups {
        let begin = group * g.results;
        let mut first = range.0.max(begin) - begin;
        let until = range.1.min(begin + g.results).saturating_sub(begin);
        while first < until {
            let left = until - first;
            let count = vectors::<V>(left);
            // SAFETY: the caller's promise; scratch holds what `conv1d_scratch` says.
            unsafe {
                with_vectors!(V, count, |N| {
                    let live = left.min(N * LANES);
                    g.pack(group, (first, live), weight, bias, scratch);
                    for sample in 0..x.samples.count {
                        let x = (x.row(sample, 0).wrapping_add(group * g.sources), x.next);
                        let y = (y.row(sample, 0).wrapping_add(begin + first), y.next);
                        results::<V, N>(g, x, y, steps, (scratch, live), there);
                    }
                });
            }
            first += count * LANES;
        }
    }
}

#[expect(dead_code, reason = "the lanes are results here, so that only one of both entries is used")]
mod entry {
    use super::{Rows, Windows, windows_across};
    entries! {
        /// Some results at some steps of all samples.
        pub(in crate::kernels::conv) unsafe fn windows_across(
            g: &Windows, of: (Rows<*const f32>, Rows<*mut f32>), steps: (usize, usize), range: (usize, usize),
            weight: (*const f32, *const f32), there: bool, scratch: *mut f32,
        );
    }
}
use entry::chwn16::windows_across as windows;

/// `y = conv(x, weight) + bias` for a share of the channels; `bias` may be null.
///
/// # Safety
/// Pointers are valid for what the geometry says (`docs/kernels.md`) in each sample; scratch holds `conv1d_scratch` floats.
pub unsafe fn conv1d_across_forward(
    g: &Conv1d,
    x_samples: Samples,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    y_samples: Samples,
    y: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    let x = Rows { at: x, samples: x_samples, next: g.features };
    let y = Rows { at: y, samples: y_samples, next: g.channels };
    let range = part(g.channels, LANES, share);
    // SAFETY: the caller's promise.
    unsafe { windows(&Windows::new(g, false), (x, y), (0, g.out_time), range, (weight, bias), false, scratch) };
}

/// The gradient of a share of x, or added to it.
///
/// # Safety
/// As for the forward pass.
pub unsafe fn conv1d_across_backward_input(
    g: &Conv1d,
    y_samples: Samples,
    dy: *const f32,
    weight: *const f32,
    x_samples: Samples,
    dx: *mut f32,
    accumulate: bool,
    scratch: *mut f32,
    share: Share,
) {
    let dy = Rows { at: dy, samples: y_samples, next: g.channels };
    let dx = Rows { at: dx, samples: x_samples, next: g.features };
    let back = Windows::new(g, true);
    let some = |steps: (usize, usize), range: (usize, usize)| {
        // SAFETY: the caller's promise.
        unsafe { windows(&back, (dy, dx), steps, range, (weight, null()), accumulate, scratch) };
    };
    // Numbers of x as if they lay in one row: other kernels that write them know no rows.
    let (from, until) = part(g.time * g.features, INPUTS, share);
    for (steps, range) in rectangles(from, until, g.features) {
        some(steps, range);
    }
}

/// Numbers `from..until` of rows of this width: the rest of a row, whole rows, the begin of one; each as its rows and numbers.
fn rectangles(from: usize, until: usize, width: usize) -> [((usize, usize), (usize, usize)); 3] {
    const NOTHING: ((usize, usize), (usize, usize)) = ((0, 0), (0, 0));
    if from >= until || width == 0 {
        return [NOTHING; 3];
    }
    let ((mut first, begin), (last, end)) = ((from / width, from % width), (until / width, until % width));
    if first == last {
        return [((first, first + 1), (begin, end)), NOTHING, NOTHING];
    }
    let mut rest = NOTHING;
    if begin > 0 {
        rest = ((first, first + 1), (begin, width));
        first += 1;
    }
    [rest, ((first, last), (0, width)), ((last, last + usize::from(end > 0)), (0, end))]
}

/// Adds the gradients of the weights of a share of the filters, and of a share of the biases; `dbias` may be null.
///
/// # Safety
/// As for the forward pass.
pub unsafe fn conv1d_across_backward_weight(
    g: &Conv1d,
    x_samples: Samples,
    x: *const f32,
    y_samples: Samples,
    dy: *const f32,
    dweight: *mut f32,
    dbias: *mut f32,
    scratch: *mut f32,
    share: Share,
) {
    let x = Rows { at: x, samples: x_samples, next: g.features };
    let dy = Rows { at: dy, samples: y_samples, next: g.channels };
    let conv = g.conv();
    // What the convolution calls x and dy are a transposed one's dy and x.
    let (from, to) = if g.transposed { (dy, x) } else { (x, dy) };
    // SAFETY: the caller's promise.
    unsafe {
        if !dweight.is_null() {
            weight_gradient(&conv, from, to, part(conv.filters, LANES, share), dweight, scratch);
        }
        if !dbias.is_null() {
            bias_gradient(g.out_time, dy, part(g.channels, LANES, share), dbias);
        }
    }
}

fireclay_ir::conv1d_across_kernels!(checked[here]);
