//! Upsampling: the nearest position, linear interpolation, and a bed of nails. (Interpolation goes down to fewer positions as well.)

mod sources;

use crate::simd::Vector;
use fireclay_ir::div;
use fireclay_ir::geometry::Upsample;
use sources::{BLOCK, Between, Linear, Nearest};

/// Adds to a position.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn add<V: Vector>(row: *mut f32, at: usize, v: V) {
    // SAFETY: the caller's promise.
    unsafe {
        let to = row.add(at * V::WIDTH);
        V::load(to).add(v).store(to);
    }
}

#[inline(always)]
unsafe fn upsample_nearest_forward<V: Vector>(g: &Upsample, x: *const f32, y: *mut f32) {
    let (rows, columns) = (Nearest::new(g.height, g.out_height), Nearest::new(g.width, g.out_width));
    let mut table = [0; BLOCK];
    for from in (0..g.out_width).step_by(BLOCK) {
        let sources = columns.block(from, g.out_width, &mut table);
        for c in 0..g.channels {
            let mut above = usize::MAX;
            for oy in 0..g.out_height {
                let iy = rows.of(oy);
                // SAFETY: the caller's promise; sources are positions of x.
                unsafe {
                    let to = y.add(((c * g.out_height + oy) * g.out_width + from) * V::WIDTH);
                    if iy == above {
                        // As the row above, which is still in the cache.
                        core::ptr::copy_nonoverlapping(to.sub(g.out_width * V::WIDTH), to, sources.len() * V::WIDTH);
                        continue;
                    }
                    above = iy;
                    let row = x.add((c * g.height + iy) * g.width * V::WIDTH);
                    for (i, source) in sources.iter().enumerate() {
                        V::load(row.add(*source as usize * V::WIDTH)).store(to.add(i * V::WIDTH));
                    }
                }
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn upsample_nearest_backward<V: Vector>(g: &Upsample, dy: *const f32, dx: *mut f32, accumulate: bool) {
    let (rows, columns) = (Nearest::new(g.height, g.out_height), Nearest::new(g.width, g.out_width));
    let mut table = [0; BLOCK];
    // SAFETY: the caller's promise; sources are positions of x.
    unsafe {
        if !accumulate {
            dx.write_bytes(0, g.channels * g.height * g.width * V::WIDTH);
        }
        for from in (0..g.out_width).step_by(BLOCK) {
            let sources = columns.block(from, g.out_width, &mut table);
            for c in 0..g.channels {
                for oy in 0..g.out_height {
                    let row = dx.add((c * g.height + rows.of(oy)) * g.width * V::WIDTH);
                    let dy = dy.add(((c * g.out_height + oy) * g.out_width + from) * V::WIDTH);
                    // Neighbors with one source are added up before they go there.
                    let (mut at, mut sum) = (sources[0], V::splat(0.0));
                    for (i, source) in sources.iter().enumerate() {
                        if *source != at {
                            add(row, at as usize, sum);
                            (at, sum) = (*source, V::splat(0.0));
                        }
                        sum = sum.add(V::load(dy.add(i * V::WIDTH)));
                    }
                    add(row, at as usize, sum);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn upsample_bilinear_forward<V: Vector>(g: &Upsample, x: *const f32, y: *mut f32) {
    let mut columns = Linear::new(g.width, g.out_width, g.align_corners);
    let mut table = [Between::NOTHING; BLOCK];
    for from in (0..g.out_width).step_by(BLOCK) {
        let sources = columns.block(from, g.out_width, &mut table);
        for c in 0..g.channels {
            let mut rows = Linear::new(g.height, g.out_height, g.align_corners);
            for oy in 0..g.out_height {
                let Between { at: [above, below], shares } = rows.advance();
                // SAFETY: the caller's promise; sources are positions of x.
                unsafe {
                    let row = |iy: u32| x.add((c * g.height + iy as usize) * g.width * V::WIDTH);
                    let (above, below) = (row(above), row(below));
                    let down = [V::splat(shares[0]), V::splat(shares[1])];
                    let to = y.add(((c * g.out_height + oy) * g.out_width + from) * V::WIDTH);
                    for (i, source) in sources.iter().enumerate() {
                        let [left, right] = [source.at[0] as usize * V::WIDTH, source.at[1] as usize * V::WIDTH];
                        let across = [V::splat(source.shares[0]), V::splat(source.shares[1])];
                        let left = V::load(below.add(left)).mul_add(down[1], V::load(above.add(left)).mul(down[0]));
                        let right = V::load(below.add(right)).mul_add(down[1], V::load(above.add(right)).mul(down[0]));
                        right.mul_add(across[1], left.mul(across[0])).store(to.add(i * V::WIDTH));
                    }
                }
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn upsample_bilinear_backward<V: Vector>(g: &Upsample, dy: *const f32, dx: *mut f32, accumulate: bool) {
    let mut columns = Linear::new(g.width, g.out_width, g.align_corners);
    let mut table = [Between::NOTHING; BLOCK];
    // SAFETY: the caller's promise; sources are positions of x.
    unsafe {
        let zero = V::splat(0.0);
        if !accumulate {
            dx.write_bytes(0, g.channels * g.height * g.width * V::WIDTH);
        }
        for from in (0..g.out_width).step_by(BLOCK) {
            let sources = columns.block(from, g.out_width, &mut table);
            for c in 0..g.channels {
                let mut rows = Linear::new(g.height, g.out_height, g.align_corners);
                for oy in 0..g.out_height {
                    let Between { at: [above, below], shares } = rows.advance();
                    let [above, below] = [above, below].map(|iy| dx.add((c * g.height + iy as usize) * g.width * V::WIDTH));
                    let down = [V::splat(shares[0]), V::splat(shares[1])];
                    let dy = dy.add(((c * g.out_height + oy) * g.out_width + from) * V::WIDTH);
                    // The sums of the two columns between which results lie go to memory when the results have passed them.
                    let mut at = sources[0].at;
                    let (mut left, mut right) = ([zero; 2], [zero; 2]);
                    for (i, source) in sources.iter().enumerate() {
                        if source.at[0] != at[0] {
                            add(above, at[0] as usize, left[0]);
                            add(below, at[0] as usize, left[1]);
                            if source.at[0] == at[1] {
                                left = right;
                            } else {
                                add(above, at[1] as usize, right[0]);
                                add(below, at[1] as usize, right[1]);
                                left = [zero; 2];
                            }
                            (at, right) = (source.at, [zero; 2]);
                        }
                        let d = V::load(dy.add(i * V::WIDTH));
                        let across = [V::splat(source.shares[0]), V::splat(source.shares[1])];
                        for side in 0..2 {
                            let d = d.mul(down[side]);
                            left[side] = d.mul_add(across[0], left[side]);
                            right[side] = d.mul_add(across[1], right[side]);
                        }
                    }
                    for (at, side) in at.into_iter().zip([left, right]) {
                        add(above, at as usize, side[0]);
                        add(below, at as usize, side[1]);
                    }
                }
            }
        }
    }
}

/// The factors down and across.
#[inline(always)]
fn factors(g: &Upsample) -> [usize; 2] {
    [div(g.out_height, g.height), div(g.out_width, g.width)]
}

#[inline(always)]
unsafe fn bed_of_nails_forward<V: Vector>(g: &Upsample, x: *const f32, y: *mut f32) {
    let [down, across] = factors(g);
    let row = g.out_width * V::WIDTH;
    // SAFETY: the caller's promise.
    unsafe {
        for iy in 0..g.channels * g.height {
            let (from, to) = (x.add(iy * g.width * V::WIDTH), y.add(iy * down * row));
            to.write_bytes(0, down * row);
            for ix in 0..g.width {
                V::load(from.add(ix * V::WIDTH)).store(to.add(ix * across * V::WIDTH));
            }
        }
    }
}

#[cfg(feature = "train")]
#[inline(always)]
unsafe fn bed_of_nails_backward<V: Vector>(g: &Upsample, dy: *const f32, dx: *mut f32, accumulate: bool) {
    let [down, across] = factors(g);
    // SAFETY: the caller's promise.
    unsafe {
        for iy in 0..g.channels * g.height {
            let (from, to) = (dy.add(iy * down * g.out_width * V::WIDTH), dx.add(iy * g.width * V::WIDTH));
            for ix in 0..g.width {
                let (d, to) = (V::load(from.add(ix * across * V::WIDTH)), to.add(ix * V::WIDTH));
                if accumulate { V::load(to).add(d).store(to) } else { d.store(to) }
            }
        }
    }
}

fireclay_ir::upsample_kernels!(declared);
