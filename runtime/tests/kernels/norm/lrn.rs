//! Local response normalization, against its formula in f64 and the derivative of that.

use crate::kernels::geometry::Lrn;
use crate::{Numbers, WIDTHS, assert_close, at_each_level, thinned, wide};
use std::format;
use std::vec;

#[test]
fn values_and_gradients() {
    at_each_level(|| {
        // Windows that are even, larger than the channels, of one channel.
        for (channels, size, window) in thinned(vec![(1, 1, 1), (7, 3, 5), (4, 6, 4), (3, 2, 9), (5, 1, 1), (6, 32, 5)], 2) {
            for width in WIDTHS {
                let g = Lrn { channels, size, window, alpha: 1.5, beta: 0.75, k: 2.0 };
                let what = format!("{g:?}, width {width}");
                let mut numbers = Numbers::new(channels + window);
                let len = channels * size * width;
                let (mut x, dy) = (numbers.take(len), numbers.take(len));
                x.iter_mut().for_each(|x| *x *= 3.0);
                let (n, alpha, beta) = (window as f64, f64::from(g.alpha), f64::from(g.beta));
                // The places whose squares count at this one: the same position of other channels.
                let near = |i: usize| -> Vec<usize> {
                    let (c, rest) = (i / (size * width), i % (size * width));
                    let padded = (c..c + window).filter_map(|at| at.checked_sub(window / 2)).filter(|at| *at < channels);
                    padded.map(|at| at * size * width + rest).collect()
                };
                let square = |at: &usize| f64::from(x[*at]).powi(2);
                let base = |i: usize| f64::from(g.k) + alpha * near(i).iter().map(square).sum::<f64>() / n;
                let (mut y, mut bases) = (vec![f32::NAN; len], vec![f32::NAN; len]);
                call!(width, lrn_forward(&g, x.as_ptr(), y.as_mut_ptr(), core::ptr::null_mut()));
                let alone = y.clone();
                call!(width, lrn_forward(&g, x.as_ptr(), y.as_mut_ptr(), bases.as_mut_ptr()));
                assert_eq!(y, alone, "the bases are kept or not");
                assert_close(wide(&y), (0..len).map(|i| f64::from(x[i]) * base(i).powf(-beta)), 4, &what);
                assert_close(wide(&bases), (0..len).map(base), 4 * window, &what);
                {
                    let mut wanted = vec![0.0; len];
                    for i in 0..len {
                        let d = f64::from(dy[i]);
                        wanted[i] += d * base(i).powf(-beta);
                        for at in near(i) {
                            wanted[at] -=
                                d * f64::from(x[i]) * beta * base(i).powf(-beta - 1.0) * alpha / n * 2.0 * f64::from(x[at]);
                        }
                    }
                    let mut scratch = vec![f32::NAN; len];
                    let room = scratch.as_mut_ptr();
                    crate::assert_gradient(&wanted, 8, &what, |dx, accumulate| {
                        call!(width, lrn_backward(&g, x.as_ptr(), bases.as_ptr(), dy.as_ptr(), dx, accumulate, room));
                    });
                }
            }
        }
    });
}
