//! Operators between two values with stretched axes, and with numbers.

use crate::kernels::geometry::{Binary, BinaryOp, Power, WithNumber};
use crate::{Numbers, WIDTHS, assert_close, at_each_level, thinned, wide};
use std::format;
use std::string::String;
use std::vec;

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

const OPERATORS: [BinaryOp; 8] = {
    use BinaryOp::{Add, Div, Greater, GreaterEqual, Max, Min, Mul, Sub};
    [Add, Sub, Mul, Div, Max, Min, Greater, GreaterEqual]
};

/// What an operator makes of two numbers, and its derivatives.
fn plain(op: BinaryOp, a: f64, b: f64) -> [f64; 3] {
    let of = |holds: bool| if holds { 1.0 } else { 0.0 };
    match op {
        BinaryOp::Add => [a + b, 1.0, 1.0],
        BinaryOp::Sub => [a - b, 1.0, -1.0],
        BinaryOp::Mul => [a * b, b, a],
        BinaryOp::Div => [a / b, 1.0 / b, -a / b / b],
        BinaryOp::Max => [a.max(b), (of(a > b) + of(a >= b)) / 2.0, (of(b > a) + of(b >= a)) / 2.0],
        BinaryOp::Min => [a.min(b), (of(a < b) + of(a <= b)) / 2.0, (of(b < a) + of(b <= a)) / 2.0],
        BinaryOp::Greater => [of(a > b), 0.0, 0.0],
        BinaryOp::GreaterEqual => [of(a >= b), 0.0, 0.0],
    }
}

/// The same numbers away from zero: halves, some of which are equal.
fn halves(numbers: &mut Numbers, len: usize) -> Vec<f32> {
    numbers.take(len).iter().map(|x| if *x < 0.0 { (4.0 * x).floor() / 2.0 } else { (4.0 * x).ceil().max(1.0) / 2.0 }).collect()
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
        for op in OPERATORS {
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
                    a: halves(&mut numbers, a_len * width),
                    b: halves(&mut numbers, b_len * width),
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
            wanted[y] = plain(c.g.op, a[i], b[j])[0];
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
fn backward() {
    use core::ptr::null;
    for_each_case(|c| {
        let (a, b) = (wide(&c.a), wide(&c.b));
        let (mut da, mut db) = (vec![0.0; a.len()], vec![0.0; b.len()]);
        c.places(|y, i, j| {
            let (d, [_, to_a, to_b]) = (f64::from(c.dy[y]), plain(c.g.op, a[i], b[j]));
            da[i] += d * to_a;
            db[j] += d * to_b;
        });
        // What is not said to be read is not.
        let pointers =
            |reads: [bool; 2]| [(reads[0], &c.a), (reads[1], &c.b)].map(|(read, side)| if read { side.as_ptr() } else { null() });
        let ([a, b], [a_too, b_too]) = (pointers(c.g.op.reads_for_a()), pointers(c.g.op.reads_for_b()));
        crate::assert_gradient(&da, 35, &c.what, |to, accumulate| {
            call!(c.width, binary_backward_a(&c.g, c.dy.as_ptr(), a, b, to, accumulate));
        });
        crate::assert_gradient(&db, 35, &c.what, |to, accumulate| {
            call!(c.width, binary_backward_b(&c.g, c.dy.as_ptr(), a_too, b_too, to, accumulate));
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
            {
                let wanted: Vec<f64> = wide(&x).iter().map(|d| -1.5 * d).collect();
                crate::assert_gradient(&wanted, 1, "affine", |dx, accumulate| {
                    call!(width, affine_backward(len, -1.5, x.as_ptr(), dx, accumulate));
                });
            }
        }
        let (numbers, mut y) = ([f32::NAN, f32::INFINITY, -f32::INFINITY], [0.0; 3]);
        call!(1, affine(3, -1.5, 0.25, numbers.as_ptr(), y.as_mut_ptr()));
        assert!(y[0].is_nan() && y[1..] == [-f32::INFINITY, f32::INFINITY], "{y:?}");
    });
}

#[test]
fn with_numbers() {
    at_each_level(|| {
        for (op, width, first) in OPERATORS.into_iter().flat_map(|op| WIDTHS.map(|w| [(op, w, false), (op, w, true)])).flatten() {
            let g = WithNumber { op, number: 0.5, first, len: 7 };
            let mut numbers = Numbers::new(3);
            let (x, dy) = (halves(&mut numbers, 7 * width), numbers.take(7 * width));
            let of = |x: f64| {
                let [y, to_a, to_b] = if first { plain(op, 0.5, x) } else { plain(op, x, 0.5) };
                let slope = if first { to_b } else { to_a };
                // At the number nothing is passed on.
                [y, if matches!(op, BinaryOp::Max | BinaryOp::Min) { slope.floor() } else { slope }]
            };
            let mut y = vec![f32::NAN; x.len()];
            call!(width, with_number(&g, x.as_ptr(), y.as_mut_ptr()));
            assert_close(wide(&y), wide(&x).iter().map(|x| of(*x)[0]), 0, &format!("{g:?}"));
            {
                let wanted: Vec<f64> = wide(&x).iter().zip(wide(&dy)).map(|(x, d)| of(*x)[1] * d).collect();
                crate::assert_gradient(&wanted, 5, &format!("{g:?}"), |dx, accumulate| {
                    call!(width, with_number_backward(&g, x.as_ptr(), dy.as_ptr(), dx, accumulate));
                });
            }
        }
    });
}

#[test]
fn not_a_number() {
    for op in OPERATORS {
        let compares = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
        for (a, b) in [(f32::NAN, 1.0), (1.0, f32::NAN), (f32::NAN, f32::NAN)] {
            let g = Binary { op, dims: [1, 1, 1], a: [0; 3], b: [0; 3] };
            let mut y = 7.0;
            call!(1, binary(&g, &raw const a, &raw const b, &raw mut y));
            assert!(if compares { y == 0.0 } else { y.is_nan() }, "{op:?} of {a} and {b} is {y}");
        }
    }
}

#[test]
fn powers() {
    at_each_level(|| {
        for (exponent, width) in
            [2.0, 3.0, 1.0, 0.0, -1.0, -2.0, 0.5, -0.5, 1.5, 2.3, -1.7, 7.0_f32].into_iter().flat_map(|e| WIDTHS.map(|w| (e, w)))
        {
            let g = Power { exponent, len: 7 };
            let mut numbers = Numbers::new(5);
            let whole = exponent == exponent.trunc();
            // Between 0.25 and 2; negative too where that has a power.
            let x: Vec<f32> = numbers
                .take(7 * width)
                .iter()
                .map(|x| x.signum() * x.abs().max(0.125) * 2.0)
                .map(|x| if whole { x } else { x.abs() })
                .collect();
            let dy = numbers.take(7 * width);
            let e = f64::from(exponent);
            let of = |x: f64, e: f64| if whole { x.powi(e as i32) } else { x.powf(e) };
            let relative = |found: Vec<f64>, wanted: Vec<f64>| {
                for (f, w) in found.iter().zip(&wanted) {
                    assert!((f - w).abs() <= 2e-6 * w.abs().max(1e-3), "{g:?}: {f}, not {w}");
                }
            };
            let mut y = vec![f32::NAN; x.len()];
            call!(width, power(&g, x.as_ptr(), y.as_mut_ptr()));
            relative(wide(&y), wide(&x).iter().map(|x| of(*x, e)).collect());
            {
                let mut dx = vec![f32::NAN; x.len()];
                call!(width, power_backward(&g, x.as_ptr(), dy.as_ptr(), dx.as_mut_ptr(), false));
                relative(wide(&dx), wide(&x).iter().zip(wide(&dy)).map(|(x, d)| e * of(*x, e - 1.0) * d).collect());
            }
        }
    });
    let (x, mut y) = ([0.0, -2.0, f32::INFINITY, f32::NAN], [7.0; 4]);
    call!(1, power(&Power { exponent: 0.5, len: 4 }, x.as_ptr(), y.as_mut_ptr()));
    assert!(y[0] == 0.0 && y[1].is_nan() && y[2] == f32::INFINITY && y[3].is_nan(), "{y:?}");
    call!(1, power(&Power { exponent: -1.5, len: 1 }, x.as_ptr(), y.as_mut_ptr()));
    assert_eq!(y[0], f32::INFINITY);
}
