//! Direct sums in `chwn16` for tiles whose transforms overflow or meet a number that is not finite.
//!
//! The transforms mix all inputs of a tile, and multiply them by up to 100 and products by up to 361 before these cancel. So an infinity, a NaN or
//! a number whose multiple overflows spreads to results that do not depend on it. It does not get lost: results that do depend on it have a
//! share of it by the algebra (what an input adds to a result is a tap times that input, so it comes through at least one product whose factors
//! are not zero), and no sum or product makes a finite number of it. So it is enough to look at a
//! tile's results: where one is not finite, all of them are computed here.

use crate::kernels::conv::direct::sums::DirectConv;
use crate::kernels::register_blocks::Start;
use crate::simd::LANES;
#[cfg(feature = "train")]
use fireclay_ir::geometry::Conv;
#[cfg(feature = "train")]
use fireclay_ir::sizes::WINOGRAD_OUT as OUT;

type Lanes = [f32; LANES];

/// The results of one channel at `count` rows and columns from `from` on, each `step` after the one before.
///
/// # Safety
/// As for the convolution that `g` describes, of one group.
#[cold]
#[inline(never)]
pub(super) unsafe fn direct_tile(g: &DirectConv, channel: usize, from: [usize; 2], step: [usize; 2], count: [usize; 2]) {
    let (map, to_map) = (g.rows.sources() * g.cols.sources(), g.rows.results() * g.cols.results());
    for place in 0..count[0] * count[1] {
        let (row, col) = (from[0] + place / count[1] * step[0], from[1] + place % count[1] * step[1]);
        let (down, across) = (g.rows.taps(row), g.cols.taps(col));
        // SAFETY: the caller's promise; taps meet sources that there are.
        unsafe {
            let to = g.to.add((channel * to_map + row * g.cols.results() + col) * LANES).cast::<Lanes>();
            let mut sums = match g.start {
                Start::Zero => [0.0; LANES],
                Start::There => to.read(),
                Start::Bias(bias) => [*bias.add(channel); LANES],
            };
            for source in 0..g.sources {
                for (i, j) in (0..down.len).flat_map(|i| (0..across.len).map(move |j| (i, j))) {
                    let tap = (down.tap + i * down.tap_step) * g.cols.kernel + across.tap + j * across.tap_step;
                    let weight = *g.weight.add(source * g.w_source + channel * g.w_result + tap);
                    let row = down.at.wrapping_add(i.wrapping_mul(down.at_step));
                    let col = across.at.wrapping_add(j.wrapping_mul(across.at_step));
                    let x = g.source.add((source * map + row * g.cols.sources() + col) * LANES).cast::<Lanes>().read();
                    for lane in 0..LANES {
                        sums[lane] += weight * x[lane];
                    }
                }
            }
            to.write(sums);
        }
    }
}

/// The weight gradient of one channel and up to sixteen filters over `count` tiles from `begin` on: `[tap][16]`.
///
/// # Safety
/// As for the convolution; `to` holds sixteen floats for each tap.
#[cfg(feature = "train")]
#[cold]
#[inline(never)]
pub(super) unsafe fn direct_taps(
    g: &Conv,
    (x, dy): (*const f32, *const f32),
    channel: usize,
    [filter, filters]: [usize; 2],
    (begin, count): ([usize; 2], usize),
    to: *mut f32,
) {
    let dy_map = g.out_height * g.out_width;
    for tap in 0..g.area() {
        let mut sums = [0.0_f64; LANES];
        let [mut row, mut col] = begin;
        for _ in 0..count {
            for place in 0..OUT * OUT {
                let [y, x_of] = [row + place / OUT, col + place % OUT];
                let above = (y * g.stride[0] + tap / g.kernel[1]).wrapping_sub(g.pad[0]);
                let beside = (x_of * g.stride[1] + tap % g.kernel[1]).wrapping_sub(g.pad[1]);
                if y >= g.out_height || x_of >= g.out_width || above >= g.height || beside >= g.width {
                    continue;
                }
                // SAFETY: the caller's promise, and both positions are inside.
                unsafe {
                    let x = x.add(((channel * g.height + above) * g.width + beside) * LANES).cast::<Lanes>().read();
                    for (n, sum) in sums.iter_mut().enumerate().take(filters) {
                        let dy = dy.add(((filter + n) * dy_map + y * g.out_width + x_of) * LANES).cast::<Lanes>().read();
                        for lane in 0..LANES {
                            *sum += f64::from(x[lane] * dy[lane]);
                        }
                    }
                }
            }
            [row, col] = if col + OUT < g.out_width { [row, col + OUT] } else { [row + OUT, 0] };
        }
        for (n, sum) in sums.iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { *to.add(tap * LANES + n) = *sum as f32 };
        }
    }
}
