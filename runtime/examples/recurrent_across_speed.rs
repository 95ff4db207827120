//! How fast an LSTM trains over all samples of a batch at once: the share of the multiply-adds that one core has, for each kernel and number of samples.
//!
//! `cargo run --release -p fireclay-runtime --example recurrent_across_speed [part of a name]`; `FIRECLAY_SIMD=avx2` lowers the instruction set.

mod speed;

use fireclay_runtime::kernels::geometry::{CellKind, Dense, Recurrent, rows_scratch};
use fireclay_runtime::kernels::{Samples, Share, across};
use fireclay_runtime::simd::Level;
use speed::{aligned, peak, speed};
use std::ptr::{null, null_mut};

fn main() {
    let only = std::env::args().nth(1).unwrap_or_default();
    let peak = peak();
    println!("{:?}, GFLOP/s of a core: {peak:.0?}", Level::current());
    let show = |name: &str, macs: usize, run: &mut dyn FnMut()| {
        if name.contains(&only) {
            let gflops = speed(macs, run);
            println!("{name:<44} {gflops:7.1} GFLOP/s {:8.3} ms", 2.0 * macs as f64 / gflops / 1e6);
        }
    };
    for (inputs, hidden, time) in [(64, 256, 64), (32, 64, 32)] {
        let g = Recurrent { cell: CellKind::Lstm, time, inputs, hidden, reverse: false, width: hidden, offset: 0, row: 0 };
        let n = g.gates();
        for count in [1, 2, 3, 4, 6, 8, 12, 15] {
            let of = |len: usize| (Samples { count, step: len + 16 }, aligned(count * (len + 16)));
            let [(xs, x), (_, dx)] = [0; 2].map(|_| of(time * inputs));
            let [(ys, y), (_, dy)] = [0; 2].map(|_| of(time * hidden));
            let [(own, gates), (_, dgates), (_, saved), (_, dh), (_, dc)] = [0; 5].map(|_| of(time * n));
            let [w_ih, dw_ih] = [0; 2].map(|_| aligned(n * inputs));
            let [w_hh, dw_hh] = [0; 2].map(|_| aligned(n * hidden));
            let [b_ih, b_hh, db_ih, db_hh] = [0; 4].map(|_| aligned(n));
            let scratch = aligned(g.across_scratch());
            let share = Share { index: 0, shares: 1 };
            let (no, none) = (null(), null_mut());
            let name = |what: &str| format!("{inputs} -> {hidden}, {count} samples, {what}");
            let (of_x, of_h) = (count * time * n * inputs, count * time * n * hidden);
            // SAFETY: buffers are as long as the geometry says.
            show(&name("input"), of_x, &mut || unsafe {
                across::recurrent_across_input(&g, xs, x, w_ih, b_ih, b_hh, own, gates, scratch, share);
            });
            // SAFETY: the same.
            show(&name("forward"), of_h, &mut || unsafe {
                across::lstm_across_forward(
                    &g, own, no, own, no, w_hh, b_hh, ys, y, own, none, own, none, own, gates, saved, scratch, share,
                );
            });
            // SAFETY: the same.
            show(&name("backward"), of_h, &mut || unsafe {
                across::lstm_across_backward(
                    &g, own, no, w_hh, ys, no, ys, dy, own, no, own, no, own, gates, saved, dgates, none, dh, dc, scratch, share,
                );
            });
            // SAFETY: the same.
            show(&name("weight"), of_x + of_h, &mut || unsafe {
                across::recurrent_across_backward_weight(
                    &g, xs, x, own, no, ys, y, own, dgates, no, dw_ih, dw_hh, db_ih, db_hh, scratch, share,
                );
            });
            // SAFETY: the same.
            show(&name("gradient of x"), of_x, &mut || unsafe {
                across::recurrent_across_backward_input(&g, own, dgates, w_ih, xs, dx, false, scratch, share);
            });
            let (d, weight, dweight) =
                (Dense { rows: time, inputs: hidden, outputs: 96 }, aligned(96 * hidden), aligned(96 * hidden));
            let ((os, o), scratch) = (of(time * 96), aligned(rows_scratch(hidden)));
            let macs = count * time * hidden * 96;
            // SAFETY: the same.
            show(&name("dense"), 3 * macs, &mut || unsafe {
                across::dense_rows_across_forward(&d, ys, y, weight, no, os, o, scratch, share);
                across::dense_rows_across_backward_weight(&d, ys, y, os, o, dweight, none, scratch, share);
                across::dense_rows_across_backward_input(&d, os, o, weight, ys, dy, false, scratch, share);
            });
        }
    }
}
