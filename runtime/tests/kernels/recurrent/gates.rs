//! The gates of an LSTM alone, against the formulas in f64 and their derivatives.

use crate::{Numbers, WIDTHS, assert_close, at_each_level, wide};
use core::ptr::null;
use std::{format, vec};

/// h and c after of each number, from the sums of its four gates and c before.
fn formulas(sums: &[f64], c: &[f64]) -> [Vec<f64>; 2] {
    let (len, sigma) = (c.len(), |x: f64| 1.0 / (1.0 + (-x).exp()));
    let gate = |k: usize, i: usize| sums[k * len + i];
    let after: Vec<f64> = (0..len).map(|i| sigma(gate(1, i)) * c[i] + sigma(gate(0, i)) * gate(2, i).tanh()).collect();
    [(0..len).map(|i| sigma(gate(3, i)) * after[i].tanh()).collect(), after]
}

#[test]
fn as_the_formulas() {
    at_each_level(|| {
        for (len, width) in [1, 3].into_iter().flat_map(|len| WIDTHS.map(|width| (len, width))) {
            for there in [true, false] {
                let mut numbers = Numbers::new(len + width);
                let (x, mut c) = (numbers.take(4 * len * width), numbers.take(len * width));
                if !there {
                    c.fill(0.0);
                }
                let c0 = if there { c.as_ptr() } else { null() };
                let (mut h, mut cn, mut gates) = (vec![f32::NAN; c.len()], vec![f32::NAN; c.len()], vec![f32::NAN; x.len()]);
                call!(width, lstm_gates_forward(len, x.as_ptr(), c0, h.as_mut_ptr(), cn.as_mut_ptr(), gates.as_mut_ptr()));
                let what = format!("{len} numbers, width {width}, state: {there}");
                let [wanted_h, wanted_c] = formulas(&wide(&x), &wide(&c));
                assert_close(wide(&h), wanted_h, 4, &what);
                assert_close(wide(&cn), wanted_c, 4, &what);
                gradients(len, width, [&x, &c], [&cn, &gates], there, &what);
            }
        }
    });
}

fn gradients(len: usize, width: usize, [x, c]: [&[f32]; 2], [cn, gates]: [&[f32]; 2], there: bool, what: &str) {
    use crate::assert_gradient;
    use core::ptr::null_mut;
    const BY: f64 = 1e-6;
    let mut numbers = Numbers::new(5);
    let (dh, dcn) = (numbers.take(c.len()), numbers.take(c.len()));
    let loss = |x: &[f64], c: &[f64]| {
        let [h, cn] = formulas(x, c);
        h.iter().zip(&dh).chain(cn.iter().zip(&dcn)).map(|(y, d)| y * f64::from(*d)).sum::<f64>()
    };
    let slopes = |of: usize, len: usize| -> Vec<f64> {
        let at = |i: usize, by: f64| {
            let mut both = [wide(x), wide(c)];
            both[of][i] += by;
            loss(&both[0], &both[1])
        };
        (0..len).map(|i| (at(i, BY) - at(i, -BY)) / (2.0 * BY)).collect()
    };
    let c0 = if there { c.as_ptr() } else { null() };
    let (cn, gates, dh, dcn) = (cn.as_ptr(), gates.as_ptr(), dh.as_ptr(), dcn.as_ptr());
    assert_gradient(&slopes(0, x.len()), 16, what, |dx, accumulate| {
        call!(width, lstm_gates_backward(len, c0, cn, gates, dh, dcn, null_mut(), false, dx, accumulate));
    });
    if there {
        assert_gradient(&slopes(1, c.len()), 16, what, |dc, accumulate| {
            call!(width, lstm_gates_backward(len, c0, cn, gates, dh, dcn, dc, accumulate, null_mut(), false));
        });
    }
}
