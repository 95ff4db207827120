//! Upsampling, as PyTorch's.

use super::{Numbers, WIDTHS, at_each_level, thinned};
use crate::kernels::geometry::Upsample;
use std::format;
use std::string::String;
use std::vec;

/// A result of one channel: its position, and the sources with their shares.
type Result = (usize, Vec<(usize, f64)>);

/// The sources of a result along one axis.
type Sources = fn(usize, usize, usize) -> Vec<(usize, f64)>;

fn nearest(o: usize, n: usize, m: usize) -> Vec<(usize, f64)> {
    vec![(((o as f32 * (n as f32 / m as f32)) as usize).min(n - 1), 1.0)]
}

fn between(place: f64, n: usize) -> Vec<(usize, f64)> {
    let place = place.max(0.0);
    let (first, share) = (place as usize, place.fract());
    vec![(first.min(n - 1), 1.0 - share), ((first + 1).min(n - 1), share)]
}

fn linear(o: usize, n: usize, m: usize) -> Vec<(usize, f64)> {
    between((o as f64 + 0.5) * n as f64 / m as f64 - 0.5, n)
}

fn aligned(o: usize, n: usize, m: usize) -> Vec<(usize, f64)> {
    between(if m == 1 { 0.0 } else { o as f64 * (n - 1) as f64 / (m - 1) as f64 }, n)
}

fn nails(o: usize, n: usize, m: usize) -> Vec<(usize, f64)> {
    let factor = m / n;
    if o.is_multiple_of(factor) { vec![(o / factor, 1.0)] } else { Vec::new() }
}

fn results(g: &Upsample, sources: Sources) -> Vec<Result> {
    let mut all = Vec::new();
    for at in 0..g.out_height * g.out_width {
        let rows = sources(at / g.out_width, g.height, g.out_height);
        let columns = sources(at % g.out_width, g.width, g.out_width);
        let pairs = rows.iter().flat_map(|(iy, a)| columns.iter().map(move |(ix, b)| (iy * g.width + ix, a * b)));
        all.push((at, pairs.collect()));
    }
    all
}

/// Larger and smaller, in more columns than a table holds, from and to one position.
fn geometries(align_corners: bool) -> Vec<Upsample> {
    let sizes = [
        [1, 1, 1, 1],
        [3, 4, 6, 8],
        [3, 3, 9, 9],
        [4, 5, 7, 8],
        [1, 1, 3, 5],
        [7, 9, 1, 1],
        [9, 8, 4, 3],
        [5, 13, 6, 300],
        [2, 300, 3, 17],
        [2, 130, 2, 260],
    ];
    let all = sizes.map(|[height, width, out_height, out_width]| Upsample {
        channels: 2,
        height,
        width,
        out_height,
        out_width,
        align_corners,
    });
    thinned(all.into_iter().filter(|g| !cfg!(miri) || g.width * g.out_width < 100).collect(), 4)
}

fn nailed() -> Vec<Upsample> {
    let all = [[1, 1, 1, 1], [3, 4, 6, 12], [2, 5, 2, 20], [5, 1, 15, 1]];
    let of = |[height, width, out_height, out_width]: [usize; 4]| Upsample {
        channels: 3,
        height,
        width,
        out_height,
        out_width,
        align_corners: false,
    };
    all.map(of).to_vec()
}

fn for_each(geometries: &[Upsample], sources: Sources, test: impl Fn(&Upsample, usize, &[Result], &str)) {
    at_each_level(|| {
        for g in geometries {
            let results = results(g, sources);
            for width in WIDTHS {
                let what: String = format!("{:?}, {g:?}, width {width}", crate::simd::Level::current());
                test(g, width, &results, &what);
            }
        }
    });
}

/// Calls a kernel by its name.
macro_rules! forward {
    ($name:ident, $geometries:expr, $sources:expr) => {
        for_each($geometries, $sources, |g, width, results, what| {
            let x = Numbers::new(1).take(g.channels * g.height * g.width * width);
            let mut y = vec![f32::NAN; g.channels * g.out_height * g.out_width * width];
            call!(width, $name(g, x.as_ptr(), y.as_mut_ptr()));
            let mut wanted = vec![f64::NAN; y.len()];
            for at in 0..y.len() {
                let (c, position, lane) = (at / width / results.len(), at / width % results.len(), at % width);
                let from = |i: &usize| f64::from(x[(c * g.height * g.width + i) * width + lane]);
                wanted[at] = results[position].1.iter().map(|(i, share)| from(i) * share).sum();
            }
            super::assert_close(super::wide(&y), wanted, 4, what);
        });
    };
}

#[test]
fn forward() {
    forward!(upsample_nearest_forward, &geometries(false), nearest);
    forward!(upsample_bilinear_forward, &geometries(false), linear);
    forward!(upsample_bilinear_forward, &geometries(true), aligned);
    forward!(bed_of_nails_forward, &nailed(), nails);
}

macro_rules! backward {
    ($name:ident, $geometries:expr, $sources:expr) => {
        for_each($geometries, $sources, |g, width, results, what| {
            let dy = Numbers::new(2).take(g.channels * g.out_height * g.out_width * width);
            let mut wanted = vec![0.0; g.channels * g.height * g.width * width];
            for (at, dy) in dy.iter().enumerate() {
                let (c, position, lane) = (at / width / results.len(), at / width % results.len(), at % width);
                for (i, share) in &results[position].1 {
                    wanted[(c * g.height * g.width + i) * width + lane] += f64::from(*dy) * share;
                }
            }
            // Few positions get the gradients of many.
            let terms = 4 + 4 * results.len() / (g.height * g.width);
            super::assert_gradient(&wanted, terms, what, |dx, accumulate| {
                call!(width, $name(g, dy.as_ptr(), dx, accumulate));
            });
        });
    };
}

#[test]
fn backward() {
    backward!(upsample_nearest_backward, &geometries(false), nearest);
    backward!(upsample_bilinear_backward, &geometries(false), linear);
    backward!(upsample_bilinear_backward, &geometries(true), aligned);
    backward!(bed_of_nails_backward, &nailed(), nails);
}
