//! Quantization against whole numbers in f64.

use crate::kernels::geometry::Quant;
use crate::{Numbers, WIDTHS, at_each_level, thinned};
use std::vec;

/// Round to even, as the definition says it.
fn wanted(g: &Quant, x: f32) -> i8 {
    if x.is_nan() {
        return g.zero_point;
    }
    let integer = f64::from(x / g.scale).round_ties_even() + f64::from(g.zero_point);
    integer.clamp(-128.0, 127.0) as i8
}

fn in_range(g: &Quant, x: f32) -> bool {
    let integer = f64::from(x / g.scale).round_ties_even() + f64::from(g.zero_point);
    (-128.0..=127.0).contains(&integer)
}

fn for_each_case(test: impl Fn(&Quant, usize, &[f32])) {
    let mut all = Vec::new();
    for len in [1, 2, 3, 7, 17, 33] {
        for scale in [1.0, 0.5, 0.05, 0.003, 1e-30, f32::MIN_POSITIVE, 1e30] {
            all.extend([0, 1, -3, 127, -128].map(|zero_point| Quant { len, scale, zero_point }));
        }
    }
    at_each_level(|| {
        for g in thinned(all.clone(), 10) {
            for width in WIDTHS {
                let mut numbers = Numbers::new(g.len);
                let mut x = numbers.take(g.len * width);
                for (i, x) in x.iter_mut().enumerate() {
                    // All over the range and beyond it; halves; what is no number.
                    *x = match (numbers.next() as usize + i) % 8 {
                        0 => ((*x * 300.0).round() + 0.5) * g.scale,
                        1 => (*x * 300.0).round() * g.scale,
                        2 => [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, f32::MAX, f32::MIN_POSITIVE / 2.0][i % 6],
                        3 => [-128.5, -128.0, -127.5, 126.5, 127.0, 127.5][i % 6] * g.scale,
                        _ => *x * 150.0 * g.scale,
                    };
                }
                test(&g, width, &x);
            }
        }
    });
}

#[test]
fn quantize() {
    for_each_case(|g, width, x| {
        // Whatever stands beside the last number stays.
        for beside in [0, 3] {
            let mut y = vec![77_i8; x.len() + beside];
            call!(width, quantize_forward(g, x.as_ptr(), y.as_mut_ptr()));
            for (x, y) in x.iter().zip(&y) {
                assert_eq!(*y, wanted(g, *x), "{g:?}, width {width}: {x}");
            }
            assert!(y[x.len()..].iter().all(|y| *y == 77));
        }
    });
}

#[test]
fn dequantize() {
    for zero_point in [0, 5, -128, 127] {
        for width in WIDTHS {
            let x: Vec<i8> = (i8::MIN..=i8::MAX).collect();
            let g = Quant { len: x.len() / width, scale: 0.05, zero_point };
            at_each_level(|| {
                let mut y = vec![f32::NAN; x.len()];
                call!(width, dequantize_forward(&g, x.as_ptr(), y.as_mut_ptr()));
                for (x, y) in x.iter().zip(&y) {
                    assert_eq!(*y, f32::from(i16::from(*x) - i16::from(zero_point)) * 0.05);
                }
                let mut back = vec![0; x.len()];
                call!(width, quantize_forward(&g, y.as_ptr(), back.as_mut_ptr()));
                assert_eq!(back, x, "what an integer stands for is that integer again");
            });
        }
    }
}

#[test]
fn the_gradient_goes_straight_through() {
    for_each_case(|g, width, x| {
        // Gradients of integers are a step's worth: with scales as small as these they vanish.
        if !(1e-6..1e6).contains(&g.scale) {
            return;
        }
        let dy = Numbers::new(x.len()).take(x.len());
        for accumulate in [false, true] {
            let (mut integer, mut dx) = (vec![f32::NAN; x.len()], vec![0.25; x.len()]);
            call!(width, dequantize_backward(g, dy.as_ptr(), integer.as_mut_ptr(), false));
            call!(width, quantize_backward(g, x.as_ptr(), integer.as_ptr(), dx.as_mut_ptr(), accumulate));
            for ((x, dy), dx) in x.iter().zip(&dy).zip(&dx) {
                let own = if in_range(g, *x) { *dy } else { 0.0 };
                let wanted = own + if accumulate { 0.25 } else { 0.0 };
                assert!((dx - wanted).abs() <= 1e-6 * wanted.abs().max(own.abs()), "{g:?}: {dx} at {x}, not {wanted}");
            }
        }
    });
}
