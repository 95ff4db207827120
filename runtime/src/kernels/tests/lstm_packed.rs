//! The LSTM of one sample with packed weights against the plain one, which golden vectors hold.

use super::{Numbers, assert_close, at_each_level, wide};
use crate::kernels::geometry::{Lstm, lstm_packed_len};
use crate::kernels::one;
use core::ptr::{null, null_mut};
use std::{format, vec};

#[test]
fn as_the_plain_one() {
    at_each_level(|| {
        for (inputs, hidden) in [(1, 1), (1, 16), (2, 24), (5, 7), (3, 64), (17, 40), (4, 33), (2, 8), (1, 29)] {
            for (time, reverse, states, bias) in [(1, false, true, true), (3, true, false, true), (4, false, true, false)] {
                let g =
                    Lstm { time, inputs, hidden, reverse, width: 2 * hidden, offset: if reverse { hidden } else { 0 }, row: 1 };
                let mut numbers = Numbers::new(hidden * 10 + time);
                let (x, w_ih, w_hh) =
                    (numbers.take(time * inputs), numbers.take(4 * hidden * inputs), numbers.take(4 * hidden * hidden));
                let (b_ih, b_hh) = (numbers.take(4 * hidden), numbers.take(4 * hidden));
                let (mut h, mut c) = (numbers.take(2 * hidden), numbers.take(2 * hidden));
                let (mut h2, mut c2) = (h.clone(), c.clone());
                let (mut y, mut gates, mut cells) =
                    (vec![0.0; time * 2 * hidden], vec![0.0; time * 4 * hidden], vec![0.0; time * hidden]);
                let (mut y2, mut cells2) = (y.clone(), cells.clone());
                let mut packed = vec![f32::NAN; lstm_packed_len(&g)];
                let or = |there: bool, at: *const f32| if there { at } else { null() };
                let or_mut = |there: bool, at: *mut f32| if there { at } else { null_mut() };
                // SAFETY: buffers are as long as the geometry says; states after stand where those before do.
                unsafe {
                    let (w_ih, w_hh) = (w_ih.as_ptr(), w_hh.as_ptr());
                    let (b_ih, b_hh) = (or(bias, b_ih.as_ptr()), or(bias, b_hh.as_ptr()));
                    let (h, c) = (or_mut(states, h.as_mut_ptr()), or_mut(states, c.as_mut_ptr()));
                    let (gates, cells) = (gates.as_mut_ptr(), cells.as_mut_ptr());
                    let y = y.as_mut_ptr();
                    one::lstm_forward(&g, x.as_ptr(), h, c, w_ih, w_hh, b_ih, b_hh, y, h, c, gates, cells, null_mut());
                    one::lstm_pack(&g, w_ih, w_hh, b_ih, b_hh, packed.as_mut_ptr());
                    let (h, c) = (or_mut(states, h2.as_mut_ptr()), or_mut(states, c2.as_mut_ptr()));
                    let (y, cells) = (y2.as_mut_ptr(), cells2.as_mut_ptr());
                    one::lstm_forward_packed(&g, x.as_ptr(), h, c, packed.as_ptr(), y, h, c, cells);
                }
                for (what, found, wanted) in [("y", &y2, &y), ("h", &h2, &h), ("c", &c2, &c)] {
                    assert_close(wide(found), wide(wanted), inputs + hidden, &format!("{what} of {g:?}"));
                }
            }
        }
    });
}
