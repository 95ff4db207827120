//! What convolutions are held to: plain sums in f64, made once for all kernels and instruction sets.

use crate::kernels::geometry::Conv;
use crate::sample;
use core::cell::OnceCell;
use core::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::vec;

/// Calls `visit(x, y, weight)` with the places of all products.
pub(super) fn products(g: &Conv, mut visit: impl FnMut(usize, usize, usize)) {
    let (inputs, outputs) = (g.channels / g.groups, g.filters / g.groups);
    let (sizes, outs) = ([g.height, g.width], [g.out_height, g.out_width]);
    // The positions of y along an axis at which a tap meets an input: o · stride + tap · dilation - pad is one.
    let meets = |axis: usize, tap: usize| {
        let at = tap * g.dilation[axis];
        let first = g.pad[axis].saturating_sub(at).div_ceil(g.stride[axis]);
        first..(sizes[axis] + g.pad[axis]).saturating_sub(at).div_ceil(g.stride[axis]).min(outs[axis])
    };
    for f in 0..g.filters {
        for c in 0..inputs {
            let channel = f / outputs * inputs + c;
            for ky in 0..g.kernel[0] {
                for kx in 0..g.kernel[1] {
                    let w = ((f * inputs + c) * g.kernel[0] + ky) * g.kernel[1] + kx;
                    for oy in meets(0, ky) {
                        let iy = oy * g.stride[0] + ky * g.dilation[0] - g.pad[0];
                        for ox in meets(1, kx) {
                            let ix = ox * g.stride[1] + kx * g.dilation[1] - g.pad[1];
                            visit((channel * g.height + iy) * g.width + ix, (f * g.out_height + oy) * g.out_width + ox, w);
                        }
                    }
                }
            }
        }
    }
}

/// By lane and direction.
type ByLane = BTreeMap<(usize, bool), Rc<[f64]>>;

/// Sums of one case; who asks again has the same numbers.
#[derive(Default)]
pub(super) struct Sums {
    values: RefCell<ByLane>,
    weight: OnceCell<Vec<f64>>,
}

impl Sums {
    /// y from x, or (not `forward`) x from y, of one lane.
    pub fn of(&self, g: &Conv, from: &[f32], weight: &[f32], lane: usize, width: usize, forward: bool) -> Rc<[f64]> {
        let make = || {
            let to = if forward { g.filters * g.out_height * g.out_width } else { g.channels * g.height * g.width };
            let (from, mut sums) = (sample(from, lane, width), vec![0.0; to]);
            products(g, |x, y, w| {
                let weight = f64::from(weight[w]);
                if forward { sums[y] += weight * from[x] } else { sums[x] += weight * from[y] }
            });
            sums.into()
        };
        Rc::clone(self.values.borrow_mut().entry((lane, forward)).or_insert_with(make))
    }

    /// The gradient of the weight.
    pub fn of_weight(&self, g: &Conv, x: &[f32], dy: &[f32], width: usize) -> &[f64] {
        self.weight.get_or_init(|| {
            let mut sums = vec![0.0; g.filters * g.channels / g.groups * g.area()];
            let numbers = |values: &[f32]| -> Vec<f64> { values.iter().map(|v| f64::from(*v)).collect() };
            let (x, dy) = (numbers(x), numbers(dy));
            products(g, |i, o, w| {
                let (x, dy) = (&x[i * width..][..width], &dy[o * width..][..width]);
                sums[w] += x.iter().zip(dy).map(|(x, dy)| x * dy).sum::<f64>();
            });
            sums
        })
    }
}
