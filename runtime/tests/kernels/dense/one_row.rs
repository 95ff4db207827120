//! A single row of one sample, whose last vector overlaps the one before: what is not finite there counts once, and nothing else meets it.

use crate::at_each_level;
use crate::kernels::chw;
use crate::kernels::geometry::Dense;
use std::vec;

#[test]
fn what_is_not_finite_stands_alone() {
    at_each_level(|| {
        for inputs in [1, 15, 16, 17, 31, 40] {
            for outputs in [1, 3, 9] {
                let g = Dense { rows: 1, inputs, outputs };
                for (i, o) in [0, inputs / 2, inputs - 1].into_iter().flat_map(|i| [(i, 0), (i, outputs - 1)]) {
                    let (mut x, dy, mut weight) = (vec![1.0; inputs], vec![1.0; outputs], vec![1.0; inputs * outputs]);
                    weight[o * inputs + i] = f32::INFINITY;
                    let (mut y, mut dx) = (vec![f32::NAN; outputs], vec![f32::NAN; inputs]);
                    let expect = |found: &[f32], at: usize, other: f32| {
                        for (n, found) in found.iter().enumerate() {
                            assert_eq!(*found, if n == at { f32::INFINITY } else { other }, "{g:?}, number {n}");
                        }
                    };
                    // SAFETY: buffers are as long as the geometry says.
                    unsafe { chw::dense_forward(&g, x.as_ptr(), weight.as_ptr(), core::ptr::null(), y.as_mut_ptr()) };
                    expect(&y, o, inputs as f32);
                    // SAFETY: as above.
                    unsafe { chw::dense_add(&g, x.as_ptr(), weight.as_ptr(), y.as_mut_ptr()) };
                    expect(&y, o, 2.0 * inputs as f32);
                    // SAFETY: as above.
                    unsafe { chw::dense_backward_input(&g, dy.as_ptr(), weight.as_ptr(), dx.as_mut_ptr(), false) };
                    expect(&dx, i, outputs as f32);
                    // SAFETY: as above.
                    unsafe { chw::dense_backward_input(&g, dy.as_ptr(), weight.as_ptr(), dx.as_mut_ptr(), true) };
                    expect(&dx, i, 2.0 * outputs as f32);
                    x[i] = f32::INFINITY;
                    let mut dweight = vec![1.0; inputs * outputs];
                    let (none, to) = (core::ptr::null_mut(), dweight.as_mut_ptr());
                    // SAFETY: as above; a single row takes no scratch.
                    unsafe { chw::dense_backward_weight(&g, x.as_ptr(), dy.as_ptr(), to, none, none) };
                    dweight.chunks(inputs).for_each(|row| expect(row, i, 2.0));
                }
            }
        }
    });
}
