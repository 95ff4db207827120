//! Gated linear units.

use crate::kernels::geometry::Glu;
use crate::{Numbers, WIDTHS, assert_close, at_each_level, wide};
use std::format;
use std::vec;

#[test]
fn values_and_gradients() {
    at_each_level(|| {
        for (outer, half, width) in
            [(1, 1), (1, 7), (3, 4), (2, 48)].into_iter().flat_map(|(o, h)| WIDTHS.map(|width| (o, h, width)))
        {
            let g = Glu { outer, half };
            let mut numbers = Numbers::new(outer + half);
            let len = outer * half * width;
            let mut x = numbers.take(2 * len);
            x.iter_mut().for_each(|x| *x *= 4.0);
            // The places of a value and its gate.
            let places = |i: usize| {
                let (row, rest) = (i / (half * width), i % (half * width));
                [2 * row * half * width + rest, (2 * row + 1) * half * width + rest]
            };
            let open = |i: usize| 1.0 / (1.0 + (-f64::from(x[places(i)[1]])).exp());
            let what = format!("{g:?}, width {width}");
            let mut y = vec![f32::NAN; len];
            call!(width, glu_forward(&g, x.as_ptr(), y.as_mut_ptr()));
            assert_close(wide(&y), (0..len).map(|i| f64::from(x[places(i)[0]]) * open(i)), 2, &what);
            {
                let dy = numbers.take(len);
                let mut wanted = vec![0.0; 2 * len];
                for (i, d) in dy.iter().enumerate() {
                    let ([value, gate], open) = (places(i), open(i));
                    wanted[value] = f64::from(*d) * open;
                    wanted[gate] = f64::from(*d) * f64::from(x[value]) * open * (1.0 - open);
                }
                crate::assert_gradient(&wanted, 4, &what, |dx, accumulate| {
                    call!(width, glu_backward(&g, x.as_ptr(), dy.as_ptr(), dx, accumulate));
                });
            }
        }
    });
}
