//! The kernels of every activation against its declaration in `f64`.

use crate::{Numbers, WIDTHS, at_each_level, same_bits};
use fireclay_ir::activation::*;
use std::fmt::Debug;
use std::format;
use std::vec;

/// `(width, f, len, x, y)`
type Forward<A> = fn(usize, A, usize, *const f32, *mut f32);
/// `(width, f, len, saved, dy, dx, accumulate)`
type Backward<A> = fn(usize, A, usize, *const f32, *const f32, *mut f32, bool);

/// The activation's own points and those next to them, extremes, and numbers near and far; whole vectors.
fn numbers<A: Activation>() -> Vec<f32> {
    let extremes = [0.0, 0.5, 1e-3, 1e-7, f32::MIN_POSITIVE, 16.0, 87.0, 89.0, 105.0, 1e4, 1e20, f32::MAX, f32::INFINITY];
    let mut x: Vec<f32> = A::POINTS.iter().flat_map(|x| [*x, x.next_up(), x.next_down()]).filter(|x| !x.is_subnormal()).collect();
    x.extend(extremes.iter().flat_map(|x| [*x, -x]));
    x.push(f32::NAN);
    let more = if cfg!(miri) { 30 } else { 300 };
    x.extend(Numbers::new(7).take(more).iter().enumerate().map(|(i, x)| x * [1.0, 4.0, 30.0][i % 3]));
    x.resize(x.len().next_multiple_of(16), 0.75);
    x
}

/// Both NaN, or close, or both beyond the largest `f32`.
#[track_caller]
fn assert_close(found: &[f32], x: &[f32], wanted: impl Fn(usize) -> f64, what: &str) {
    for (i, y) in found.iter().enumerate() {
        let wanted = wanted(i);
        let close = (f64::from(*y) - wanted).abs() <= 2e-6 * (1.0 + wanted.abs());
        let same = *y == wanted as f32 || y.is_nan() && wanted.is_nan();
        assert!(close || same, "{:?}, {what}: at {:e} it is {y:e}, not {wanted:e}", crate::simd::Level::current(), x[i]);
    }
}

fn check_forward<A: Activation + Debug>(forward: Forward<A>) {
    let x = numbers::<A>();
    for f in examples::<A>() {
        for width in WIDTHS {
            let what = format!("{f:?}, width {width}");
            let mut y = vec![7.0; x.len()];
            forward(width, f, x.len() / width, x.as_ptr(), y.as_mut_ptr());
            assert_close(&y, &x, |i| f.value(Double(x[i].into())).0, &what);
            assert!(!A::VANISHES || y.iter().all(|y| !y.is_subnormal()), "{what}: denormal numbers");
            let mut same = x.clone();
            let at = same.as_mut_ptr();
            forward(width, f, x.len() / width, at, at);
            assert!(same_bits(&same, &y), "{what}: in place");
        }
    }
}

fn check_backward<A: Activation + Debug>(forward: Forward<A>, backward: Backward<A>) {
    let x = numbers::<A>();
    // A gradient is 0 where a lane is padding.
    let mut dy = Numbers::new(8).take(x.len());
    dy.iter_mut().step_by(29).for_each(|d| *d = 0.0);
    for f in examples::<A>() {
        for width in WIDTHS {
            let (what, len) = (format!("the gradient of {f:?}, width {width}"), x.len() / width);
            let mut saved = x.clone();
            if f.saved() == Saved::Output {
                forward(width, f, len, x.as_ptr(), saved.as_mut_ptr());
            }
            // Of the output as an f32 has it: infinite where it is too large.
            let of = |x: Double| match f.saved() {
                Saved::Output if f.value(x).0.abs() > f32::MAX.into() => x.number(f32::INFINITY) * f.value(x).sign(),
                Saved::Output => f.value(x),
                Saved::Input => x,
            };
            let wanted = |i: usize| f.gradient(of(Double(x[i].into())), Double(dy[i].into())).0;
            let mut dx = vec![f32::NAN; x.len()];
            backward(width, f, len, saved.as_ptr(), dy.as_ptr(), dx.as_mut_ptr(), false);
            assert_close(&dx, &x, wanted, &what);
            let there = Numbers::new(9).take(x.len());
            let mut sum = there.clone();
            backward(width, f, len, saved.as_ptr(), dy.as_ptr(), sum.as_mut_ptr(), true);
            assert_close(&sum, &x, |i| wanted(i) + f64::from(there[i]), &format!("{what}, added"));
            let mut same = dy.clone();
            let at = same.as_mut_ptr();
            backward(width, f, len, saved.as_ptr(), at, at, false);
            assert!(same_bits(&same, &dx), "{what}: in place");
            // Gradients that are next to nothing are nothing, and other gradients keep NaN.
            let tiny: Vec<f32> = dy.iter().map(|d| d * 1e-30).collect();
            backward(width, f, len, saved.as_ptr(), tiny.as_ptr(), dx.as_mut_ptr(), false);
            assert!(dx.iter().all(|d| *d == 0.0 || d.is_nan() || d.abs() >= crate::simd::TINY), "{what}: tiny ones");
            let nan = vec![f32::NAN; x.len()];
            backward(width, f, len, saved.as_ptr(), nan.as_ptr(), dx.as_mut_ptr(), true);
            for (i, d) in dx.iter().enumerate().filter(|(i, _)| wanted(*i) != 0.0) {
                assert!(d.is_nan(), "{what}: NaN became {d} at {:e}", x[i]);
            }
        }
    }
}

macro_rules! tests {
    ($($forward:ident $Name:ident $backward:ident;)*) => {
        $(
            mod $forward {
                use super::*;

                const FORWARD: Forward<$Name> = |width, f, len, x, y| call!(width, $forward(f, len, x, y));

                #[test]
                fn forward() {
                    at_each_level(|| check_forward(FORWARD));
                }

                #[test]
                fn backward() {
                    at_each_level(|| {
                        check_backward(FORWARD, |width, f, len, saved, dy, dx, add| {
                            call!(width, $backward(f, len, saved, dy, dx, add))
                        })
                    });
                }
            }
        )*
    };
}
fireclay_ir::activations!(tests);

/// PyTorch's: where y is NaN the gradient passes.
#[test]
fn relu_backward_of_nan() {
    at_each_level(|| {
        for width in WIDTHS {
            let (y, dy, mut dx) = (vec![f32::NAN; width], vec![2.0; width], vec![0.5; width]);
            call!(width, relu_backward(Relu {}, 1, y.as_ptr(), dy.as_ptr(), dx.as_mut_ptr(), true));
            assert_eq!(dx, vec![2.5; width]);
        }
    });
}
