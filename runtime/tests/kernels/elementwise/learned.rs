//! Activations with a learned parameter against their declaration in `f64`.

use crate::kernels::geometry::PerChannel;
use crate::{Numbers, WIDTHS, assert_close, at_each_level, wide};
use fireclay_ir::activation::{Double, Learned, PRelu};
use std::format;
use std::vec;

#[test]
fn prelu() {
    at_each_level(|| {
        for (width, [outer, channels, inner]) in
            WIDTHS.into_iter().flat_map(|w| [[1, 1, 7], [1, 5, 3], [4, 3, 1], [2, 3, 80]].map(|g| (w, g)))
        {
            let g = PerChannel { outer, channels, inner };
            let what = format!("{:?}, {g:?}, width {width}", crate::simd::Level::current());
            let len = outer * channels * inner * width;
            let channel = |i: usize| i / width / inner % channels;
            let (x, dy) = (Numbers::new(len).take(len), Numbers::new(len + 1).take(len));
            let slope: Vec<f32> = (0..channels).map(|c| 0.25 - 0.2 * c as f32).collect();
            let of = |i: usize| (Double(x[i].into()), Double(slope[channel(i)].into()), Double(dy[i].into()));
            let mut y = x.clone();
            let at = y.as_mut_ptr();
            call!(width, prelu_forward(&g, at, slope.as_ptr(), at));
            assert_close(wide(&y), (0..len).map(|i| PRelu.value(of(i).0, of(i).1).0), 1, &what);
            {
                let wanted: Vec<f64> = (0..len).map(|i| PRelu.gradient(of(i).0, of(i).1, of(i).2).0).collect();
                crate::assert_gradient(&wanted, 1, &what, |dx, accumulate| {
                    call!(width, prelu_backward_input(&g, x.as_ptr(), slope.as_ptr(), dy.as_ptr(), dx, accumulate));
                });
                let mut wanted = vec![0.5; channels];
                (0..len).for_each(|i| wanted[channel(i)] += PRelu.parameter_gradient(of(i).0, of(i).1, of(i).2).0);
                let mut dslope = vec![0.5_f32; channels];
                call!(width, prelu_backward_weight(&g, x.as_ptr(), slope.as_ptr(), dy.as_ptr(), dslope.as_mut_ptr()));
                assert_close(wide(&dslope), wanted, len, &what);
            }
        }
    });
}
