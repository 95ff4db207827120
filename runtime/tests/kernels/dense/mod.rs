//! Dense layers.

mod across;
mod chw16c;
mod one_row;
mod packed;
mod rows_across;
mod tied;

use crate::kernels::geometry::Dense;
use crate::{Numbers, WIDTHS, assert_close, at_each_level, thinned, wide};
use core::ptr::null;
use std::format;
use std::vec;

pub fn geometries() -> Vec<Dense> {
    let mut all = vec![
        Dense { rows: 1, inputs: 9000, outputs: 7 },
        Dense { rows: 2, inputs: 600, outputs: 500 },
        Dense { rows: 9, inputs: 70, outputs: 40 },
    ];
    for rows in [1, 3, 5] {
        for inputs in [1, 2, 15, 16, 17, 31, 84, 130] {
            for outputs in [1, 2, 3, 5, 6, 8, 10, 16, 25, 33] {
                all.push(Dense { rows, inputs, outputs });
            }
        }
    }
    // Small ones under Miri.
    all.retain(|g| !cfg!(miri) || g.rows * g.inputs * g.outputs < 400);
    thinned(all, 6)
}

struct Case {
    g: Dense,
    width: usize,
    x: Vec<f32>,
    y: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    what: std::string::String,
}

fn for_each_case(test: impl Fn(&Case)) {
    at_each_level(|| {
        for (seed, g) in geometries().into_iter().enumerate() {
            for width in WIDTHS {
                let mut numbers = Numbers::new(seed);
                test(&Case {
                    x: numbers.take(g.rows * g.inputs * width),
                    y: numbers.take(g.rows * g.outputs * width),
                    weight: numbers.take(g.outputs * g.inputs),
                    bias: numbers.take(g.outputs),
                    what: format!("{:?}, {g:?}, width {width}", crate::simd::Level::current()),
                    g,
                    width,
                });
            }
        }
    });
}

impl Case {
    /// Calls `visit(x, y, weight)` with the places of all products.
    fn products(&self, mut visit: impl FnMut(usize, usize, usize)) {
        for row in 0..self.g.rows {
            for o in 0..self.g.outputs {
                for i in 0..self.g.inputs {
                    for lane in 0..self.width {
                        let (x, y) = (row * self.g.inputs + i, row * self.g.outputs + o);
                        visit(x * self.width + lane, y * self.width + lane, o * self.g.inputs + i);
                    }
                }
            }
        }
    }

    fn wanted_y(&self, bias: bool) -> Vec<f64> {
        let mut y: Vec<f64> =
            (0..self.y.len()).map(|i| if bias { f64::from(self.bias[i / self.width % self.g.outputs]) } else { 0.0 }).collect();
        self.products(|x, to, w| y[to] += f64::from(self.weight[w]) * f64::from(self.x[x]));
        y
    }
}

#[test]
fn forward() {
    for_each_case(|c| {
        let mut y = vec![f32::NAN; c.y.len()];
        call!(c.width, dense_forward(&c.g, c.x.as_ptr(), c.weight.as_ptr(), c.bias.as_ptr(), y.as_mut_ptr()));
        assert_close(wide(&y), c.wanted_y(true), c.g.inputs, &c.what);
        y.fill(f32::NAN);
        call!(c.width, dense_forward(&c.g, c.x.as_ptr(), c.weight.as_ptr(), null(), y.as_mut_ptr()));
        assert_close(wide(&y), c.wanted_y(false), c.g.inputs, &c.what);
    });
}

#[test]
fn backward_input() {
    for_each_case(|c| {
        let mut wanted = vec![0.0; c.x.len()];
        c.products(|x, y, w| wanted[x] += f64::from(c.weight[w]) * f64::from(c.y[y]));
        let mut dx = vec![f32::NAN; c.x.len()];
        call!(c.width, dense_backward_input(&c.g, c.y.as_ptr(), c.weight.as_ptr(), dx.as_mut_ptr(), false));
        assert_close(wide(&dx), wanted.iter().copied(), c.g.outputs, &c.what);
        dx.copy_from_slice(&c.x);
        call!(c.width, dense_backward_input(&c.g, c.y.as_ptr(), c.weight.as_ptr(), dx.as_mut_ptr(), true));
        let wanted = wanted.iter().zip(wide(&c.x)).map(|(w, x)| w + x);
        assert_close(wide(&dx), wanted, c.g.outputs, &c.what);
    });
}

#[test]
fn backward_weight() {
    for_each_case(|c| {
        let (mut wanted, mut wanted_bias) = (wide(&c.weight), wide(&c.bias));
        c.products(|x, y, w| wanted[w] += f64::from(c.x[x]) * f64::from(c.y[y]));
        for (i, d) in c.y.iter().enumerate() {
            wanted_bias[i / c.width % c.g.outputs] += f64::from(*d);
        }
        let (mut dweight, mut dbias) = (c.weight.clone(), c.bias.clone());
        let mut scratch = vec![f32::NAN; c.g.inputs * Dense::SCRATCH * c.g.rows.min(Dense::ROWS)];
        call!(
            c.width,
            dense_backward_weight(
                &c.g,
                c.x.as_ptr(),
                c.y.as_ptr(),
                dweight.as_mut_ptr(),
                dbias.as_mut_ptr(),
                scratch.as_mut_ptr()
            )
        );
        let terms = c.g.rows * c.width;
        assert_close(wide(&dweight), wanted.iter().copied(), terms, &c.what);
        assert_close(wide(&dbias), wanted_bias.iter().copied(), terms, &c.what);
        call!(
            c.width,
            dense_backward_weight(
                &c.g,
                c.x.as_ptr(),
                c.y.as_ptr(),
                dweight.as_mut_ptr(),
                core::ptr::null_mut(),
                scratch.as_mut_ptr()
            )
        );
        assert_close(wide(&dbias), wanted_bias, terms, &c.what);
    });
}

/// The gradient of the whole batch, in shares, from what micro-batches saved: as one after another.
#[test]
fn batch_weight() {
    use crate::kernels::Share;
    use crate::kernels::dense::weight_gradient as dense_weight;
    for_each_case(|c| {
        let g = Dense { rows: 1, ..c.g };
        // What the case has as rows are micro-batches here; one lies a little further than it must.
        let (micros, stride) = (c.g.rows, g.saved_len() + 16);
        let mut saved = vec![f32::NAN; (micros - 1) * stride + g.saved_len()];
        for micro in 0..micros {
            // SAFETY: the case has inputs and outputs for each row; a micro-batch keeps `g.saved_len()` floats.
            unsafe {
                let (x, y) = (c.x.as_ptr().add(micro * g.inputs * c.width), c.y.as_ptr().add(micro * g.outputs * c.width));
                let to = saved.as_mut_ptr().add(micro * stride);
                if c.width == 1 {
                    dense_weight::chw::dense_save(&g, x, y, to)
                } else {
                    dense_weight::chwn16::dense_save(&g, x, y, to)
                }
            }
        }
        let (mut wanted, mut wanted_bias) = (wide(&c.weight), wide(&c.bias));
        c.products(|x, y, w| wanted[w] += f64::from(c.x[x]) * f64::from(c.y[y]));
        for (i, d) in c.y.iter().enumerate() {
            wanted_bias[i / c.width % g.outputs] += f64::from(*d);
        }
        // The last micro-batch may have fewer samples than lanes.
        let samples = (micros - 1) * c.width + 1;
        let mut all = Vec::new();
        for shares in [1, 2, 3] {
            let (mut dweight, mut dbias) = (c.weight.clone(), c.bias.clone());
            for index in 0..shares {
                let (to, to_bias, share) = (dweight.as_mut_ptr(), dbias.as_mut_ptr(), Share { index, shares });
                // SAFETY: as above.
                unsafe {
                    if c.width == 1 {
                        dense_weight::chw::dense_batch_weight(&g, saved.as_ptr(), stride, samples, to, to_bias, share);
                    } else {
                        dense_weight::chwn16::dense_batch_weight(&g, saved.as_ptr(), stride, samples, to, to_bias, share);
                    }
                }
            }
            assert_close(wide(&dweight), wanted.iter().copied(), micros * c.width, &c.what);
            assert_close(wide(&dbias), wanted_bias.iter().copied(), micros * c.width, &c.what);
            all.push((dweight, dbias));
        }
        assert!(all.iter().all(|one| *one == all[0]), "{}: shares change bits", c.what);
    });
}
