//! Dense layers with a transposed weight.

use super::for_each_case;
use crate::assert_gradient;
use crate::kernels::geometry::Dense;
use crate::{assert_close, wide};
use core::ptr::null;
use std::vec;

#[test]
fn forward() {
    for_each_case(|c| {
        // The weight has a row for each of its inputs: they take the place of the outputs of the layer that it is of.
        let g = Dense { rows: c.g.rows, inputs: c.g.outputs, outputs: c.g.inputs };
        for (with, bias) in [(0.0, null()), (1.0, c.x.as_ptr())] {
            let mut wanted: vec::Vec<f64> = (0..c.x.len()).map(|i| with * f64::from(c.x[i / c.width % g.outputs])).collect();
            c.products(|x, y, w| wanted[x] += f64::from(c.weight[w]) * f64::from(c.y[y]));
            let mut found = vec![f32::NAN; c.x.len()];
            call!(c.width, dense_tied_forward(&g, c.y.as_ptr(), c.weight.as_ptr(), bias, found.as_mut_ptr()));
            assert_close(wide(&found), wanted, g.inputs, &c.what);
        }
    });
}

#[test]
fn backward() {
    for_each_case(|c| {
        let g = Dense { rows: c.g.rows, inputs: c.g.outputs, outputs: c.g.inputs };
        let (x, dy) = (&c.y, &c.x);
        let mut wanted = vec![0.0; x.len()];
        c.products(|dy_at, x_at, w| wanted[x_at] += f64::from(c.weight[w]) * f64::from(dy[dy_at]));
        assert_gradient(&wanted, g.outputs, &c.what, |dx, accumulate| {
            call!(c.width, dense_tied_backward_input(&g, dy.as_ptr(), c.weight.as_ptr(), dx, accumulate));
        });

        let (mut wanted, mut wanted_bias) = (wide(&c.weight), vec![0.5; g.outputs]);
        c.products(|dy_at, x_at, w| wanted[w] += f64::from(x[x_at]) * f64::from(dy[dy_at]));
        for (i, d) in dy.iter().enumerate() {
            wanted_bias[i / c.width % g.outputs] += f64::from(*d);
        }
        let mut scratch = vec![f32::NAN; g.outputs * Dense::SCRATCH * g.rows.min(Dense::ROWS)];
        let (mut dweight, mut dbias) = (c.weight.clone(), vec![0.5; g.outputs]);
        let scratch = scratch.as_mut_ptr();
        call!(
            c.width,
            dense_tied_backward_weight(&g, x.as_ptr(), dy.as_ptr(), dweight.as_mut_ptr(), dbias.as_mut_ptr(), scratch)
        );
        let terms = g.rows * c.width;
        assert_close(wide(&dweight), wanted, terms, &c.what);
        assert_close(wide(&dbias), wanted_bias, terms, &c.what);
        // Neither is needed.
        let nothing = core::ptr::null_mut();
        call!(c.width, dense_tied_backward_weight(&g, x.as_ptr(), dy.as_ptr(), nothing, nothing, scratch));
    });
}
