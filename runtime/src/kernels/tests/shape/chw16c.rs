//! From `chw` to `chw16c` and back, and concatenation.

use crate::kernels::tests::{Numbers, at_each_level, chw16c};
use crate::kernels::{chw, chwn16};
use crate::simd::LANES;
use std::vec;
use std::vec::Vec;

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
