//! Maxout.

use super::{Numbers, WIDTHS, at_each_level, thinned};
use crate::kernels::geometry::Maxout;
use std::format;
use std::vec;

#[test]
fn the_largest_and_where_it_stood() {
    at_each_level(|| {
        for (outer, len, pieces, inner) in thinned(vec![(1, 1, 1, 1), (1, 3, 2, 1), (2, 2, 3, 5), (3, 1, 4, 1), (1, 2, 3, 32)], 2)
        {
            for width in WIDTHS {
                let g = Maxout { outer, len, pieces, inner };
                let mut numbers = Numbers::new(len + pieces);
                let (mut x, dy) = (numbers.take(outer * len * pieces * inner * width), numbers.take(outer * len * inner * width));
                // Equal numbers: the first counts. And no number, where there are several pieces.
                x[0] = 9.0;
                x[(pieces - 1) * inner * width] = 9.0;
                let last = x.len() - 1;
                x[last] = f32::NAN;
                let place = |row: usize, piece: usize, rest: usize| ((row * pieces + piece) * inner) * width + rest;
                let chosen: Vec<usize> = (0..dy.len())
                    .map(|i| {
                        let (row, rest) = (i / (inner * width), i % (inner * width));
                        let all = (0..pieces).map(|piece| place(row, piece, rest));
                        all.reduce(|best, at| if x[at] > x[best] || x[at].is_nan() { at } else { best }).expect("a piece")
                    })
                    .collect();
                let what = format!("{g:?}, width {width}");
                let mut y = vec![0.0; dy.len()];
                call!(width, maxout_forward(&g, x.as_ptr(), y.as_mut_ptr()));
                assert!(y.iter().zip(&chosen).all(|(y, at)| y.to_bits() == x[*at].to_bits()), "{what}");
                {
                    let mut wanted = vec![0.0; x.len()];
                    chosen.iter().zip(&dy).for_each(|(at, d)| wanted[*at] = f64::from(*d));
                    super::assert_gradient(&wanted, 0, &what, |dx, accumulate| {
                        call!(width, maxout_backward(&g, x.as_ptr(), dy.as_ptr(), dx, accumulate));
                    });
                }
            }
        }
    });
}
