//! Winograd's minimal filtering of one sample: F(4×4, 3×3) in `chw16c`, and F(2, 5) along the row.

use super::chw16c::{Pack, Scratched, check, check_others};
use super::direct::geometries;
use crate::in_shares;
use crate::kernels::chw;
use crate::kernels::geometry::{
    Conv, conv_winograd_chw16c_len, conv_winograd_chw16c_scratch, conv_winograd_row_len, conv_winograd_row_scratch,
};
use crate::simd::LANES;
use crate::{EMULATED, PANELS};
use std::vec;

/// One group, kernels five wide, stride 1.
pub fn check_row(g: &Conv) {
    let forms: [(bool, Pack, Scratched, Scratched); 2] = [
        (false, chw::conv_winograd_row_pack, chw::conv_winograd_row, chw::conv_winograd_row_pooled),
        (true, chw::conv_winograd_row_from_chw_pack, chw::conv_winograd_row_from_chw, chw::conv_winograd_row_from_chw_pooled),
    ];
    for (from_chw, pack, forward, pooling) in forms {
        let (len, size) = (conv_winograd_row_len(g, from_chw), conv_winograd_row_scratch(g, from_chw));
        let mut scratch = vec![f32::NAN; size];
        let scratch = scratch.as_mut_ptr();
        check(
            g,
            false,
            from_chw,
            len,
            super::winograd::terms(g.channels * g.kernel[0]),
            pack,
            |x, [packed, weight], add, low, y| {
                // SAFETY: `check` makes the buffers, and the scratch is as long as it should be.
                unsafe { forward(g, x, packed, weight, add, low, y, scratch) };
            },
        );
        check_others(g, from_chw, len, pack, [(forward, size), (pooling, size)], None, false);
    }
}

/// One group, 3×3, stride 1.
pub fn check_winograd(g: &Conv) {
    let mut scratch = vec![f32::NAN; conv_winograd_chw16c_scratch(g)];
    let scratch = scratch.as_mut_ptr();
    let (len, terms) = (conv_winograd_chw16c_len(g), super::winograd::terms(g.channels));
    check(g, false, false, len, terms, chw::conv_winograd_chw16c_pack, |x, [packed, weight], add, low, y| {
        in_shares(g.filters.next_multiple_of(LANES) * g.out_map(), y, |y, share| {
            // SAFETY: `check` makes the buffers, and the scratch is as long as it should be.
            unsafe { chw::conv_winograd_chw16c(g, x, packed, weight, add, low, y, scratch, share) };
        });
    });
}

#[test]
fn along_the_row() {
    let five = |g: &Conv| g.groups == 1 && g.stride == [1, 1] && g.dilation == [1, 1] && g.kernel[1] == 5;
    let wide = |g: Conv| Conv {
        kernel: [g.kernel[0], 5],
        stride: [1; 2],
        dilation: [1; 2],
        out_height: (g.height + 2 * g.pad[0] + 1).saturating_sub(g.kernel[0]),
        out_width: (g.width + 2 * g.pad[1] + 1).saturating_sub(5),
        ..g
    };
    let mut all: Vec<Conv> = geometries().into_iter().map(wide).filter(|g| g.out_height.min(g.out_width) > 0).collect();
    all.retain(five);
    assert!(all.len() > 10 || cfg!(miri));
    if !cfg!(miri) {
        // Several panels, and more rows than at once.
        let [channels, filters] = if EMULATED { PANELS } else { [70, 100] };
        all.push(wide(Conv { channels, height: 40, width: 37, filters, pad: [2; 2], kernel: [5; 2], ..all[0] }));
    }
    all.iter().for_each(check_row);
}

#[test]
fn tiles() {
    let mut all = super::winograd::geometries([3, 1]);
    if !cfg!(miri) {
        // More tiles than at once.
        all.push(Conv {
            channels: 130,
            height: 22,
            width: 30,
            filters: 70,
            out_height: 22,
            out_width: 30,
            pad: [1; 2],
            ..all[0]
        });
    }
    all.iter().for_each(check_winograd);
}
