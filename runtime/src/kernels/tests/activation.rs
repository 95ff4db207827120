//! Activations and affine maps.

use super::{FORMS, Numbers, assert_close, at_each_level, thinned, wide};
use std::format;
use std::vec;
use std::vec::Vec;

/// An element-wise kernel beside its formulas.
struct Function {
    name: &'static str,
    /// `(width, len, x, y)`
    forward: fn(usize, usize, *const f32, *mut f32),
    value: fn(f64) -> f64,
    /// `(width, len, x, y, dy, dx, accumulate)`
    #[cfg(feature = "train")]
    backward: fn(usize, usize, *const f32, *const f32, *const f32, *mut f32, bool),
    #[cfg(feature = "train")]
    slope: fn(f64) -> f64,
}

macro_rules! function {
    ($name:ident $(, $number:expr)*; $value:expr; $backward:ident($($argument:expr),*) from $saved:ident; $slope:expr) => {
        Function {
            name: stringify!($name $(, $number)*, from $saved),
            forward: |width, len, x, y| call!(width, $name(len $(, $number)*, x, y)),
            value: $value,
            #[cfg(feature = "train")]
            backward: function!(@backward $backward($($argument),*) $saved),
            #[cfg(feature = "train")]
            slope: $slope,
        }
    };
    (@backward $backward:ident($($argument:expr),*) x) => {
        |width, len, x, _, dy, dx, accumulate| call!(width, $backward(len $(, $argument)*, x, dy, dx, accumulate))
    };
    (@backward $backward:ident($($argument:expr),*) y) => {
        |width, len, _, y, dy, dx, accumulate| call!(width, $backward(len $(, $argument)*, y, dy, dx, accumulate))
    };
    (@backward $backward:ident($($argument:expr),*) nothing) => {
        |width, len, _, _, dy, dx, accumulate| call!(width, $backward(len $(, $argument)*, dy, dx, accumulate))
    };
}

fn functions() -> Vec<Function> {
    fn sigmoid(x: f64) -> f64 {
        1.0 / (1.0 + (-x).exp())
    }
    fn leaky(x: f64, slope: f64) -> f64 {
        if x > 0.0 { x } else { slope * x }
    }
    #[cfg(feature = "train")]
    fn step(x: f64, below: f64) -> f64 {
        if x > 0.0 { 1.0 } else { below }
    }
    vec![
        function!(relu; |x| x.max(0.0); relu_backward() from y; |x| step(x, 0.0)),
        function!(leaky_relu, 0.1; |x| leaky(x, 0.1); leaky_relu_backward(0.1) from x; |x| step(x, 0.1)),
        function!(leaky_relu, 0.1; |x| leaky(x, 0.1); leaky_relu_backward(0.1) from y; |x| step(x, 0.1)),
        function!(leaky_relu, -0.5; |x| leaky(x, -0.5); leaky_relu_backward(-0.5) from x; |x| step(x, -0.5)),
        function!(leaky_relu, 0.0; |x| leaky(x, 0.0); leaky_relu_backward(0.0) from x; |x| step(x, 0.0)),
        function!(sigmoid; sigmoid; sigmoid_backward() from y; |x| sigmoid(x) * sigmoid(-x)),
        function!(tanh; f64::tanh; tanh_backward() from y; |x| x.cosh().powi(-2)),
        function!(exp; f64::exp; exp_backward() from y; f64::exp),
        function!(affine, -1.5, 0.25; |x| -1.5 * x + 0.25; affine_backward(-1.5) from nothing; |_| -1.5),
    ]
}

/// Numbers in [-3, 3), zeros of both signs among them.
fn numbers(len: usize) -> Vec<f32> {
    let mut x = Numbers::new(len).take(len);
    x.iter_mut().for_each(|x| *x *= 3.0);
    x[len / 2] = 0.0;
    x[len - 1] = -0.0;
    x
}

fn for_each_case(test: impl Fn(&Function, usize, usize, &str)) {
    at_each_level(|| {
        for f in functions() {
            for width in FORMS {
                for len in thinned(vec![1, 2, 3, 7, 64], 2) {
                    test(&f, width, len, &format!("{:?}, {}, width {width}, {len}", crate::simd::Level::current(), f.name));
                }
            }
        }
    });
}

#[test]
fn forward() {
    for_each_case(|f, width, len, what| {
        let x = numbers(len * width);
        let mut y = vec![f32::NAN; x.len()];
        (f.forward)(width, len, x.as_ptr(), y.as_mut_ptr());
        assert_close(wide(&y), wide(&x).into_iter().map(f.value), 1, what);
        // In place.
        let mut same = x.clone();
        let at = same.as_mut_ptr();
        (f.forward)(width, len, at, at);
        assert_eq!(same, y, "{what}");
    });
}

#[test]
#[cfg(feature = "train")]
fn backward() {
    for_each_case(|f, width, len, what| {
        let x = numbers(len * width);
        let mut y = vec![f32::NAN; x.len()];
        (f.forward)(width, len, x.as_ptr(), y.as_mut_ptr());
        let dy = Numbers::new(len + 1).take(x.len());
        let wanted: Vec<f64> = x.iter().zip(&dy).map(|(x, d)| f64::from(*d) * (f.slope)(f64::from(*x))).collect();
        super::assert_gradient(&wanted, 8, what, |dx, accumulate| {
            (f.backward)(width, len, x.as_ptr(), y.as_ptr(), dy.as_ptr(), dx, accumulate);
        });
        // In place.
        let (mut dx, mut same) = (vec![f32::NAN; x.len()], dy.clone());
        (f.backward)(width, len, x.as_ptr(), y.as_ptr(), dy.as_ptr(), dx.as_mut_ptr(), false);
        let at = same.as_mut_ptr();
        (f.backward)(width, len, x.as_ptr(), y.as_ptr(), at, at, false);
        assert_eq!(same, dx, "{what}");
    });
}

#[test]
fn nan_and_infinity() {
    let infinity = f32::INFINITY;
    for_each_case(|f, width, _, what| {
        let mut x = vec![f32::NAN; 3 * width];
        x[width..2 * width].fill(infinity);
        x[2 * width..].fill(-infinity);
        let mut y = vec![0.0; x.len()];
        (f.forward)(width, 3, x.as_ptr(), y.as_mut_ptr());
        let wanted = match f.name.split(',').next().unwrap() {
            "relu" | "exp" => [infinity, 0.0],
            "sigmoid" => [1.0, 0.0],
            "tanh" => [1.0, -1.0],
            "affine" => [-infinity, infinity],
            _ => [infinity, (f.value)(f64::NEG_INFINITY) as f32],
        };
        for lane in 0..width {
            assert!(y[lane].is_nan(), "{what}: NaN became {}", y[lane]);
            let found = [y[width + lane], y[2 * width + lane]];
            assert!(found == wanted || wanted[1].is_nan() && found[1].is_nan(), "{what}: {found:?}, not {wanted:?}");
        }
    });
}

/// PyTorch's: where y is NaN the gradient passes.
#[test]
#[cfg(feature = "train")]
fn relu_backward_of_nan() {
    at_each_level(|| {
        for width in FORMS {
            let (y, dy, mut dx) = (vec![f32::NAN; width], vec![2.0; width], vec![0.5; width]);
            call!(width, relu_backward(1, y.as_ptr(), dy.as_ptr(), dx.as_mut_ptr(), true));
            assert_eq!(dx, vec![2.5; width]);
        }
    });
}
