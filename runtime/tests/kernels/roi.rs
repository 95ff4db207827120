//! Pools over regions: against loops as torchvision's.

use super::{Numbers, WIDTHS, at_each_level};
use crate::kernels::geometry::{Roi, roi_align_scratch, roi_pool_scratch};
use std::format;
use std::string::String;
use std::vec;

/// Corners in the coordinates of an image eight times as large as the map: on it, beyond it, of one position, of none, the wrong way round.
const REGIONS: [[f32; 4]; 9] = [
    [0.0, 0.0, 40.0, 30.0],
    [9.0, 17.0, 33.0, 50.0],
    [-30.0, -14.0, 21.0, 18.0],
    [25.0, 11.0, 200.0, 90.0],
    [16.0, 16.0, 16.0, 16.0],
    [300.0, 300.0, 320.0, 320.0],
    [31.0, 27.0, 12.0, 5.0],
    [1.0, 2.0, 3.5, 2.5],
    [-1e9, -1e9, 1e9, 1e9],
];

struct Case {
    g: Roi,
    width: usize,
    x: Vec<f32>,
    rois: Vec<f32>,
    dy: Vec<f32>,
    what: String,
}

impl Case {
    fn region(&self, region: usize, lane: usize) -> [f32; 4] {
        [0, 1, 2, 3].map(|i| self.rois[(region * 4 + i) * self.width + lane])
    }

    /// The position of x.
    fn at(&self, c: usize, [iy, ix]: [usize; 2], lane: usize) -> usize {
        ((c * self.g.height + iy) * self.g.width + ix) * self.width + lane
    }

    /// For every result its position in y, its region, the bin, the channel and the lane.
    fn for_each(&self, mut f: impl FnMut(usize, [f32; 4], [usize; 2], usize, usize)) {
        let g = &self.g;
        for at in 0..self.dy.len() {
            let (lane, bin) = (at % self.width, at / self.width % (g.out_height * g.out_width));
            let map = at / self.width / (g.out_height * g.out_width);
            f(at, self.region(map / g.channels, lane), [bin / g.out_width, bin % g.out_width], map % g.channels, lane);
        }
    }
}

fn for_each_case(test: impl Fn(&Case)) {
    at_each_level(|| {
        for [height, width, out_height, out_width, sampling, aligned] in
            [[5, 6, 2, 3, 0, 0], [7, 9, 3, 2, 2, 1], [4, 5, 7, 7, 0, 1], [1, 1, 2, 2, 3, 0], [6, 40, 1, 5, 1, 1]]
        {
            let g = Roi {
                regions: REGIONS.len(),
                // More than a vector of them, and fewer.
                channels: if height == 5 { 19 } else { 3 },
                height,
                width,
                out_height,
                out_width,
                scale: 0.125,
                sampling,
                aligned: aligned == 1,
            };
            for width in WIDTHS {
                let mut numbers = Numbers::new(height);
                let x = numbers.take(g.channels * g.height * g.width * width);
                // Each lane has them in another order.
                let mut rois = vec![0.0; REGIONS.len() * 4 * width];
                for (i, roi) in rois.iter_mut().enumerate() {
                    *roi = REGIONS[(i / width / 4 + i % width) % REGIONS.len()][i / width % 4];
                }
                let dy = numbers.take(g.regions * g.channels * g.out_height * g.out_width * width);
                test(&Case { g, width, x, rois, dy, what: format!("{g:?}, width {width}") });
            }
        }
    });
}

/// The rows and columns of a bin.
fn bin(c: &Case, [x1, y1, x2, y2]: [f32; 4], [oy, ox]: [usize; 2]) -> Vec<[usize; 2]> {
    let side = |first: f32, last: f32, o: usize, bins: usize, size: usize| {
        let (start, end) = ((first * c.g.scale).round() as i64, (last * c.g.scale).round() as i64);
        let bin = (end - start + 1).max(1) as f32 / bins as f32;
        let on = |at: f32| (at as i64 + start).clamp(0, size as i64) as usize;
        on((o as f32 * bin).floor())..on(((o + 1) as f32 * bin).ceil())
    };
    let columns = side(x1, x2, ox, c.g.out_width, c.g.width);
    side(y1, y2, oy, c.g.out_height, c.g.height).flat_map(|iy| columns.clone().map(move |ix| [iy, ix])).collect()
}

/// The largest number of a bin, and where it stands.
fn largest(c: &Case, region: [f32; 4], at: [usize; 2], channel: usize, lane: usize) -> (f32, Option<usize>) {
    let mut best = (f32::MIN, None);
    let cells = bin(c, region, at);
    for cell in &cells {
        let at = c.at(channel, *cell, lane);
        if c.x[at] > best.0 {
            best = (c.x[at], Some(at));
        }
    }
    if cells.is_empty() { (0.0, None) } else { best }
}

/// The largest numbers and their places.
fn pooled(c: &Case) -> (Vec<f32>, Vec<f32>) {
    let (mut y, mut indices) = (vec![f32::NAN; c.dy.len()], vec![0.0; c.dy.len()]);
    let mut scratch = vec![f32::NAN; roi_pool_scratch(&c.g) * c.width];
    let (x, rois, to) = (c.x.as_ptr(), c.rois.as_ptr(), y.as_mut_ptr());
    call!(c.width, roi_pool_forward(&c.g, x, rois, to, indices.as_mut_ptr(), scratch.as_mut_ptr()));
    (y, indices)
}

#[test]
fn pool_forward() {
    for_each_case(|c| {
        let (y, indices) = pooled(c);
        c.for_each(|at, region, bin, channel, lane| {
            let (best, from) = largest(c, region, bin, channel, lane);
            assert_eq!(y[at], best, "{}: number {at} of {region:?}", c.what);
            let place = indices[at].to_bits();
            let there =
                (place != u32::MAX).then(|| c.at(channel, [place as usize / c.g.width, place as usize % c.g.width], lane));
            assert_eq!(there, from, "{}: the place of number {at} of {region:?}", c.what);
        });
        let mut alone = vec![f32::NAN; c.dy.len()];
        let mut scratch = vec![f32::NAN; roi_pool_scratch(&c.g) * c.width];
        let (x, rois, to, none) = (c.x.as_ptr(), c.rois.as_ptr(), alone.as_mut_ptr(), core::ptr::null_mut());
        call!(c.width, roi_pool_forward(&c.g, x, rois, to, none, scratch.as_mut_ptr()));
        assert_eq!(alone, y, "{}: without places", c.what);
    });
}

#[test]
fn pool_backward() {
    for_each_case(|c| {
        let mut wanted = vec![0.0; c.x.len()];
        c.for_each(|at, region, bin, channel, lane| {
            if let Some(from) = largest(c, region, bin, channel, lane).1 {
                wanted[from] += f64::from(c.dy[at]);
            }
        });
        let (_, indices) = pooled(c);
        super::assert_gradient(&wanted, 60, &c.what, |dx, accumulate| {
            call!(c.width, roi_pool_backward(&c.g, indices.as_ptr(), c.dy.as_ptr(), dx, accumulate));
        });
    });
}

/// The four positions around each point of a bin, with their shares of the mean.
fn points(c: &Case, [x1, y1, x2, y2]: [f32; 4], [oy, ox]: [usize; 2]) -> Vec<([usize; 2], f64)> {
    let g = &c.g;
    let side = |first: f32, last: f32, o: usize, bins: usize, size: usize| {
        let offset = if g.aligned { 0.5 } else { 0.0 };
        let (start, end) = (first * g.scale - offset, last * g.scale - offset);
        let len = if g.aligned { end - start } else { (end - start).max(1.0) };
        let bin = len / bins as f32;
        let points = if g.sampling > 0 { g.sampling } else { bin.ceil().max(0.0) as usize };
        let mut shares: Vec<(usize, f64)> = Vec::new();
        // Of a region of all the world those that are on the map: the others lie whole positions away.
        for i in 0..points.min(1 << 10) {
            let place = start + o as f32 * bin + (i as f32 + 0.5) * bin / points as f32;
            if place < -1.0 || place > size as f32 {
                continue;
            }
            let place = f64::from(place.max(0.0));
            let at = (place as usize).min(size - 1);
            let share = if at + 1 < size { place - at as f64 } else { 0.0 };
            shares.extend([(at, 1.0 - share), ((at + 1).min(size - 1), share)]);
        }
        (shares, points)
    };
    let (rows, down) = side(y1, y2, oy, g.out_height, g.height);
    let (columns, across) = side(x1, x2, ox, g.out_width, g.width);
    let count = (down as f64 * across as f64).max(1.0);
    let pairs = rows.iter().flat_map(|(iy, a)| columns.iter().map(move |(ix, b)| ([*iy, *ix], a * b / count)));
    pairs.collect()
}

/// Of the region of all the world next to nothing is on the map.
fn vanishes(region: [f32; 4]) -> bool {
    region[2] > 1e8
}

#[test]
fn align_forward() {
    for_each_case(|c| {
        let mut y = vec![f32::NAN; c.dy.len()];
        let mut scratch = vec![f32::NAN; roi_align_scratch(&c.g) * c.width];
        call!(c.width, roi_align_forward(&c.g, c.x.as_ptr(), c.rois.as_ptr(), y.as_mut_ptr(), scratch.as_mut_ptr()));
        let mut wanted = super::wide(&y);
        c.for_each(|at, region, bin, channel, lane| {
            if vanishes(region) {
                assert!(y[at].is_finite(), "{}: number {at}", c.what);
                return;
            }
            let shares = points(c, region, bin);
            wanted[at] = shares.iter().map(|(cell, share)| f64::from(c.x[c.at(channel, *cell, lane)]) * share).sum();
        });
        super::assert_close(super::wide(&y), wanted, 8, &c.what);
    });
}

#[test]
fn align_backward() {
    for_each_case(|c| {
        let (mut wanted, mut dy) = (vec![0.0; c.x.len()], c.dy.clone());
        c.for_each(|at, region, bin, channel, lane| {
            if vanishes(region) {
                dy[at] = 0.0;
                return;
            }
            for (cell, share) in points(c, region, bin) {
                wanted[c.at(channel, cell, lane)] += f64::from(dy[at]) * share;
            }
        });
        super::assert_gradient(&wanted, 60, &c.what, |dx, accumulate| {
            let mut scratch = vec![f32::NAN; roi_align_scratch(&c.g) * c.width];
            call!(c.width, roi_align_backward(&c.g, c.rois.as_ptr(), dy.as_ptr(), dx, accumulate, scratch.as_mut_ptr()));
        });
    });
}

/// What is no region at all reaches beyond nothing and takes no time.
#[test]
fn what_is_no_number() {
    let g =
        Roi { regions: 1, channels: 1, height: 3, width: 4, out_height: 2, out_width: 2, scale: 1.0, sampling: 0, aligned: true };
    let x = [1.0; 12];
    for corner in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for rois in [[corner; 4], [0.0, 0.0, corner, corner], [corner, corner, 2.0, 2.0]] {
            let (mut y, mut scratch) = ([f32::NAN; 4], vec![0.0; roi_align_scratch(&g).max(roi_pool_scratch(&g))]);
            call!(1, roi_align_forward(&g, x.as_ptr(), rois.as_ptr(), y.as_mut_ptr(), scratch.as_mut_ptr()));
            let (to, none) = (y.as_mut_ptr(), core::ptr::null_mut());
            call!(1, roi_pool_forward(&g, x.as_ptr(), rois.as_ptr(), to, none, scratch.as_mut_ptr()));
            assert!(y.iter().all(|y| [0.0, 1.0].contains(y)), "{rois:?}: {y:?}");
        }
    }
}
