//! Copies, and the way to lanes and back.

use crate::kernels::geometry::Blocks;
use crate::kernels::{chw_to_chwn16, chw_to_chwn16_apart, chwn16_to_chw, chwn16_to_chw_apart};
use crate::simd::LANES;
use crate::{Numbers, WIDTHS, at_each_level, thinned};
use std::vec;

#[test]
fn blocks() {
    at_each_level(|| {
        for (outer, len, from, from_gap, to, to_gap) in
            [(1, 1, 0, 0, 0, 0), (1, 9, 2, 0, 0, 0), (3, 5, 0, 0, 2, 4), (4, 1, 3, 2, 0, 0), (2, 7, 1, 3, 5, 1)]
        {
            let g = Blocks { outer, len, from, from_stride: len + from_gap, to, to_stride: len + to_gap };
            for width in WIDTHS {
                let mut numbers = Numbers::new(len);
                let x = numbers.take((from + (outer - 1) * g.from_stride + len) * width);
                // What lies between the blocks stays.
                let there = numbers.take((to + (outer - 1) * g.to_stride + len) * width);
                for accumulate in [false, true] {
                    let (mut y, mut wanted) = (there.clone(), there.clone());
                    for i in 0..outer * len * width {
                        let (o, i) = (i / (len * width), i % (len * width));
                        let (i, at) = ((from + o * g.from_stride) * width + i, (to + o * g.to_stride) * width + i);
                        wanted[at] = if accumulate { there[at] + x[i] } else { x[i] };
                        y[at] = if accumulate { there[at] } else { f32::NAN };
                    }
                    call!(width, copy_blocks(&g, x.as_ptr(), y.as_mut_ptr(), accumulate));
                    assert_eq!(y, wanted, "{g:?}, width {width}, accumulate {accumulate}");
                }
            }
        }
    });
}

#[test]
fn lanes_and_back() {
    for count in 1..=LANES {
        for len in thinned(vec![1, 2, 16, 17, 3, 7, 33], 2) {
            let samples = Numbers::new(count * len).take(count * len);
            let mut lanes = vec![f32::NAN; len * LANES];
            let mut back = vec![f32::NAN; samples.len()];
            // SAFETY: buffers are as long as both say.
            unsafe {
                chw_to_chwn16(samples.as_ptr(), len, count, lanes.as_mut_ptr());
                chwn16_to_chw(lanes.as_ptr(), len, count, back.as_mut_ptr());
            }
            for (i, found) in lanes.iter().enumerate() {
                let wanted = if i % LANES < count { samples[i % LANES * len + i / LANES] } else { 0.0 };
                assert_eq!(*found, wanted, "{count} samples of {len}, number {i}");
            }
            assert_eq!(back, samples, "{count} samples of {len}");
            // With room between them.
            let stride = len + 5;
            let (mut far, mut again) = (vec![f32::NAN; (count - 1) * stride + len], vec![f32::NAN; len * LANES]);
            // SAFETY: buffers are as long as both say.
            unsafe {
                chwn16_to_chw_apart(lanes.as_ptr(), len, count, far.as_mut_ptr(), stride);
                chw_to_chwn16_apart(far.as_ptr(), len, count, again.as_mut_ptr(), stride);
            }
            assert_eq!(again, lanes, "{count} samples of {len}, apart");
            assert!(far.iter().enumerate().all(|(i, x)| x.is_nan() == (i % stride >= len)));
        }
    }
}
