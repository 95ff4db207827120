//! One sample with its channels in the lanes.

use super::conv::products;
use super::{Numbers, assert_close, at_each_level, wide};
use crate::kernels::geometry::{
    BatchNorm, Conv, batch_norm_chw16c_len, conv_chw16c_fits, conv_chw16c_len, conv_small_channel_len,
    conv_small_channel_scratch, conv_transpose_small_channel_len, conv_transpose_small_channel_scratch, conv_winograd_chw16c_len,
    conv_winograd_chw16c_scratch, conv_winograd_row_len, conv_winograd_row_scratch, dense_packed_len, depthwise_chw16c_len,
};
use crate::kernels::{chw, chwn16};
use crate::simd::LANES;
use core::ptr::null;
use std::format;
use std::vec;
use std::vec::Vec;

pub(super) type Pack = unsafe fn(&Conv, *const f32, *const f32, *mut f32);
type Forward = unsafe fn(&Conv, *const f32, *const f32, *const f32, f32, *mut f32);

/// `[channels / 16][map][16]`, with something odd beside the last channel.
pub(super) fn blocked(x: &[f32], channels: usize) -> Vec<f32> {
    let map = x.len() / channels;
    let mut to = vec![f32::MAX; channels.next_multiple_of(LANES) * map];
    for (i, x) in x.iter().enumerate() {
        to[(i / map / LANES * map + i % map) * LANES + i / map % LANES] = *x;
    }
    to
}

/// One product of a convolution against plain sums: with and without bias, a value that is added, and a lower bound. The kernel may have the packed
/// weight and the weight.
fn check(
    g: &Conv,
    transposed: bool,
    plain: bool,
    len: usize,
    terms: usize,
    pack: Pack,
    forward: impl Fn(*const f32, [*const f32; 2], *const f32, f32, *mut f32),
) {
    let mut numbers = Numbers::new(g.channels * 100 + g.filters + g.width);
    let [from, to] = [(g.channels, g.height * g.width), (g.filters, g.out_height * g.out_width)];
    let [from, to] = if transposed { [to, from] } else { [from, to] };
    let x = numbers.take(from.0 * from.1);
    let weight = numbers.take(g.filters * g.channels / g.groups * g.area());
    let (bias, add) = (numbers.take(to.0), numbers.take(to.0 * to.1));
    for with in [false, true] {
        let mut wanted: Vec<f64> =
            (0..to.0 * to.1).map(|i| if with { f64::from(bias[i / to.1] + add[i]) } else { 0.0 }).collect();
        products(g, |i, o, w| {
            let [i, o] = if transposed { [o, i] } else { [i, o] };
            wanted[o] += f64::from(x[i]) * f64::from(weight[w]);
        });
        let (low, lower) = if with { (0.0, 0.0) } else { (f32::NEG_INFINITY, f64::NEG_INFINITY) };
        wanted.iter_mut().for_each(|w| *w = w.max(lower));
        let mut packed = vec![f32::NAN; len];
        let input = if plain { x.clone() } else { blocked(&x, from.0) };
        let added = blocked(&add, to.0);
        let mut y = vec![f32::NAN; added.len()];
        let mut found = vec![f32::NAN; add.len()];
        // SAFETY: buffers are as long as the geometry says.
        unsafe {
            pack(g, weight.as_ptr(), if with { bias.as_ptr() } else { null() }, packed.as_mut_ptr());
            forward(
                input.as_ptr(),
                [packed.as_ptr(), weight.as_ptr()],
                if with { added.as_ptr() } else { null() },
                low,
                y.as_mut_ptr(),
            );
            chw::chw16c_to_chw(to.0, to.1, y.as_ptr(), found.as_mut_ptr());
        }
        assert_close(wide(&found), wanted, terms, &format!("{g:?}, plain {plain}, transposed {transposed}"));
    }
}

/// The sum as it stands, in both directions, from both layouts.
pub(super) fn check_direct(g: &Conv) {
    let forms: [(bool, bool, Pack, Forward); 4] = [
        (false, false, chw::conv_chw16c_pack, chw::conv_chw16c),
        (false, true, chw::conv_chw16c_from_chw_pack, chw::conv_chw16c_from_chw),
        (true, false, chw::conv_transpose_chw16c_pack, chw::conv_transpose_chw16c),
        (true, true, chw::conv_transpose_chw16c_from_chw_pack, chw::conv_transpose_chw16c_from_chw),
    ];
    for (transposed, plain, pack, forward) in forms.into_iter().filter(|_| conv_chw16c_fits(g)) {
        let terms = g.channels.max(g.filters) / g.groups * g.area();
        let len = conv_chw16c_len(g, plain, transposed);
        check(g, transposed, plain, len, terms, pack, |x, [packed, _], add, low, y| {
            // SAFETY: `check` makes the buffers.
            unsafe { forward(g, x, packed, add, low, y) };
        });
    }
}

#[test]
fn convolutions() {
    let mut all = super::conv::geometries();
    // Panels of four, two and one; groups that fill vectors; points of a map.
    if !cfg!(miri) {
        let some = [all[1], all[3], all[8]];
        all.extend(some.map(|g| Conv { filters: 113, ..g }));
        all.extend(some.map(|g| Conv { channels: 32, filters: 48, ..g }));
        all.extend(some.map(|g| Conv { channels: 32, filters: 64, groups: 2, ..g }));
    }
    at_each_level(|| all.iter().for_each(check_direct));
}

/// As many groups as channels.
pub(super) fn check_depthwise(g: &Conv) {
    check(g, false, false, depthwise_chw16c_len(g), g.area(), chw::depthwise_chw16c_pack, |x, [packed, _], add, low, y| {
        // SAFETY: `check` makes the buffers.
        unsafe { chw::depthwise_chw16c(g, x, packed, add, low, y) };
    });
}

#[test]
fn depthwise_convolutions() {
    let one_each = |g: &Conv| Conv { channels: g.channels * 7, filters: g.channels * 7, groups: g.channels * 7, ..*g };
    let all: Vec<Conv> = super::conv::geometries().iter().map(one_each).collect();
    at_each_level(|| all.iter().for_each(check_depthwise));
}

/// The largest of each 2×2, or the NaN of any, and at least `low`.
pub(super) fn pooled(maps: &[f32], [channels, height, width]: [usize; 3], low: f32) -> Vec<f32> {
    let mut to = Vec::new();
    for (channel, row, column) in
        (0..channels).flat_map(|c| (0..height / 2).flat_map(move |y| (0..width / 2).map(move |x| (c, y, x))))
    {
        let at = |i: usize| maps[(channel * height + 2 * row + i / 2) * width + 2 * column + i % 2];
        to.push((0..4).map(at).fold(low, |most, x| if most.is_nan() || x < most { most } else { x }));
    }
    to
}

/// What a kernel that pools, or writes maps, makes of the same as one that does not, which was checked: `(kernel, scratch)` each.
fn check_others(
    g: &Conv,
    plain: bool,
    len: usize,
    pack: Pack,
    [direct, pooling]: [(Scratched, usize); 2],
    direct_maps: Option<Scratched>,
    pooled_maps: bool,
) {
    let mut numbers = Numbers::new(g.channels + g.width);
    let (map, filters) = (g.out_height * g.out_width, g.filters);
    let x = numbers.take(g.channels * g.height * g.width);
    let (weight, bias) = (numbers.take(filters * g.channels * g.area()), numbers.take(filters));
    let x = if plain { x } else { blocked(&x, g.channels) };
    let mut packed = vec![f32::NAN; len];
    let run = |(kernel, scratch): (Scratched, usize), low: f32, maps: bool, map: usize, packed: &[f32]| {
        let (mut scratch, mut found) = (vec![f32::NAN; scratch], vec![f32::NAN; filters * map]);
        let mut y = vec![f32::NAN; filters.next_multiple_of(LANES) * map];
        // SAFETY: buffers are as long as the geometry says.
        unsafe {
            let to = if maps { found.as_mut_ptr() } else { y.as_mut_ptr() };
            kernel(g, x.as_ptr(), packed.as_ptr(), weight.as_ptr(), null(), low, to, scratch.as_mut_ptr());
            if !maps {
                chw::chw16c_to_chw(filters, map, y.as_ptr(), found.as_mut_ptr());
            }
        }
        found
    };
    // SAFETY: buffers are as long as the geometry says.
    unsafe { pack(g, weight.as_ptr(), bias.as_ptr(), packed.as_mut_ptr()) };
    let name = format!("{g:?}, plain {plain}");
    let wanted = run(direct, f32::NEG_INFINITY, false, map, &packed);
    let terms = super::winograd::terms(g.channels * g.area());
    for low in [0.0, f32::NEG_INFINITY] {
        let whole = wanted.iter().map(|x| x.max(low));
        if let Some(kernel) = direct_maps {
            assert_close(wide(&run((kernel, direct.1), low, true, map, &packed)), wide(&whole.collect::<Vec<_>>()), terms, &name);
        }
        let found = run(pooling, low, pooled_maps, (g.out_height / 2) * (g.out_width / 2), &packed);
        assert_close(wide(&found), wide(&pooled(&wanted, [filters, g.out_height, g.out_width], low)), terms, &name);
    }
}

/// `(geometry, x, packed, weight, add, low, y, scratch)`
pub(super) type Scratched = unsafe fn(&Conv, *const f32, *const f32, *const f32, *const f32, f32, *mut f32, *mut f32);

/// A kernel that does not read the weight as it stands.
macro_rules! packed_alone {
    ($kernel:expr) => {
        // SAFETY: the caller's promise.
        |g, x, packed, _, add, low, y, scratch| unsafe { $kernel(g, x, packed, add, low, y, scratch) }
    };
}

/// One group, at most eight filters, a stride across of 1 or 2.
pub(super) fn check_few(g: &Conv) {
    let mut scratch = vec![f32::NAN; conv_small_channel_scratch(g, false)];
    let scratch = scratch.as_mut_ptr();
    check(
        g,
        false,
        true,
        conv_small_channel_len(g),
        g.channels * g.area(),
        chw::conv_small_channel_pack,
        |x, [packed, _], add, low, y| {
            // SAFETY: `check` makes the buffers, and the scratch is as long as it should be.
            unsafe { chw::conv_small_channel(g, x, packed, add, low, y, scratch) };
        },
    );
    let [direct, pooling] = [false, true].map(|pooled| conv_small_channel_scratch(g, pooled));
    let kernels: [(Scratched, usize); 2] =
        [(packed_alone!(chw::conv_small_channel), direct), (packed_alone!(chw::conv_small_channel_pooled), pooling)];
    check_others(
        g,
        true,
        conv_small_channel_len(g),
        chw::conv_small_channel_pack,
        kernels,
        Some(packed_alone!(chw::conv_small_channel_to_chw)),
        true,
    );
}

/// A transposed convolution of one group.
pub(super) fn check_transposed_few(g: &Conv) {
    let mut scratch = vec![f32::NAN; conv_transpose_small_channel_scratch(g)];
    let scratch = scratch.as_mut_ptr();
    let (len, terms) = (conv_transpose_small_channel_len(g), g.filters * g.area());
    check(g, true, false, len, terms, chw::conv_transpose_small_channel_pack, |x, [packed, _], add, low, y| {
        // SAFETY: `check` makes the buffers, and the scratch is as long as it should be.
        unsafe { chw::conv_transpose_small_channel(g, x, packed, add, low, y, scratch) };
    });
    // To maps: as the vectors that are turned back.
    check(g, true, false, len, terms, chw::conv_transpose_small_channel_pack, |x, [packed, _], add, low, y| {
        if add.is_null() {
            let mut maps = vec![f32::NAN; g.channels * g.height * g.width];
            // SAFETY: as above.
            unsafe {
                chw::conv_transpose_small_channel_to_chw(g, x, packed, add, low, maps.as_mut_ptr(), scratch);
                chw::chw_to_chw16c(g.channels, g.height * g.width, maps.as_ptr(), y);
            }
        } else {
            // SAFETY: as above.
            unsafe { chw::conv_transpose_small_channel(g, x, packed, add, low, y, scratch) };
        }
    });
}

#[test]
fn few_results() {
    let all: Vec<Conv> = super::conv::geometries().into_iter().filter(|g| g.groups == 1).collect();
    at_each_level(|| all.iter().for_each(check_transposed_few));
}

/// One group, kernels five wide, stride 1.
pub(super) fn check_minimal(g: &Conv) {
    let forms: [(bool, Pack, Scratched, Scratched); 2] = [
        (false, chw::conv_winograd_row_pack, chw::conv_winograd_row, chw::conv_winograd_row_pooled),
        (true, chw::conv_winograd_row_from_chw_pack, chw::conv_winograd_row_from_chw, chw::conv_winograd_row_from_chw_pooled),
    ];
    for (plain, pack, forward, pooling) in forms {
        let (len, size) = (conv_winograd_row_len(g, plain), conv_winograd_row_scratch(g, plain));
        let mut scratch = vec![f32::NAN; size];
        let scratch = scratch.as_mut_ptr();
        check(
            g,
            false,
            plain,
            len,
            super::winograd::terms(g.channels * g.kernel[0]),
            pack,
            |x, [packed, weight], add, low, y| {
                // SAFETY: `check` makes the buffers, and the scratch is as long as it should be.
                unsafe { forward(g, x, packed, weight, add, low, y, scratch) };
            },
        );
        check_others(g, plain, len, pack, [(forward, size), (pooling, size)], None, false);
    }
}

/// One group, 3×3, stride 1.
pub(super) fn check_winograd(g: &Conv) {
    let mut scratch = vec![f32::NAN; conv_winograd_chw16c_scratch(g)];
    let scratch = scratch.as_mut_ptr();
    let (len, terms) = (conv_winograd_chw16c_len(g), super::winograd::terms(g.channels));
    check(g, false, false, len, terms, chw::conv_winograd_chw16c_pack, |x, [packed, weight], add, low, y| {
        // SAFETY: `check` makes the buffers, and the scratch is as long as it should be.
        unsafe { chw::conv_winograd_chw16c(g, x, packed, weight, add, low, y, scratch) };
    });
}

#[test]
fn few_filters() {
    let all: Vec<Conv> =
        super::conv::geometries().into_iter().filter(|g| g.groups == 1 && g.stride[1] <= 2 && g.filters <= 8).collect();
    assert!(all.len() > 10 || cfg!(miri));
    at_each_level(|| all.iter().for_each(check_few));
}

#[test]
fn minimal_filtering() {
    let five = |g: &Conv| g.groups == 1 && g.stride == [1, 1] && g.dilation == [1, 1] && g.kernel[1] == 5;
    let wide = |g: Conv| Conv {
        kernel: [g.kernel[0], 5],
        stride: [1; 2],
        dilation: [1; 2],
        out_height: (g.height + 2 * g.pad[0] + 1).saturating_sub(g.kernel[0]),
        out_width: (g.width + 2 * g.pad[1] + 1).saturating_sub(5),
        ..g
    };
    let mut all: Vec<Conv> =
        super::conv::geometries().into_iter().map(wide).filter(|g| g.out_height.min(g.out_width) > 0).collect();
    all.retain(five);
    assert!(all.len() > 10 || cfg!(miri));
    if !cfg!(miri) {
        // Several panels, and more rows than at once.
        all.push(wide(Conv { channels: 70, height: 40, width: 37, filters: 100, pad: [2; 2], kernel: [5; 2], ..all[0] }));
    }
    at_each_level(|| all.iter().for_each(check_minimal));
}

#[test]
fn winograd() {
    let mut all = super::winograd::geometries([3, 1]);
    if !cfg!(miri) {
        // More tiles than at once.
        all.push(Conv {
            channels: 130,
            height: 22,
            width: 30,
            filters: 70,
            out_height: 22,
            out_width: 30,
            pad: [1; 2],
            ..all[0]
        });
    }
    at_each_level(|| all.iter().for_each(check_winograd));
}

#[test]
fn dense_layers() {
    at_each_level(|| {
        for (seed, g) in super::dense::geometries().into_iter().filter(|g| g.rows == 1).enumerate() {
            let mut numbers = Numbers::new(seed);
            let (x, weight) = (numbers.take(g.inputs), numbers.take(g.outputs * g.inputs));
            let (bias, add) = (numbers.take(g.outputs), numbers.take(g.outputs.next_multiple_of(LANES)));
            let mut packed = vec![f32::NAN; dense_packed_len(&g)];
            let mut y = vec![f32::NAN; add.len()];
            let row = |o: usize| (0..g.inputs).map(|i| f64::from(weight[o * g.inputs + i]) * f64::from(x[i])).sum::<f64>();
            let wanted: Vec<f64> = (0..g.outputs).map(|o| (row(o) + f64::from(bias[o]) + f64::from(add[o])).max(0.0)).collect();
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                chw::dense_pack(&g, weight.as_ptr(), bias.as_ptr(), packed.as_mut_ptr());
                chw::dense_chw16c(&g, x.as_ptr(), packed.as_ptr(), add.as_ptr(), 0.0, y.as_mut_ptr());
            }
            assert_close(wide(&y[..g.outputs]), wanted, g.inputs, &format!("{g:?}"));
        }
    });
}

#[test]
fn not_a_number_passes_a_relu() {
    let g = Conv {
        channels: 1,
        height: 1,
        width: 1,
        filters: 1,
        out_height: 1,
        out_width: 1,
        kernel: [1; 2],
        stride: [1; 2],
        pad: [0; 2],
        dilation: [1; 2],
        groups: 1,
    };
    at_each_level(|| {
        let mut packed = vec![0.0; conv_chw16c_len(&g, true, false)];
        let mut y = vec![0.0; LANES];
        // SAFETY: buffers are as long as the geometry says.
        unsafe {
            chw::conv_chw16c_from_chw_pack(&g, [1.0].as_ptr(), null(), packed.as_mut_ptr());
            chw::conv_chw16c_from_chw(&g, [f32::NAN].as_ptr(), packed.as_ptr(), null(), 0.0, y.as_mut_ptr());
        }
        assert!(y[0].is_nan());

        let norm = BatchNorm { channels: 1, size: 1, eps: 1e-5, momentum: 0.1 };
        let (x, mut y, mut map) = ([f32::NAN; LANES], [0.0; LANES], [0.0]);
        let mut packed = vec![0.0; batch_norm_chw16c_len(&norm)];
        let mut taps = vec![0.0; conv_transpose_small_channel_len(&g)];
        let mut scratch = vec![0.0; conv_transpose_small_channel_scratch(&g)];
        // SAFETY: as above.
        unsafe {
            chw::batch_norm_chw16c_pack(&norm, null(), null(), [0.0].as_ptr(), [1.0].as_ptr(), packed.as_mut_ptr());
            chw::batch_norm_chw16c(&norm, x.as_ptr(), packed.as_ptr(), null(), 0.0, y.as_mut_ptr());
            chw::conv_transpose_small_channel_pack(&g, [1.0].as_ptr(), null(), taps.as_mut_ptr());
            chw::conv_transpose_small_channel_to_chw(
                &g,
                x.as_ptr(),
                taps.as_ptr(),
                null(),
                0.0,
                map.as_mut_ptr(),
                scratch.as_mut_ptr(),
            );
        }
        assert!(y[0].is_nan() && map[0].is_nan());
    });
}

#[test]
fn batch_norm() {
    at_each_level(|| {
        for (channels, size) in [(1, 1), (16, 1), (8, 9), (37, 20), (40, 17)] {
            let g = BatchNorm { channels, size, eps: 1e-5, momentum: 0.1 };
            let mut numbers = Numbers::new(channels);
            let (x, add, [gamma, beta, mean]) =
                (numbers.take(channels * size), numbers.take(channels * size), [0; 3].map(|_| numbers.take(channels)));
            let var: Vec<f32> = numbers.take(channels).iter().map(|v| v.abs() + 0.1).collect();
            let mut packed = vec![f32::NAN; batch_norm_chw16c_len(&g)];
            for (affine, low) in [(true, 0.0), (false, f32::NEG_INFINITY)] {
                let [gamma_at, beta_at] = [&gamma, &beta].map(|n| if affine { n.as_ptr() } else { null() });
                let mut y = vec![f32::NAN; channels.next_multiple_of(LANES) * size];
                let (image, added) = (blocked(&x, channels), blocked(&add, channels));
                let mut found = vec![f32::NAN; x.len()];
                // SAFETY: buffers are as long as the geometry says.
                unsafe {
                    chw::batch_norm_chw16c_pack(&g, gamma_at, beta_at, mean.as_ptr(), var.as_ptr(), packed.as_mut_ptr());
                    let add = if affine { added.as_ptr() } else { null() };
                    chw::batch_norm_chw16c(&g, image.as_ptr(), packed.as_ptr(), add, low, y.as_mut_ptr());
                    chw::chw16c_to_chw(channels, size, y.as_ptr(), found.as_mut_ptr());
                }
                let wanted = (0..x.len()).map(|i| {
                    let [gamma, beta, mean, var] = [&gamma, &beta, &mean, &var].map(|n| f64::from(n[i / size]));
                    let normal = (f64::from(x[i]) - mean) / (var + f64::from(g.eps)).sqrt();
                    if affine { (normal * gamma + beta + f64::from(add[i])).max(0.0) } else { normal }
                });
                assert_close(wide(&found), wanted, 4, &format!("{g:?}"));
            }
        }
    });
}

#[test]
fn joined_channels() {
    at_each_level(|| {
        for parts in [&[1, 1][..], &[16, 12, 12], &[12, 12, 12, 12], &[3, 40, 5], &[17, 33], &[15, 1, 16, 2]] {
            for map in [1, 2, 19] {
                let all: usize = parts.iter().sum();
                let mut y = vec![f32::NAN; all.next_multiple_of(LANES) * map];
                let (mut first, mut wanted) = (0, Vec::new());
                for channels in parts {
                    let x = Numbers::new(first).take(channels * map);
                    // SAFETY: buffers are as long as they should be.
                    unsafe { chwn16::concat_chw16c(*channels, map, first, blocked(&x, *channels).as_ptr(), y.as_mut_ptr()) };
                    first += channels;
                    wanted.extend(x);
                }
                let mut found = vec![f32::NAN; all * map];
                // SAFETY: as above.
                unsafe { chw::chw16c_to_chw(all, map, y.as_ptr(), found.as_mut_ptr()) };
                assert_eq!(found, wanted, "{parts:?}, {map} positions");
            }
        }
    });
}

#[test]
fn layouts() {
    at_each_level(|| {
        for (channels, map) in [(1, 1), (16, 1), (16, 33), (3, 20), (37, 16), (40, 17)] {
            let x = Numbers::new(map).take(channels * map);
            let mut y = vec![0.0; channels.next_multiple_of(LANES) * map];
            let mut back = vec![f32::NAN; x.len()];
            // SAFETY: buffers are as long as they should be.
            unsafe {
                chw::chw_to_chw16c(channels, map, x.as_ptr(), y.as_mut_ptr());
                chw::chw16c_to_chw(channels, map, y.as_ptr(), back.as_mut_ptr());
            }
            assert_eq!(back, x);
            let there: Vec<f32> = blocked(&x, channels).into_iter().map(|x| if x == f32::MAX { 0.0 } else { x }).collect();
            assert_eq!(y, there);
        }
    });
}
