//! What is not finite, or so large that a transform overflows, by Winograd's algorithms: as in direct sums.

use super::chw16c::{Pack, Scratched, pooled};
use crate::kernels::geometry::{
    Conv, conv_chw16c_len, conv_winograd_chw16c_len, conv_winograd_chw16c_scratch, conv_winograd_row_len,
    conv_winograd_row_scratch, winograd_scratch,
};
use crate::kernels::{Share, chw, chwn16};
use crate::simd::LANES;
use crate::{EMULATED, Numbers, at_each_level, chw16c, thinned};
use core::ptr::null;
use std::vec;

/// Of which the last ones are finite, and so are direct sums that they are in.
const ODD: [f32; 6] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e38, -1e38, 3e37];

fn geometry(kernel: [usize; 2], stride: usize, [channels, filters]: [usize; 2], size: [usize; 2], pad: [usize; 2]) -> Conv {
    let out = |i: usize| (size[i] + 2 * pad[i] - kernel[i]) / stride + 1;
    Conv {
        channels,
        height: size[0],
        width: size[1],
        filters,
        out_height: out(0),
        out_width: out(1),
        kernel,
        stride: [stride; 2],
        pad,
        dilation: [1; 2],
        groups: 1,
    }
}

/// For F(4×4, 3×3) and F(4×4, 2×2), odd sizes among them, with more tiles and filters than are taken at once.
fn geometries() -> Vec<Conv> {
    let all = vec![
        geometry([3, 3], 1, [16, 16], [12, 12], [1, 1]),
        geometry([3, 3], 1, [3, 18], [5, 7], [0, 1]),
        geometry([3, 3], 1, [5, 2], [9, 4], [2, 0]),
        geometry([4, 4], 2, [16, 16], [12, 12], [1, 1]),
        geometry([4, 4], 2, [3, 18], [9, 7], [0, 1]),
        geometry([3, 3], 1, [40, 35], [17, 18], [1, 1]),
    ];
    // The first ones say most; under emulation each takes minutes.
    let all = if EMULATED { all.into_iter().take(4).collect() } else { all };
    thinned(all, 1)
}

/// Not finite in the same places, and close elsewhere: to what is usual there, or to what is large where something is.
#[track_caller]
pub(super) fn assert_alike(found: &[f32], wanted: &[f32], odd: f32, what: &str) {
    assert_eq!(found.len(), wanted.len());
    let finite = wanted.iter().filter(|w| w.is_finite());
    let largest = finite.fold(0.0_f32, |most, w| most.max(w.abs()));
    let bound = if odd.is_finite() { 1e-5 * largest.max(10.0) } else { 1e-3 };
    assert!(odd.is_finite() || largest < 1e4, "{what}: {largest}");
    for (i, (f, w)) in found.iter().zip(wanted).enumerate() {
        let alike = if w.is_finite() { (f - w).abs() <= bound } else { !f.is_finite() && f.is_nan() == w.is_nan() };
        assert!(alike, "{what}, {odd}: number {i} is {f}, not {w}");
    }
}

/// Calls `test(odd, numbers, place)` with one odd number in the first place, in the last one, and between.
pub(super) fn with_odd(numbers: &[f32], test: impl Fn(f32, &[f32])) {
    let places = [0, numbers.len() / 2 + 5, numbers.len() - 1];
    for (i, odd) in ODD.into_iter().enumerate() {
        let mut numbers = numbers.to_vec();
        numbers[places[i % 3]] = odd;
        test(odd, &numbers);
        numbers[places[(i + 1) % 3]] = odd;
        test(odd, &numbers);
    }
}

struct Case {
    x: Vec<f32>,
    y: Vec<f32>,
    weight: Vec<f32>,
}

impl Case {
    fn new(g: &Conv) -> Self {
        let mut numbers = Numbers::new(g.channels + g.width);
        Self {
            x: numbers.take(g.channels * g.height * g.width * LANES),
            y: numbers.take(g.filters * g.out_height * g.out_width * LANES),
            weight: numbers.take(g.filters * g.channels * g.area()),
        }
    }
}

/// A convolution in lanes against the direct one, with odd numbers in its source and in its weight.
fn check_lanes(
    g: &Conv,
    source: &[f32],
    weight: &[f32],
    to: usize,
    direct: impl Fn(*const f32, *const f32, *mut f32),
    minimal: impl Fn(*const f32, *const f32, *mut f32),
) {
    let check = |odd: f32, source: &[f32], weight: &[f32], what: &str| {
        // What is there already, for those that add.
        let [mut wanted, mut found] = [0; 2].map(|_| Numbers::new(9).take(to));
        direct(source.as_ptr(), weight.as_ptr(), wanted.as_mut_ptr());
        minimal(source.as_ptr(), weight.as_ptr(), found.as_mut_ptr());
        assert_alike(&found, &wanted, odd, &format!("{what} of {g:?}"));
    };
    with_odd(source, |odd, source| check(odd, source, weight, "source"));
    with_odd(weight, |odd, weight| check(odd, source, weight, "weight"));
}

#[test]
fn forward() {
    at_each_level(|| {
        for g in geometries() {
            let Case { x, y, weight } = Case::new(&g);
            let bias = Numbers::new(4).take(g.filters);
            let scratch = || vec![f32::NAN; winograd_scratch(&g)];
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                check_lanes(
                    &g,
                    &x,
                    &weight,
                    y.len(),
                    |x, w, y| chwn16::conv_forward(&g, x, w, bias.as_ptr(), y),
                    |x, w, y| chwn16::conv_winograd_forward(&g, x, w, bias.as_ptr(), y, scratch().as_mut_ptr()),
                );
                check_lanes(
                    &g,
                    &y,
                    &weight,
                    x.len(),
                    |y, w, x| chwn16::conv_transpose_forward(&g, y, w, null(), x),
                    |y, w, x| chwn16::conv_transpose_winograd_forward(&g, y, w, null(), x, scratch().as_mut_ptr()),
                );
            }
        }
    });
}

#[test]
fn backward_input() {
    at_each_level(|| {
        for (g, add) in geometries().into_iter().flat_map(|g| [(g, false), (g, true)]) {
            let Case { x, y, weight } = Case::new(&g);
            let scratch = || vec![f32::NAN; winograd_scratch(&g)];
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                check_lanes(
                    &g,
                    &y,
                    &weight,
                    x.len(),
                    |dy, w, dx| chwn16::conv_backward_input(&g, dy, w, dx, add),
                    |dy, w, dx| chwn16::conv_winograd_backward_input(&g, dy, w, dx, add, scratch().as_mut_ptr()),
                );
                check_lanes(
                    &g,
                    &x,
                    &weight,
                    y.len(),
                    |dy, w, dx| chwn16::conv_transpose_backward_input(&g, dy, w, dx, add),
                    |dy, w, dx| chwn16::conv_transpose_winograd_backward_input(&g, dy, w, dx, add, scratch().as_mut_ptr()),
                );
            }
        }
    });
}

#[test]
fn backward_weight() {
    use crate::kernels::geometry::winograd_weight_scratch;
    at_each_level(|| {
        for g in geometries() {
            let Case { x, y, weight } = Case::new(&g);
            let scratch = || vec![f32::NAN; winograd_weight_scratch(&g)];
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                check_lanes(
                    &g,
                    &x,
                    &y,
                    weight.len(),
                    |x, dy, dw| chwn16::conv_backward_weight(&g, x, dy, dw, core::ptr::null_mut()),
                    |x, dy, dw| {
                        chwn16::conv_winograd_backward_weight(&g, x, dy, dw, core::ptr::null_mut(), scratch().as_mut_ptr())
                    },
                );
                check_lanes(
                    &g,
                    &y,
                    &x,
                    weight.len(),
                    |x, dy, dw| chwn16::conv_transpose_backward_weight(&g, x, dy, dw, core::ptr::null_mut()),
                    |x, dy, dw| {
                        chwn16::conv_transpose_winograd_backward_weight(
                            &g,
                            x,
                            dy,
                            dw,
                            core::ptr::null_mut(),
                            scratch().as_mut_ptr(),
                        )
                    },
                );
            }
        }
    });
}

/// How many outputs one odd number reaches: sixteen filters of three by three positions.
#[test]
fn as_many_as_it_reaches() {
    at_each_level(|| {
        let g = geometry([3, 3], 1, [16, 16], [12, 12], [1, 1]);
        let Case { mut x, weight, y } = Case::new(&g);
        let place = (3 * 144 + 5 * 12 + 6) * LANES + 2;
        for (odd, reached) in [(f32::INFINITY, 144), (f32::NAN, 144), (1e38, 0)] {
            x[place] = odd;
            let (mut y, mut scratch) = (vec![0.0; y.len()], vec![f32::NAN; winograd_scratch(&g)]);
            let (x, weight) = (x.as_ptr(), weight.as_ptr());
            // SAFETY: buffers are as long as the geometry says.
            unsafe { chwn16::conv_winograd_forward(&g, x, weight, null(), y.as_mut_ptr(), scratch.as_mut_ptr()) };
            assert_eq!(y.iter().filter(|y| !y.is_finite()).count(), reached, "{odd}");
        }
    });
}

/// F(4×4, 3×3) of one sample, all of it.
unsafe fn winograd(
    g: &Conv,
    x: *const f32,
    packed: *const f32,
    weight: *const f32,
    add: *const f32,
    low: f32,
    y: *mut f32,
    scratch: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe { chw::conv_winograd_chw16c(g, x, packed, weight, add, low, y, scratch, Share::ALL) };
}

/// A kernel for one sample against the direct one, with all that may follow its sums; `pools`: it takes the largest of each 2×2.
fn check_one(g: &Conv, from_chw: bool, pools: bool, len: usize, size: usize, pack: Pack, kernel: Scratched) {
    let mut numbers = Numbers::new(g.channels + g.width);
    let (map, to_map) =
        (g.out_height * g.out_width, if pools { g.out_height / 2 * (g.out_width / 2) } else { g.out_height * g.out_width });
    let x = numbers.take(g.channels * g.height * g.width);
    let (weight, bias, add) =
        (numbers.take(g.filters * g.channels * g.area()), numbers.take(g.filters), numbers.take(g.filters * map));
    let check = |odd: f32, x: &[f32], weight: &[f32], what: &str| {
        for (low, adds) in [(f32::NEG_INFINITY, false), (0.0, !pools)] {
            let (mut packed, mut direct) = (vec![f32::NAN; len], vec![f32::NAN; conv_chw16c_len(g, false, false)]);
            let (vectors, added, mut scratch) = (chw16c(x, g.channels), chw16c(&add, g.filters), vec![f32::NAN; size]);
            let add = if adds { added.as_ptr() } else { null() };
            let [mut y, mut sums] = [to_map, map].map(|map| vec![f32::NAN; g.filters.next_multiple_of(LANES) * map]);
            let (mut found, mut wanted) = (vec![f32::NAN; g.filters * to_map], vec![f32::NAN; g.filters * map]);
            let (weight, bias) = (weight.as_ptr(), bias.as_ptr());
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                pack(g, weight, bias, packed.as_mut_ptr());
                chw::conv_chw16c_pack(g, weight, bias, direct.as_mut_ptr());
                let from = if from_chw { x.as_ptr() } else { vectors.as_ptr() };
                kernel(g, from, packed.as_ptr(), weight, add, low, y.as_mut_ptr(), scratch.as_mut_ptr());
                chw::chw16c_to_chw(g.filters, to_map, y.as_ptr(), found.as_mut_ptr());
                chw::conv_chw16c(g, vectors.as_ptr(), direct.as_ptr(), add, low, sums.as_mut_ptr(), Share::ALL);
                chw::chw16c_to_chw(g.filters, map, sums.as_ptr(), wanted.as_mut_ptr());
            }
            if pools {
                wanted = pooled(&wanted, [g.filters, g.out_height, g.out_width], low);
            }
            assert_alike(&found, &wanted, odd, &format!("{what} of {g:?}, pools {pools}, from_chw {from_chw}, from {low}"));
        }
    };
    with_odd(&x, |odd, x| check(odd, x, &weight, "x"));
    with_odd(&weight, |odd, weight| check(odd, &x, weight, "weight"));
}

#[test]
fn one_sample() {
    let all = thinned(
        vec![([16, 16], [12, 12], [1, 1]), ([5, 18], [7, 9], [0, 1]), ([20, 3], [9, 8], [1, 2]), ([20, 33], [22, 21], [1, 1])],
        1,
    );
    // As above.
    let all = &all[..if EMULATED { all.len().min(2) } else { all.len() }];
    at_each_level(|| {
        for (channels, size, pad) in all.iter().copied() {
            let g = geometry([3, 3], 1, channels, size, pad);
            let (len, scratch) = (conv_winograd_chw16c_len(&g), conv_winograd_chw16c_scratch(&g));
            check_one(&g, false, false, len, scratch, chw::conv_winograd_chw16c_pack, winograd);
            for (from_chw, pack, forward, pooling) in [
                (
                    false,
                    chw::conv_winograd_row_pack as Pack,
                    chw::conv_winograd_row as Scratched,
                    chw::conv_winograd_row_pooled as Scratched,
                ),
                (
                    true,
                    chw::conv_winograd_row_from_chw_pack,
                    chw::conv_winograd_row_from_chw,
                    chw::conv_winograd_row_from_chw_pooled,
                ),
            ] {
                for kernel in [[5, 5], [3, 5]] {
                    let g = geometry(kernel, 1, channels, size, pad);
                    let (len, scratch) = (conv_winograd_row_len(&g, from_chw), conv_winograd_row_scratch(&g, from_chw));
                    check_one(&g, from_chw, false, len, scratch, pack, forward);
                    check_one(&g, from_chw, true, len, scratch, pack, pooling);
                }
            }
        }
    });
}

/// Training of one sample, against the direct kernels of `chw`, with NaN in all that lies beside the last channel.
#[test]
fn training_of_one_sample() {
    use crate::kernels::geometry::conv_winograd_chw16c_train_scratch;
    use crate::{chw16c_nan as padded, from_chw16c as back};
    use core::ptr::null_mut;
    let all = geometries().into_iter().filter(|g| g.kernel[0] == 3).collect();
    let all: Vec<Conv> = thinned(all, 1);
    let check = |g: &Conv| {
        let [x_len, y_len] = [g.channels * g.height * g.width, g.filters * g.out_map()];
        let mut numbers = Numbers::new(g.channels + g.width);
        let (x, y, weight) = (numbers.take(x_len), numbers.take(y_len), numbers.take(g.filters * g.channels * g.area()));
        let bias = numbers.take(g.filters);
        let scratch = || vec![f32::NAN; conv_winograd_chw16c_train_scratch(g)];
        let forward = |odd: f32, x: &[f32], weight: &[f32], what: &str| {
            let (mut wanted, mut found) = (vec![0.0; y_len], padded(&y, g.filters));
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                chw::conv_forward(g, x.as_ptr(), weight.as_ptr(), bias.as_ptr(), wanted.as_mut_ptr());
                let (x, y) = (padded(x, g.channels), found.as_mut_ptr());
                chw::conv_winograd_chw16c_forward(g, x.as_ptr(), weight.as_ptr(), bias.as_ptr(), y, scratch().as_mut_ptr());
            }
            assert_alike(&back(&found, g.filters), &wanted, odd, &format!("y of {what} of {g:?}"));
        };
        with_odd(&x, |odd, x| forward(odd, x, &weight, "x"));
        with_odd(&weight, |odd, weight| forward(odd, &x, weight, "weight"));
        let input = |odd: f32, dy: &[f32], weight: &[f32], what: &str| {
            for add in [false, true] {
                let (mut wanted, mut found) = (x.clone(), padded(&x, g.channels));
                // SAFETY: as above.
                unsafe {
                    chw::conv_backward_input(g, dy.as_ptr(), weight.as_ptr(), wanted.as_mut_ptr(), add);
                    let (dy, dx) = (padded(dy, g.filters), found.as_mut_ptr());
                    chw::conv_winograd_chw16c_backward_input(g, dy.as_ptr(), weight.as_ptr(), dx, add, scratch().as_mut_ptr());
                }
                assert_alike(&back(&found, g.channels), &wanted, odd, &format!("dx of {what} of {g:?}, added {add}"));
            }
        };
        with_odd(&y, |odd, dy| input(odd, dy, &weight, "dy"));
        with_odd(&weight, |odd, weight| input(odd, &y, weight, "weight"));
        let gradient = |odd: f32, x: &[f32], dy: &[f32], what: &str| {
            let [mut wanted, mut found] = [0; 2].map(|_| weight.clone());
            // SAFETY: as above.
            unsafe {
                chw::conv_backward_weight(g, x.as_ptr(), dy.as_ptr(), wanted.as_mut_ptr(), null_mut());
                let (x, dy, dweight) = (padded(x, g.channels), padded(dy, g.filters), found.as_mut_ptr());
                let mut scratch = scratch();
                let scratch = scratch.as_mut_ptr();
                chw::conv_winograd_chw16c_backward_weight(g, x.as_ptr(), dy.as_ptr(), dweight, null_mut(), scratch);
            }
            assert_alike(&found, &wanted, odd, &format!("dweight of {what} of {g:?}"));
        };
        with_odd(&x, |odd, x| gradient(odd, x, &y, "x"));
        with_odd(&y, |odd, dy| gradient(odd, &x, dy, "dy"));
    };
    at_each_level(|| all.iter().for_each(check));
}
