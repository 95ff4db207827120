//! Small-channel convolutions, and transposed ones.

use super::chw16c::{Scratched, check, check_others};
use super::direct::geometries;
use crate::kernels::chw;
use crate::kernels::geometry::{
    Conv, conv_small_channel_len, conv_small_channel_scratch, conv_transpose_small_channel_len,
    conv_transpose_small_channel_scratch,
};
use std::vec;

/// A kernel that does not read the weight as it stands.
macro_rules! packed_alone {
    ($kernel:expr) => {
        // SAFETY: the caller's promise.
        |g, x, packed, _, add, low, y, scratch| unsafe { $kernel(g, x, packed, add, low, y, scratch) }
    };
}
/// One group, at most eight filters, a stride across of 1 or 2.
pub fn check_forward(g: &Conv) {
    let mut scratch = vec![f32::NAN; conv_small_channel_scratch(g, false)];
    let scratch = scratch.as_mut_ptr();
    check(
        g,
        false,
        true,
        conv_small_channel_len(g),
        g.channels * g.area(),
        chw::conv_small_channel_pack,
        |x, [packed, _], add, low, y| {
            // SAFETY: `check` makes the buffers, and the scratch is as long as it should be.
            unsafe { chw::conv_small_channel(g, x, packed, add, low, y, scratch) };
        },
    );
    let [direct, pooling] = [false, true].map(|pooled| conv_small_channel_scratch(g, pooled));
    let kernels: [(Scratched, usize); 2] =
        [(packed_alone!(chw::conv_small_channel), direct), (packed_alone!(chw::conv_small_channel_pooled), pooling)];
    check_others(
        g,
        true,
        conv_small_channel_len(g),
        chw::conv_small_channel_pack,
        kernels,
        Some(packed_alone!(chw::conv_small_channel_to_chw)),
        true,
    );
}

/// A transposed convolution of one group.
pub fn check_transposed(g: &Conv) {
    let mut scratch = vec![f32::NAN; conv_transpose_small_channel_scratch(g)];
    let scratch = scratch.as_mut_ptr();
    let (len, terms) = (conv_transpose_small_channel_len(g), g.filters * g.area());
    check(g, true, false, len, terms, chw::conv_transpose_small_channel_pack, |x, [packed, _], add, low, y| {
        // SAFETY: `check` makes the buffers, and the scratch is as long as it should be.
        unsafe { chw::conv_transpose_small_channel(g, x, packed, add, low, y, scratch) };
    });
    // To maps: as the vectors that are transposed back.
    check(g, true, false, len, terms, chw::conv_transpose_small_channel_pack, |x, [packed, _], add, low, y| {
        if add.is_null() {
            let mut maps = vec![f32::NAN; g.channels * g.height * g.width];
            // SAFETY: as above.
            unsafe {
                chw::conv_transpose_small_channel_to_chw(g, x, packed, add, low, maps.as_mut_ptr(), scratch);
                chw::chw_to_chw16c(g.channels, g.height * g.width, maps.as_ptr(), y);
            }
        } else {
            // SAFETY: as above.
            unsafe { chw::conv_transpose_small_channel(g, x, packed, add, low, y, scratch) };
        }
    });
}

#[test]
fn transposed() {
    let all: Vec<Conv> = geometries().into_iter().filter(|g| g.groups == 1).collect();
    all.iter().for_each(check_transposed);
}

#[test]
fn forward() {
    let all: Vec<Conv> = geometries().into_iter().filter(|g| g.groups == 1 && g.stride[1] <= 2 && g.filters <= 8).collect();
    assert!(all.len() > 10 || cfg!(miri));
    all.iter().for_each(check_forward);
}
