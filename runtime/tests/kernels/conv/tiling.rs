//! Tiles: the positions that are computed together meet the same taps.

#[allow(dead_code, reason = "the kernels use the rest")]
#[path = "../../../src/kernels/conv/tiling.rs"]
mod source;

use crate::axes;
use crate::kernels::geometry::Axis;
use source::same_taps;

#[test]
fn blocks_of_alike_positions_meet_the_same_taps() {
    for (input, kernel, stride, pad, dilation) in axes() {
        let span = dilation * (kernel - 1) + 1;
        let Some(room) = (input + 2 * pad).checked_sub(span) else { continue };
        let output = room / stride + 1;
        for backward in [false, true] {
            let axis = Axis { input, output, kernel, stride, pad, dilation, backward };
            for position in 0..axis.results() {
                let taps = axis.taps(position);
                for n in 1..same_taps(&axis, position, &taps, axis.results(), 24) {
                    let t = axis.taps(position + n * axis.phases());
                    assert_eq!((t.tap, t.len), (taps.tap, taps.len));
                    assert!(t.len == 0 || t.at == taps.at + n * axis.next(), "{axis:?} position {position}");
                }
            }
        }
    }
}
