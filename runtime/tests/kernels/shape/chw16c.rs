//! From `chw` to `chw16c` and back, and concatenation.

use crate::kernels::{chw, chwn16};
use crate::simd::LANES;
use crate::{Numbers, at_each_level, chw16c};
use crate::{assert_gradient, chw16c_nan, from_chw16c, wide};
use std::format;
use std::vec;

#[test]
fn joined_channels() {
    at_each_level(|| {
        for parts in [&[1, 1][..], &[16, 12, 12], &[12, 12, 12, 12], &[3, 40, 5], &[17, 33], &[15, 1, 16, 2]] {
            for map in [1, 2, 19] {
                let all: usize = parts.iter().sum();
                let mut y = vec![f32::NAN; all.next_multiple_of(LANES) * map];
                let (mut first, mut wanted) = (0, Vec::new());
                for channels in parts {
                    let x = Numbers::new(first).take(channels * map);
                    // SAFETY: buffers are as long as they should be.
                    unsafe { chwn16::concat_chw16c(*channels, map, first, chw16c(&x, *channels).as_ptr(), y.as_mut_ptr()) };
                    first += channels;
                    wanted.extend(x);
                }
                let mut found = vec![f32::NAN; all * map];
                // SAFETY: as above.
                unsafe { chw::chw16c_to_chw(all, map, y.as_ptr(), found.as_mut_ptr()) };
                assert_eq!(found, wanted, "{parts:?}, {map} positions");
            }
        }
    });
}

/// What each part gets back of the gradient of them all.
#[test]
fn parted_gradients() {
    at_each_level(|| {
        for parts in [&[1, 1][..], &[16, 12, 12], &[12, 12, 12, 12], &[3, 40, 5], &[17, 33], &[15, 1, 16, 2]] {
            for map in [1, 2, 19] {
                let all: usize = parts.iter().sum();
                let dy = Numbers::new(map).take(all * map);
                let (blocks, mut first) = (chw16c_nan(&dy, all), 0);
                for channels in parts {
                    let wanted = wide(&dy[first * map..][..channels * map]);
                    assert_gradient(&wanted, 0, &format!("{parts:?}, {map} positions"), |dx, accumulate| {
                        // SAFETY: a gradient in `chw` is as long as x.
                        let dx = unsafe { core::slice::from_raw_parts_mut(dx, channels * map) };
                        let mut found = chw16c_nan(dx, *channels);
                        let to = found.as_mut_ptr();
                        // SAFETY: buffers are as long as they should be.
                        unsafe { chwn16::concat_chw16c_backward(*channels, map, first, blocks.as_ptr(), to, accumulate) };
                        dx.copy_from_slice(&from_chw16c(&found, *channels));
                    });
                    first += channels;
                }
            }
        }
    });
}

#[test]
fn gradients_of_layouts() {
    at_each_level(|| {
        for (channels, map) in [(1, 1), (16, 1), (16, 33), (3, 20), (37, 16), (40, 17)] {
            let dy = Numbers::new(map).take(channels * map);
            let (wanted, what) = (wide(&dy), format!("{channels} channels of {map}"));
            assert_gradient(&wanted, 0, &what, |dx, accumulate| {
                // SAFETY: a gradient in `chw` is as long as x.
                let dx = unsafe { core::slice::from_raw_parts_mut(dx, channels * map) };
                let mut found = chw16c_nan(dx, channels);
                // SAFETY: buffers are as long as they should be.
                unsafe { chw::chw_to_chw16c_gradient(channels, map, dy.as_ptr(), found.as_mut_ptr(), accumulate) };
                dx.copy_from_slice(&from_chw16c(&found, channels));
            });
            let blocks = chw16c_nan(&dy, channels);
            assert_gradient(&wanted, 0, &what, |dx, accumulate| {
                // SAFETY: as above.
                unsafe { chw::chw16c_to_chw_gradient(channels, map, blocks.as_ptr(), dx, accumulate) };
            });
        }
    });
}

#[test]
fn layouts() {
    at_each_level(|| {
        for (channels, map) in [(1, 1), (16, 1), (16, 33), (3, 20), (37, 16), (40, 17)] {
            let x = Numbers::new(map).take(channels * map);
            let mut y = vec![0.0; channels.next_multiple_of(LANES) * map];
            let mut back = vec![f32::NAN; x.len()];
            // SAFETY: buffers are as long as they should be.
            unsafe {
                chw::chw_to_chw16c(channels, map, x.as_ptr(), y.as_mut_ptr());
                chw::chw16c_to_chw(channels, map, y.as_ptr(), back.as_mut_ptr());
            }
            assert_eq!(back, x);
            let there: Vec<f32> = chw16c(&x, channels).into_iter().map(|x| if x == f32::MAX { 0.0 } else { x }).collect();
            assert_eq!(y, there);
        }
    });
}
