//! What weight gradients in Winograd's form have in common, whatever their transforms: for each product a matrix product whose inner axis
//! is tiles × samples.
//!
//! dy is turned, so that sixteen filters lie in a vector and samples are numbers: then sums are blocks of channels × vectors of filters, and
//! no lanes are ever added. Tiles of dy do not overlap, unlike those of x: each of its numbers is turned once.

#[cfg(feature = "train")]
use super::gather::channel_blocks;
#[cfg(feature = "train")]
use super::winograd::Maps;
use super::winograd::OUT;
use crate::simd::LANES;
#[cfg(feature = "train")]
use crate::simd::Vector;

/// Sizes of such sums.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums {
    /// Products of a tile.
    products: usize,
    channels: usize,
    /// In whole vectors.
    filters: usize,
    /// Tiles at once.
    tiles: usize,
}

/// Where they lie in scratch.
#[cfg(feature = "train")]
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    /// `[product][channel][filter]`
    pub sums: *mut f32,
    /// x, transformed: `[product][tile][channel][sample]`
    pub inputs: *mut f32,
    /// dy, transformed: `[product][tile][sample][filter]`
    pub outputs: *mut f32,
    /// A tile of dy, turned: `[row][column][sample][filter]`, of one vector; and a row of it before that.
    pub turned: *mut f32,
}

impl Sums {
    pub const fn new(products: usize, channels: usize, filters: usize) -> Self {
        let filters = filters.next_multiple_of(LANES);
        // Floats of both sides that stay near, in the second-level cache of some machines; four tiles make sums long enough.
        const CACHE: usize = 9 << 15;
        let tiles = match CACHE.checked_div(products * LANES * (channels + filters)) {
            Some(0) | None => 1,
            Some(4..) => 4,
            Some(tiles) => tiles,
        };
        Self { products, channels, filters, tiles }
    }

    /// Tiles at once.
    #[cfg(feature = "train")]
    pub const fn tiles(&self) -> usize {
        self.tiles
    }

    /// Filters in whole vectors.
    #[cfg(feature = "train")]
    pub const fn filters(&self) -> usize {
        self.filters
    }

    /// Floats from one product to the next. A line more than there is, so that the products of a tile do not all meet in one set of the cache.
    pub const fn next(&self, side: usize) -> usize {
        (self.tiles * side + 1) * LANES
    }

    /// Floats of scratch.
    pub const fn floats(&self) -> usize {
        let sides = self.next(self.channels) + self.next(self.filters);
        self.products * (self.channels * self.filters + sides) + (OUT + 1) * OUT * LANES * LANES
    }

    /// Where everything lies.
    ///
    /// # Safety
    /// There are `floats` of scratch.
    #[cfg(feature = "train")]
    pub unsafe fn parts(&self, scratch: *mut f32) -> Parts {
        // SAFETY: the caller's promise.
        unsafe {
            let inputs = scratch.add(self.products * self.channels * self.filters);
            let outputs = inputs.add(self.products * self.next(self.channels));
            Parts { sums: scratch, inputs, outputs, turned: outputs.add(self.products * self.next(self.filters)) }
        }
    }
}

/// Sixteen filters of one tile of dy, turned; zero outside.
///
/// # Safety
/// The tile begins inside; `turned` holds [`Parts::turned`].
#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn turn_tile<V: Vector>(g: &Maps, [row, col]: [usize; 2], filter: usize, turned: *mut f32) {
    let (high, wide) = ((g.size[0] - row).min(OUT), (g.size[1] - col).min(OUT));
    let map = g.size[0] * g.size[1] * LANES;
    // SAFETY: the caller's promise; only what is inside is read.
    unsafe {
        let squares = turned.add(OUT * OUT * LANES * LANES);
        // Filters that there are not are zero.
        let filters = (g.channels - filter).min(LANES);
        for j in 0..OUT {
            squares.add((j * LANES + filters) * LANES).write_bytes(0, (LANES - filters) * LANES);
        }
        for i in 0..OUT {
            let turned = turned.add(i * OUT * LANES * LANES);
            if i < high {
                let line = g.at.add(filter * map + ((row + i) * g.size[1] + col) * LANES);
                for f in 0..filters {
                    for j in 0..wide {
                        V::load(line.add(f * map + j * LANES)).store(squares.add((j * LANES + f) * LANES));
                    }
                }
            }
            for j in 0..OUT {
                let turned = turned.add(j * LANES * LANES);
                if i < high && j < wide {
                    V::turn(squares.add(j * LANES * LANES), turned, LANES);
                } else {
                    turned.write_bytes(0, LANES * LANES);
                }
            }
        }
    }
}

/// `B` channels × `N` vectors of filters of one product, over all tiles at hand.
#[cfg(feature = "train")]
#[inline(always)]
unsafe fn block<V: Vector, const B: usize, const N: usize>(
    g: &Sums,
    (tiles, first): (usize, bool),
    x: *const f32,
    dy: *const f32,
    to: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc = [[V::splat(0.0); N]; B];
        let (mut x, mut dy) = (x, dy);
        for _ in 0..tiles {
            for sample in 0..LANES {
                let mut d = [V::splat(0.0); N];
                for n in 0..N {
                    d[n] = V::load(dy.add(n * LANES));
                }
                for b in 0..B {
                    let input = V::splat(*x.add(b * LANES + sample));
                    for n in 0..N {
                        acc[b][n] = input.mul_add(d[n], acc[b][n]);
                    }
                }
                dy = dy.wrapping_add(g.filters);
            }
            x = x.wrapping_add(g.channels * LANES);
        }
        for b in 0..B {
            for n in 0..N {
                let to = to.add(b * g.filters + n * LANES);
                // Sums of sums: their rounding is a fraction of that of one long sum.
                let sum = if first { acc[b][n] } else { acc[b][n].add(V::load(to)) };
                sum.store(to);
            }
        }
    }
}

/// Adds to the sums what some tiles, transformed, give; the first ones are the sums.
///
/// # Safety
/// `parts` are of these sums.
#[cfg(feature = "train")]
#[inline(always)]
pub(super) unsafe fn add_tiles<V: Vector>(g: &Sums, parts: &Parts, tiles: usize, first: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        for p in 0..g.products {
            let x = parts.inputs.add(p * g.next(g.channels)).cast_const();
            let dy = parts.outputs.add(p * g.next(g.filters)).cast_const();
            let sums = parts.sums.add(p * g.channels * g.filters);
            for filter in (0..g.filters).step_by(LANES) {
                let (dy, to) = (dy.add(filter), sums.add(filter));
                let mut from = 0;
                while const { V::ACCUMULATORS >= 16 } && from + 16 <= g.channels {
                    block::<V, 16, 1>(g, (tiles, first), x.add(from * LANES), dy, to.add(from * g.filters));
                    from += 16;
                }
                channel_blocks!(V, g.channels - from, |channel, B| {
                    let channel = from + channel;
                    block::<V, B, 1>(g, (tiles, first), x.add(channel * LANES), dy, to.add(channel * g.filters));
                });
            }
        }
    }
}
