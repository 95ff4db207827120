//! Pools, as PyTorch's.

use super::{Numbers, WIDTHS, at_each_level, thinned};
use crate::kernels::geometry::Pool;
use std::format;
use std::string::String;
use std::vec;

/// One axis as PyTorch has it: sizes of x and y, kernel, stride, padding before and after, dilation.
struct Axis {
    input: usize,
    output: usize,
    kernel: usize,
    stride: usize,
    pad: [usize; 2],
    dilation: usize,
}

impl Axis {
    fn new(input: usize, kernel: usize, stride: usize, pad: [usize; 2], dilation: usize, ceil: bool) -> Option<Self> {
        let extent = dilation * (kernel - 1) + 1;
        let room = (input + pad[0] + pad[1]).checked_sub(extent)?;
        let mut output = if ceil { room.div_ceil(stride) } else { room / stride } + 1;
        // The last window begins inside, or in the padding before.
        if (output - 1) * stride >= input + pad[0] {
            output -= 1;
        }
        let axis = Self { input, output, kernel, stride, pad, dilation };
        let sees = |o: usize| (0..kernel).any(|k| axis.place(o, k).is_some_and(|i| i < input));
        (pad[0].max(pad[1]) <= extent / 2 && (0..output).all(sees)).then_some(axis)
    }

    /// The position that tap k of window o meets, `None` in the padding before.
    fn place(&self, o: usize, k: usize) -> Option<usize> {
        (o * self.stride + k * self.dilation).checked_sub(self.pad[0])
    }
}

fn pool(channels: usize, rows: &Axis, cols: &Axis, count_pad: bool) -> Pool {
    Pool {
        channels,
        height: rows.input,
        width: cols.input,
        out_height: rows.output,
        out_width: cols.output,
        kernel: [rows.kernel, cols.kernel],
        stride: [rows.stride, cols.stride],
        pad: [rows.pad[0], cols.pad[0]],
        pad_after: [rows.pad[1], cols.pad[1]],
        dilation: [rows.dilation, cols.dilation],
        count_pad,
        adaptive: false,
    }
}

fn geometries() -> Vec<Pool> {
    let square = |input, kernel, stride, pad, ceil, count_pad| {
        let axis = Axis::new(input, kernel, stride, [pad; 2], 1, ceil).unwrap();
        pool(3, &axis, &axis, count_pad)
    };
    let mut all = vec![
        square(28, 2, 2, 0, false, false),
        square(7, 7, 1, 0, false, true),
        square(7, 2, 2, 0, true, true), // the last window hangs over
        square(8, 3, 2, 1, true, true), // and partly over the padding after
        square(1, 1, 1, 0, false, false),
    ];
    let mut numbers = Numbers::new(3);
    let mut pick = |from: &[usize]| from[numbers.next() as usize % from.len()];
    while all.len() < 200 {
        let (ceil, count_pad) = (pick(&[0, 1]) == 1, pick(&[0, 1]) == 1);
        let mut axis = || {
            let (input, kernel) = (pick(&[1, 2, 3, 4, 5, 8, 11]), pick(&[1, 2, 3, 4, 5]));
            let (stride, dilation) = (pick(&[1, 2, 3, 4]), pick(&[1, 1, 2, 3]));
            Axis::new(input, kernel, stride, [pick(&[0, 1, 2]), pick(&[0, 1, 2])], dilation, ceil)
        };
        let (Some(rows), Some(cols)) = (axis(), axis()) else { continue };
        all.push(pool(pick(&[1, 2, 3]), &rows, &cols, count_pad));
    }
    for [height, width, out_height, out_width] in
        [[7, 8, 2, 3], [6, 6, 3, 3], [1, 1, 1, 1], [5, 9, 1, 1], [4, 3, 5, 7], [11, 70, 4, 69]]
    {
        let (rows, cols) =
            (Axis::new(height, 1, 1, [0; 2], 1, false).unwrap(), Axis::new(width, 1, 1, [0; 2], 1, false).unwrap());
        all.push(Pool { out_height, out_width, adaptive: true, ..pool(2, &rows, &cols, true) });
    }
    // Over time, with features that fill vectors of one sample.
    let (rows, cols) = (Axis::new(9, 3, 2, [1; 2], 1, false).unwrap(), Axis::new(32, 1, 1, [0; 2], 1, false).unwrap());
    all.push(pool(1, &rows, &cols, true));
    // Small ones under Miri.
    all.retain(|g| !cfg!(miri) || g.channels * g.height * g.width < 60);
    thinned(all, 6)
}

/// A window of one channel.
struct Window {
    /// The position of y.
    y: usize,
    /// Where the channel begins in x.
    map: usize,
    /// The positions of the channel that it sees, in order.
    sees: Vec<usize>,
    divisor: f64,
}

fn windows(g: &Pool) -> Vec<Window> {
    let mut all = Vec::new();
    for y in 0..g.channels * g.out_height * g.out_width {
        let (c, oy, ox) = (y / g.out_width / g.out_height, y / g.out_width % g.out_height, y % g.out_width);
        let (mut sees, mut counted) = (Vec::new(), 0);
        if g.adaptive {
            let of = |o: usize, n: usize, m: usize| o * n / m..((o + 1) * n).div_ceil(m);
            let cells = of(oy, g.height, g.out_height).flat_map(|iy| of(ox, g.width, g.out_width).map(move |ix| [iy, ix]));
            sees = cells.map(|[iy, ix]| iy * g.width + ix).collect();
            all.push(Window { y, map: c * g.height * g.width, divisor: sees.len() as f64, sees });
            continue;
        }
        for ky in 0..g.kernel[0] {
            for kx in 0..g.kernel[1] {
                // Counted from the beginning of the padding.
                let (py, px) = (oy * g.stride[0] + ky * g.dilation[0], ox * g.stride[1] + kx * g.dilation[1]);
                counted += usize::from(py < g.pad[0] + g.height + g.pad_after[0] && px < g.pad[1] + g.width + g.pad_after[1]);
                let (Some(iy), Some(ix)) = (py.checked_sub(g.pad[0]), px.checked_sub(g.pad[1])) else { continue };
                if iy < g.height && ix < g.width {
                    sees.push(iy * g.width + ix);
                }
            }
        }
        let divisor = if g.count_pad { counted } else { sees.len() } as f64;
        all.push(Window { y, map: c * g.height * g.width, sees, divisor });
    }
    all
}

struct Case {
    g: Pool,
    width: usize,
    windows: Vec<Window>,
    x: Vec<f32>,
    dy: Vec<f32>,
    what: String,
}

fn for_each_case(test: impl Fn(&Case)) {
    at_each_level(|| {
        for (seed, g) in geometries().into_iter().enumerate() {
            for width in WIDTHS {
                let mut numbers = Numbers::new(seed);
                let mut x = numbers.take(g.channels * g.height * g.width * width);
                // Few different numbers, for ties; in some cases the largest and NaN beside them.
                x.iter_mut().for_each(|x| *x = (*x * 4.0).round() / 4.0);
                if seed % 3 == 0 {
                    for x in &mut x {
                        *x = match numbers.next() % 24 {
                            0 | 1 => f32::NAN,
                            2 => f32::INFINITY,
                            3..6 => f32::NEG_INFINITY,
                            _ => *x,
                        };
                    }
                }
                test(&Case {
                    windows: windows(&g),
                    x,
                    dy: numbers.take(g.channels * g.out_height * g.out_width * width),
                    what: format!("{:?}, {g:?}, width {width}", crate::simd::Level::current()),
                    g,
                    width,
                });
            }
        }
    });
}

impl Case {
    /// The largest of a window and where it stands: PyTorch's loop.
    fn largest(&self, w: &Window, lane: usize) -> (f32, usize) {
        let (mut best, mut at) = (f32::NEG_INFINITY, w.sees[0]);
        for i in &w.sees {
            let value = self.x[(w.map + i) * self.width + lane];
            if value > best || value.is_nan() {
                (best, at) = (value, *i);
            }
        }
        (best, at)
    }

    fn for_each_result(&self, mut f: impl FnMut(&Window, usize, usize)) {
        for w in &self.windows {
            for lane in 0..self.width {
                f(w, lane, w.y * self.width + lane);
            }
        }
    }
}

#[test]
fn max_forward() {
    for_each_case(|c| {
        let [mut y, mut with] = [(); 2].map(|()| vec![-7.0; c.dy.len()]);
        let mut indices = vec![u32::MAX; c.dy.len()];
        call!(c.width, max_pool_forward(&c.g, c.x.as_ptr(), y.as_mut_ptr()));
        call!(c.width, max_pool_indices_forward(&c.g, c.x.as_ptr(), with.as_mut_ptr(), indices.as_mut_ptr()));
        c.for_each_result(|w, lane, at| {
            let (best, index) = c.largest(w, lane);
            for found in [y[at], with[at]] {
                assert!(found == best || found.is_nan() && best.is_nan(), "{}: number {at} is {found}, not {best}", c.what);
            }
            assert_eq!(indices[at] as usize, index, "{}: index {at}", c.what);
        });
    });
}

#[test]
fn max_backward() {
    for_each_case(|c| {
        let mut wanted = vec![0.0; c.x.len()];
        c.for_each_result(|w, lane, at| wanted[(w.map + c.largest(w, lane).1) * c.width + lane] += f64::from(c.dy[at]));
        super::assert_gradient(&wanted, 9, &c.what, |dx, accumulate| {
            call!(c.width, max_pool_backward(&c.g, c.x.as_ptr(), c.dy.as_ptr(), dx, accumulate));
        });
    });
}

#[test]
fn avg_forward() {
    for_each_case(|c| {
        let mut y = vec![f32::NAN; c.dy.len()];
        let x: Vec<f32> = c.x.iter().map(|x| if x.is_finite() { *x } else { 0.3 }).collect();
        call!(c.width, avg_pool_forward(&c.g, x.as_ptr(), y.as_mut_ptr()));
        let mut wanted = vec![f64::NAN; y.len()];
        c.for_each_result(|w, lane, at| {
            wanted[at] = w.sees.iter().map(|i| f64::from(x[(w.map + i) * c.width + lane])).sum::<f64>() / w.divisor;
        });
        super::assert_close(super::wide(&y), wanted, 9, &c.what);
    });
}

#[test]
fn avg_backward() {
    for_each_case(|c| {
        let mut wanted = vec![0.0; c.x.len()];
        c.for_each_result(|w, lane, at| {
            w.sees.iter().for_each(|i| wanted[(w.map + i) * c.width + lane] += f64::from(c.dy[at]) / w.divisor);
        });
        super::assert_gradient(&wanted, 9, &c.what, |dx, accumulate| {
            call!(c.width, avg_pool_backward(&c.g, c.dy.as_ptr(), dx, accumulate));
        });
    });
}

/// 7 columns, windows of 2 with stride 2 and one of padding on each side, rounded up: -1 0 | 1 2 | 3 4 | 5 6.
/// 6 columns: -1 0 | 1 2 | 3 4 | 5 and the padding after.
#[test]
fn divisors_as_pytorch() {
    for (input, kernel, pad, count_pad, wanted) in [
        (7, 2, [1, 1], true, vec![0.5, 1.0, 1.0, 1.0]),
        (6, 2, [1, 1], true, vec![0.5, 1.0, 1.0, 0.5]),
        (6, 2, [1, 1], false, vec![1.0; 4]),
        // The last window hangs over what padding there is: it is cut there.
        (6, 3, [0, 0], true, vec![1.0, 1.0, 1.0]),
        (6, 3, [1, 1], true, vec![2.0 / 3.0, 1.0, 1.0, 0.5]),
    ] {
        let (one, axis) = (Axis::new(1, 1, 1, [0; 2], 1, false).unwrap(), Axis::new(input, kernel, 2, pad, 1, true).unwrap());
        let g = pool(1, &one, &axis, count_pad);
        let mut y = vec![f32::NAN; wanted.len()];
        assert_eq!(g.out_width, y.len());
        call!(1, avg_pool_forward(&g, vec![1.0; input].as_ptr(), y.as_mut_ptr()));
        super::assert_close(super::wide(&y), wanted, 1, &format!("{g:?}"));
    }
}
