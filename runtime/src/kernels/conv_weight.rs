//! Weight gradients of convolutions: for each weight the sum over positions and samples of input × output gradient.
//!
//! Accumulators stay vectors over all positions; lanes are added once, at the end.

use super::conv::Conv;
use super::gather::blocks;
use crate::simd::Vector;

/// Positions of one tap: output rows and columns whose windows have it on the input.
struct Reach {
    oy: (usize, usize),
    ox: (usize, usize),
    /// Of x, for the first output.
    iy: usize,
    ix: usize,
}

/// Adds the gradient of `B` filters × `J` channels at one tap.
#[inline(always)]
unsafe fn tile<V: Vector, const B: usize, const J: usize>(
    g: &Conv,
    r: &Reach,
    x: *const f32,
    dy: *const f32,
    dweight: *mut f32,
    (w_filter, w_channel): (usize, usize),
) {
    let (x_map, y_map) = (g.height * g.width * V::WIDTH, g.out_height * g.out_width * V::WIDTH);
    let x_step = g.stride[1] * V::WIDTH;
    // SAFETY: the caller's promise; the reach stays inside both maps.
    unsafe {
        let mut acc = [[V::splat(0.0); J]; B];
        for oy in r.oy.0..r.oy.1 {
            let iy = r.iy + (oy - r.oy.0) * g.stride[0];
            let mut x = x.add((iy * g.width + r.ix) * V::WIDTH);
            let mut dy = dy.add((oy * g.out_width + r.ox.0) * V::WIDTH);
            for _ in r.ox.0..r.ox.1 {
                let inputs: [V; J] = core::array::from_fn(|j| V::load(x.wrapping_add(j * x_map)));
                for (b, acc) in acc.iter_mut().enumerate() {
                    let d = V::load(dy.wrapping_add(b * y_map));
                    for (acc, input) in acc.iter_mut().zip(inputs) {
                        *acc = d.mul_add(input, *acc);
                    }
                }
                x = x.wrapping_add(x_step);
                dy = dy.wrapping_add(V::WIDTH);
            }
        }
        for (b, row) in acc.into_iter().enumerate() {
            for (j, v) in row.into_iter().enumerate() {
                *dweight.add(b * w_filter + j * w_channel) += v.sum();
            }
        }
    }
}

/// Adds the weight gradient.
///
/// # Safety
/// Pointers are valid for the geometry.
#[inline(always)]
pub(super) unsafe fn add_weight_gradient<V: Vector>(g: &Conv, x: *const f32, dy: *const f32, dweight: *mut f32) {
    let (inputs, outputs) = (g.channels / g.groups, g.filters / g.groups);
    let (x_map, y_map) = (g.height * g.width * V::WIDTH, g.out_height * g.out_width * V::WIDTH);
    let (rows, cols) = (g.rows(), g.cols());
    let strides = (inputs * g.area(), g.area());
    // SAFETY: the caller's promise.
    unsafe {
        for group in 0..g.groups {
            let (x, dy) = (x.add(group * inputs * x_map), dy.add(group * outputs * y_map));
            let dweight = dweight.add(group * outputs * inputs * g.area());
            for ky in 0..g.kernel[0] {
                for kx in 0..g.kernel[1] {
                    let (oy, ox) = (rows.outputs(ky), cols.outputs(kx));
                    if oy.0 >= oy.1 || ox.0 >= ox.1 {
                        continue;
                    }
                    let iy = oy.0 * rows.stride + ky * rows.dilation - rows.pad;
                    let ix = ox.0 * cols.stride + kx * cols.dilation - cols.pad;
                    let reach = Reach { oy, ox, iy, ix };
                    let dweight = dweight.add(ky * g.kernel[1] + kx);
                    let mut i = 0;
                    while i < inputs {
                        let x = x.add(i * x_map);
                        let three = V::ACCUMULATORS >= 12 && inputs - i >= 3;
                        let two = V::ACCUMULATORS >= 6 && inputs - i >= 2;
                        let to = dweight.add(i * g.area());
                        let mut o = 0;
                        while o < outputs {
                            let (dy, to) = (dy.add(o * y_map), to.add(o * strides.0));
                            let left = outputs - o;
                            o += if three && left >= 4 {
                                tile::<V, 4, 3>(g, &reach, x, dy, to, strides);
                                4
                            } else if three {
                                tile::<V, 1, 3>(g, &reach, x, dy, to, strides);
                                1
                            } else if two && left >= 3 {
                                tile::<V, 3, 2>(g, &reach, x, dy, to, strides);
                                3
                            } else if two {
                                tile::<V, 1, 2>(g, &reach, x, dy, to, strides);
                                1
                            } else if V::ACCUMULATORS >= 6 && left >= 6 {
                                tile::<V, 6, 1>(g, &reach, x, dy, to, strides);
                                6
                            } else if left >= 2 {
                                tile::<V, 2, 1>(g, &reach, x, dy, to, strides);
                                2
                            } else {
                                tile::<V, 1, 1>(g, &reach, x, dy, to, strides);
                                1
                            };
                        }
                        i += if three { 3 } else if two { 2 } else { 1 };
                    }
                }
            }
        }
    }
}

/// Adds to each of `channels` numbers the sum of its map of `size` vectors.
///
/// # Safety
/// Pointers are valid for that.
#[inline(always)]
pub(super) unsafe fn add_sums<V: Vector>(channels: usize, size: usize, maps: *const f32, to: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        blocks!(V, channels, |from, B| {
            let mut acc = [V::splat(0.0); B];
            for i in 0..size {
                for (b, acc) in acc.iter_mut().enumerate() {
                    *acc = acc.add(V::load(maps.add(((from + b) * size + i) * V::WIDTH)));
                }
            }
            for (b, acc) in acc.into_iter().enumerate() {
                *to.add(from + b) += acc.sum();
            }
        });
    }
}
