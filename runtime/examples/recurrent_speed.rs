//! How fast recurrent layers are: which share of the multiply-adds that one core has their training and their steps use, best of several runs.
//!
//! `cargo run --release -p fireclay-runtime --example recurrent_speed [part of a name]`; `FIRECLAY_SIMD=avx2` lowers the instruction set.

use fireclay_runtime::kernels::geometry::{CellKind, Recurrent, recurrent_packed_len};
use fireclay_runtime::kernels::{chw, chwn16};
use fireclay_runtime::simd::{LANES, Level};
use std::hint::black_box;
use std::ptr::{null, null_mut};
use std::time::Instant;

/// As aligned as the memory of networks is.
fn aligned(len: usize) -> *mut f32 {
    let floats = vec![0.0_f32; len + LANES].leak();
    for (i, number) in floats.iter_mut().enumerate() {
        *number = ((i * 7919 % 1013) as f32 / 1013.0 - 0.5) * 0.2;
    }
    let first = floats.as_ptr().align_offset(LANES * size_of::<f32>());
    floats[first..].as_mut_ptr()
}

/// GFLOP/s of `run`, which takes so many multiply-adds.
fn speed(macs: usize, mut run: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    let begin = Instant::now();
    let repeat = (1_000_000 / macs).max(1);
    while begin.elapsed().as_secs_f64() < 0.2 {
        let start = Instant::now();
        for _ in 0..repeat {
            run();
        }
        best = best.min(start.elapsed().as_secs_f64() / repeat as f64);
    }
    2.0 * macs as f64 / best / 1e9
}

/// GFLOP/s of multiply-adds that meet nothing but registers; `None` where that is not measured.
#[cfg(target_arch = "x86_64")]
fn peak() -> Option<f64> {
    use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps, _mm512_fmadd_ps, _mm512_set1_ps};
    const TIMES: usize = 100_000;
    const CHAINS: usize = 12;
    macro_rules! run {
        ($features:literal, $splat:ident, $fma:ident) => {{
            #[target_feature(enable = $features)]
            fn run() {
                let (factor, mut sums) = ($splat(black_box(0.5)), [$splat(black_box(1.0)); CHAINS]);
                for _ in 0..TIMES {
                    for sum in &mut sums {
                        *sum = $fma(*sum, factor, factor);
                    }
                }
                black_box(sums);
            }
            run
        }};
    }
    let (width, run): (usize, unsafe fn()) = match Level::current() {
        Level::Avx512 => (16, run!("avx512f", _mm512_set1_ps, _mm512_fmadd_ps)),
        Level::Avx2 => (8, run!("avx2,fma", _mm256_set1_ps, _mm256_fmadd_ps)),
        _ => return None,
    };
    // SAFETY: the level was found on this machine.
    Some(speed(TIMES * CHAINS * width, || unsafe { run() }))
}

#[cfg(not(target_arch = "x86_64"))]
fn peak() -> Option<f64> {
    None
}

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
                chwn16::$forward(&g, x, null(), null(), w_ih, w_hh, b_ih, b_hh, y, none, none, gates, saved, panels);
                chwn16::$backward(&g, null(), w_hh, gates, saved, y, dy, null(), null(), dgates, dgates_h, dh, dc, panels);
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
                chw::$forward_packed(&g, x, h, c, packed, y, h, c, states);
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
