//! How fast recurrent layers are: which share of the multiply-adds that one core has their training and their steps use, best of several runs.
//!
//! `cargo run --release -p fireclay-runtime --example recurrent_speed [part of a name]`; `FIRECLAY_SIMD=avx2` lowers the instruction set.

mod speed;

use fireclay_runtime::kernels::geometry::{CellKind, Recurrent, recurrent_packed_len};
use fireclay_runtime::kernels::{chw, chwn16};
use fireclay_runtime::simd::{LANES, Level};
use speed::{aligned, peak, speed};
use std::ptr::{null, null_mut};

/// One layer: forward, backward, the gradients of weights and x, of sixteen samples. And a step of one sample.
macro_rules! cell {
    ($name:literal, $kind:ident, $forward:ident, $backward:ident, $forward_packed:ident, $show:expr) => {{
        let geometry = |time, inputs, hidden| Recurrent {
            cell: CellKind::$kind,
            time,
            inputs,
            hidden,
            reverse: false,
            width: hidden,
            offset: 0,
            row: 0,
        };
        for (inputs, hidden, time) in [(64, 256, 64), (64, 128, 64), (32, 64, 32)] {
            let g = geometry(time, inputs, hidden);
            let (n, side) = (g.gates(), |len: usize| aligned(len * LANES));
            let [x, dx] = [0; 2].map(|_| side(time * inputs));
            let [y, dy, saved] = [0; 3].map(|_| side(time * hidden));
            let [gates, dgates, dgates_h] = [0; 3].map(|_| side(time * n));
            let [dh, dc] = [0; 2].map(|_| side(hidden));
            let [w_ih, dw_ih] = [0; 2].map(|_| aligned(n * inputs));
            let [w_hh, dw_hh] = [0; 2].map(|_| aligned(n * hidden));
            let [b_ih, b_hh, db_ih, db_hh] = [0; 4].map(|_| aligned(n));
            let (panels, scratch) = (aligned(g.panels()), aligned(g.weight_scratch()));
            let macs = 3 * LANES * time * n * (inputs + hidden);
            let none = null_mut();
            // SAFETY: buffers are as long as the geometry says.
            $show(&format!("{} {inputs} -> {hidden}, training {time} steps", $name), macs, &mut || unsafe {
                chwn16::$forward(&g, x, null(), null(), null(), w_ih, w_hh, b_ih, b_hh, y, none, none, gates, saved, panels);
                chwn16::$backward(
                    &g,
                    null(),
                    null(),
                    w_hh,
                    gates,
                    saved,
                    y,
                    dy,
                    null(),
                    null(),
                    dgates,
                    dgates_h,
                    dh,
                    dc,
                    none,
                    panels,
                );
                chwn16::recurrent_backward_weight(&g, x, null(), y, dgates, dgates_h, dw_ih, dw_hh, db_ih, db_hh, scratch);
                chwn16::recurrent_backward_input(&g, dgates, w_ih, dx, false);
            });
        }
        for (inputs, hidden) in [(8, 24), (16, 40), (32, 64), (64, 128), (64, 256)] {
            let g = geometry(1, inputs, hidden);
            let n = g.gates();
            let (w_ih, w_hh, packed) = (aligned(n * inputs), aligned(n * hidden), aligned(recurrent_packed_len(&g)));
            let [b_ih, b_hh] = [0; 2].map(|_| aligned(n));
            let (x, [y, h, c, states]) = (aligned(inputs), [0; 4].map(|_| aligned(hidden)));
            // SAFETY: the same.
            unsafe { chw::recurrent_pack(&g, w_ih, w_hh, b_ih, b_hh, packed) };
            let macs = n * (inputs + hidden);
            // SAFETY: the same.
            $show(&format!("{} {inputs} -> {hidden}, one step", $name), macs, &mut || unsafe {
                chw::$forward_packed(&g, x, h, c, null(), packed, y, h, c, states);
            });
        }
    }};
}

fn main() {
    let only = std::env::args().nth(1).unwrap_or_default();
    let peak = peak();
    println!("{:?}, at most {:.1} GFLOP/s", Level::current(), peak.unwrap_or(f64::NAN));
    let show = |name: &str, macs: usize, run: &mut dyn FnMut()| {
        if name.contains(&only) {
            let speed = speed(macs, run);
            let share = peak.map_or_else(String::new, |peak| format!(", {:3.0} %", 100.0 * speed / peak));
            println!("{name:40} {speed:6.1} GFLOP/s{share}, {:.2} µs", 2e-3 * macs as f64 / speed);
        }
    };
    cell!("lstm", Lstm, lstm_forward, lstm_backward, lstm_forward_packed, show);
    cell!("gru", Gru, gru_forward, gru_backward, gru_forward_packed, show);
    cell!("rnn", RnnTanh, rnn_tanh_forward, rnn_tanh_backward, rnn_tanh_forward_packed, show);
}
