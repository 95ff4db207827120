//! Every declaration: its gradient against finite differences in `f64`, its names, its documentation.

use super::{ALL, Activation, Double, Real, Saved, examples};
use std::string::String;

/// The gradient as a backward pass computes it.
fn gradient<A: Activation>(f: A, x: f64, dy: f64) -> f64 {
    let x = Double(x);
    let saved = if f.saved() == Saved::Input { x } else { f.value(x) };
    f.gradient(saved, Double(dy)).0
}

/// Places in (−10, 10), evenly spaced, and some far out; at no example's threshold.
fn places() -> impl Iterator<Item = f64> {
    (0..400).map(|i| f64::from(i) * 0.05 - 9.987).chain([-60.0, -25.0, 25.0, 60.0])
}

fn check<A: Activation + std::fmt::Debug>() {
    const H: f64 = 1e-5;
    for f in examples::<A>() {
        let at = |x: f64| f.value(Double(x)).0;
        let mut compared = 0;
        for x in places() {
            let (difference, found) = ((at(x + H) - at(x - H)) / (2.0 * H), gradient(f, x, 1.0));
            if difference.is_nan() {
                continue;
            }
            compared += 1;
            let bound = 1e-6 * (1.0 + difference.abs());
            assert!((found - difference).abs() <= bound, "{f:?}: at {x} the gradient is {found}, not {difference}");
            let scaled = gradient(f, x, -2.5);
            assert!((scaled + 2.5 * found).abs() <= 1e-12 * found.abs(), "{f:?}: at {x}, times −2.5, it is {scaled}");
        }
        assert!(compared >= 200, "{f:?}: compared at {compared} places only");
        // Where the function breaks, the gradient lies between those of both sides.
        for x in A::POINTS.iter().map(|x| f64::from(*x)) {
            let (left, right, found) = ((at(x) - at(x - H)) / H, (at(x + H) - at(x)) / H, gradient(f, x, 1.0));
            if left.is_finite() && right.is_finite() && (left - right).abs() < 3.0 {
                let (low, high) = (left.min(right) - 1e-3, left.max(right) + 1e-3);
                assert!((low..=high).contains(&found), "{f:?}: at {x} the gradient is {found}, not in {low}..={high}");
            }
        }
        assert!(at(f64::NAN).is_nan(), "{f:?} loses NaN");
    }
}

fn check_range<A: Activation + std::fmt::Debug>() {
    for f in examples::<A>() {
        let Some([low, high]) = f.range().bounds() else { continue };
        for y in places().map(|x| f.value(Double(x)).0).filter(|y| !y.is_nan()) {
            assert!(f64::from(low) <= y && y <= f64::from(high), "{f:?} gives {y}, not from {low} to {high}");
        }
    }
}

/// `hard_swish` → `HardSwish`
fn camel(name: &str) -> String {
    name.split('_').flat_map(|part| part.char_indices().map(|(i, c)| if i == 0 { c.to_ascii_uppercase() } else { c })).collect()
}

macro_rules! tests {
    ($($file:ident $Name:ident $backward:ident;)*) => {
        #[test]
        fn gradients_are_those_of_the_values() {
            $(check::<super::$Name>();)*
        }

        #[test]
        fn values_are_in_their_range() {
            $(check_range::<super::$Name>();)*
        }

        /// A formula that is not inlined into a kernel runs without its instruction set.
        #[test]
        fn formulas_are_inlined() {
            $(assert_eq!(include_str!(concat!(stringify!($file), ".rs")).matches("#[inline(always)]\n    fn").count(), 2, stringify!($file));)*
        }
    };
}
crate::activations!(tests);

#[test]
fn names_follow_from_each_other() {
    for f in ALL {
        assert_eq!(camel(f.kernel.name), f.name);
        assert_eq!(std::format!("{}_backward", f.kernel.name), f.backward.name);
        assert!(f.doc.starts_with(' ') && f.doc.len() > 3, "{}: its documentation is its formula", f.name);
        assert!(f.arguments.len() <= 4, "{}: more arguments than tests try", f.name);
    }
}

#[test]
fn what_is_saved_follows_the_arguments() {
    use super::{Elu, LeakyRelu};
    for (argument, saved) in [(0.1, Saved::Output), (0.0, Saved::Input), (-1.0, Saved::Input)] {
        assert_eq!(LeakyRelu { slope: argument }.saved(), saved);
        assert_eq!(Elu { alpha: argument }.saved(), saved);
    }
}

#[test]
fn gradients_of_a_learned_parameter() {
    use super::{Learned, PRelu};
    const H: f64 = 1e-5;
    let at = |x: f64, slope: f64| PRelu.value(Double(x), Double(slope)).0;
    for (x, slope) in places().flat_map(|x| [0.25, -0.5, 1.5].map(|slope| (x, slope))) {
        let of_x = (at(x + H, slope) - at(x - H, slope)) / (2.0 * H);
        let of_slope = (at(x, slope + H) - at(x, slope - H)) / (2.0 * H);
        let found = PRelu.gradient(Double(x), Double(slope), Double(-2.0)).0;
        assert!((found + 2.0 * of_x).abs() < 1e-6, "at {x}, {slope}: {found}, not {of_x}");
        let found = PRelu.parameter_gradient(Double(x), Double(slope), Double(-2.0)).0;
        assert!((found + 2.0 * of_slope).abs() < 1e-6 * (1.0 + x.abs()), "at {x}, {slope}: {found}, not {of_slope}");
    }
}

#[test]
fn values() {
    let at = |f: fn(Double) -> Double, x: f64| f(Double(x)).0;
    let close = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-6, "{found}, not {wanted}");
    close(at(|x| super::Gelu { approximate: false }.value(x), 1.0), 0.841_344_746);
    close(at(|x| super::Gelu { approximate: true }.value(x), 1.0), 0.841_191_991);
    close(at(|x| super::Mish {}.value(x), 1.0), 0.865_098_388);
    close(at(|x| super::HardSwish {}.value(x), -1.0), -1.0 / 3.0);
    close(at(|x| super::Softplus { beta: 2.0, threshold: 20.0 }.value(x), 0.5), 0.656_630_844);
    close(at(|x| super::Selu {}.value(x), -1.0), -1.111_330_738);
    close(at(|x| super::LogSigmoid {}.value(x), 0.0), -core::f64::consts::LN_2);
    close(at(Real::sign, -3.0), -1.0);
}
