//! Sums, differences and products with stretched axes.

use crate::kernels::geometry::{Binary, BinaryOp};
use crate::kernels::tests::{Numbers, WIDTHS, assert_close, at_each_level, thinned, wide};
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

/// How many vectors a side has, and its strides, where the axes of `stretched` (bits) have size 1.
fn side(dims: [usize; 3], stretched: usize) -> (usize, [usize; 3]) {
    let (mut len, mut strides) = (1, [0; 3]);
    for axis in (0..3).rev() {
        if stretched >> axis & 1 == 0 {
            strides[axis] = len;
            len *= dims[axis];
        }
    }
    (len, strides)
}

struct Case {
    g: Binary,
    width: usize,
    a: Vec<f32>,
    b: Vec<f32>,
    dy: Vec<f32>,
    what: String,
}

fn for_each_case(test: impl Fn(&Case)) {
    let mut all = Vec::new();
    for dims in [[1, 1, 1], [1, 1, 5], [2, 3, 5], [4, 1, 7], [3, 4, 1]] {
        for op in [BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul] {
            // One of both has each axis.
            for (x, y) in (0..8).flat_map(|x| (0..8).map(move |y| (x, y))).filter(|(x, y)| x & y == 0) {
                all.push((dims, op, x, y));
            }
        }
    }
    at_each_level(|| {
        for (dims, op, x, y) in thinned(all.clone(), 10) {
            for width in WIDTHS {
                let ((a_len, a), (b_len, b)) = (side(dims, x), side(dims, y));
                let g = Binary { op, dims, a, b };
                let mut numbers = Numbers::new(x * 8 + y);
                test(&Case {
                    a: numbers.take(a_len * width),
                    b: numbers.take(b_len * width),
                    dy: numbers.take(dims.iter().product::<usize>() * width),
                    what: format!("{:?}, {g:?}, width {width}", crate::simd::Level::current()),
                    g,
                    width,
                });
            }
        }
    });
}

impl Case {
    /// Calls `visit(y, a, b)` with the places of all numbers.
    fn places(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let dims = self.g.dims;
        for y in 0..self.dy.len() / self.width {
            let index = [y / dims[2] / dims[1], y / dims[2] % dims[1], y % dims[2]];
            let at = |strides: [usize; 3]| index.iter().zip(strides).map(|(i, s)| i * s).sum::<usize>();
            for lane in 0..self.width {
                let [y, a, b] = [y, at(self.g.a), at(self.g.b)].map(|i| i * self.width + lane);
                visit(y, a, b);
            }
        }
    }
}

#[test]
fn forward() {
    for_each_case(|c| {
        let (a, b) = (wide(&c.a), wide(&c.b));
        let mut wanted = vec![0.0; c.dy.len()];
        c.places(|y, i, j| {
            wanted[y] = match c.g.op {
                BinaryOp::Add => a[i] + b[j],
                BinaryOp::Sub => a[i] - b[j],
                BinaryOp::Mul => a[i] * b[j],
            };
        });
        let mut y = vec![f32::NAN; c.dy.len()];
        call!(c.width, binary(&c.g, c.a.as_ptr(), c.b.as_ptr(), y.as_mut_ptr()));
        assert_close(wide(&y), wanted, 0, &c.what);
        // In place, over either side that is not stretched.
        if c.a.len() == y.len() {
            let mut same = c.a.clone();
            let at = same.as_mut_ptr();
            call!(c.width, binary(&c.g, at, c.b.as_ptr(), at));
            assert_eq!(same, y, "{}", c.what);
        }
        if c.b.len() == y.len() {
            let mut same = c.b.clone();
            let at = same.as_mut_ptr();
            call!(c.width, binary(&c.g, c.a.as_ptr(), at, at));
            assert_eq!(same, y, "{}", c.what);
        }
    });
}

#[test]
#[cfg(feature = "train")]
fn backward() {
    use core::ptr::null;
    for_each_case(|c| {
        let (a, b) = (wide(&c.a), wide(&c.b));
        let (mut da, mut db) = (vec![0.0; a.len()], vec![0.0; b.len()]);
        c.places(|y, i, j| {
            let d = f64::from(c.dy[y]);
            let (to_a, to_b) = match c.g.op {
                BinaryOp::Add => (d, d),
                BinaryOp::Sub => (d, -d),
                BinaryOp::Mul => (d * b[j], d * a[i]),
            };
            da[i] += to_a;
            db[j] += to_b;
        });
        // The other side is read for products alone.
        let product = c.g.op == BinaryOp::Mul;
        let (other_a, other_b) = if product { (c.a.as_ptr(), c.b.as_ptr()) } else { (null(), null()) };
        crate::kernels::tests::assert_gradient(&da, 35, &c.what, |to, accumulate| {
            call!(c.width, binary_backward_a(&c.g, c.dy.as_ptr(), other_b, to, accumulate));
        });
        crate::kernels::tests::assert_gradient(&db, 35, &c.what, |to, accumulate| {
            call!(c.width, binary_backward_b(&c.g, c.dy.as_ptr(), other_a, to, accumulate));
        });
    });
}

#[test]
fn scaled_and_shifted() {
    at_each_level(|| {
        for (width, len) in WIDTHS.into_iter().flat_map(|width| [1, 2, 7].map(|len| (width, len))) {
            let x = Numbers::new(len).take(len * width);
            let mut y = vec![f32::NAN; x.len()];
            call!(width, affine(len, -1.5, 0.25, x.as_ptr(), y.as_mut_ptr()));
            assert_close(wide(&y), wide(&x).iter().map(|x| -1.5 * x + 0.25), 1, "affine");
            let mut same = x.clone();
            let at = same.as_mut_ptr();
            call!(width, affine(len, -1.5, 0.25, at, at));
            assert_eq!(same, y);
            #[cfg(feature = "train")]
            {
                let wanted: Vec<f64> = wide(&x).iter().map(|d| -1.5 * d).collect();
                crate::kernels::tests::assert_gradient(&wanted, 1, "affine", |dx, accumulate| {
                    call!(width, affine_backward(len, -1.5, x.as_ptr(), dx, accumulate));
                });
            }
        }
        let (numbers, mut y) = ([f32::NAN, f32::INFINITY, -f32::INFINITY], [0.0; 3]);
        call!(1, affine(3, -1.5, 0.25, numbers.as_ptr(), y.as_mut_ptr()));
        assert!(y[0].is_nan() && y[1..] == [-f32::INFINITY, f32::INFINITY], "{y:?}");
    });
}
