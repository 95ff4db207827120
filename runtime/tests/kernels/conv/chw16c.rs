//! Convolutions in `chw16c`: what checks them all, direct and depthwise ones.

use super::direct::geometries;
use super::sums::Sums;
use crate::kernels::geometry::{Conv, conv_chw16c_fits, conv_chw16c_len, depthwise_chw16c_len};
use crate::kernels::{Share, chw};
use crate::simd::LANES;
use crate::{Numbers, assert_close, at_each_level, chw16c, in_shares, wide};
use core::ptr::null;
use std::format;
use std::vec;

pub type Pack = unsafe fn(&Conv, *const f32, *const f32, *mut f32);
type Forward = unsafe fn(&Conv, *const f32, *const f32, *const f32, f32, *mut f32, Share);

/// One product of a convolution against plain sums, at each level: with and without bias, a value that is added, and a lower bound. The kernel may have the packed
/// weight and the weight.
pub(super) fn check(
    g: &Conv,
    transposed: bool,
    from_chw: bool,
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
    let sums = Sums::default().of(g, &x, &weight, 0, 1, !transposed);
    let check = |with: bool| {
        let (low, lower) = if with { (0.0, 0.0) } else { (f32::NEG_INFINITY, f64::NEG_INFINITY) };
        let beside = |i: usize| if with { f64::from(bias[i / to.1] + add[i]) } else { 0.0 };
        let wanted = sums.iter().enumerate().map(|(i, sum)| (sum + beside(i)).max(lower));
        let mut packed = vec![f32::NAN; len];
        let input = if from_chw { x.clone() } else { chw16c(&x, from.0) };
        let added = chw16c(&add, to.0);
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
        assert_close(wide(&found), wanted, terms, &format!("{g:?}, from chw {from_chw}, transposed {transposed}"));
    };
    at_each_level(|| [false, true].into_iter().for_each(check));
}

/// The sum as it stands, in both directions, from both layouts.
pub fn check_direct(g: &Conv) {
    let forms: [(bool, bool, Pack, Forward); 4] = [
        (false, false, chw::conv_chw16c_pack, chw::conv_chw16c),
        (false, true, chw::conv_chw16c_from_chw_pack, chw::conv_chw16c_from_chw),
        (true, false, chw::conv_transpose_chw16c_pack, chw::conv_transpose_chw16c),
        (true, true, chw::conv_transpose_chw16c_from_chw_pack, chw::conv_transpose_chw16c_from_chw),
    ];
    for (transposed, from_chw, pack, forward) in forms.into_iter().filter(|_| conv_chw16c_fits(g)) {
        let terms = g.channels.max(g.filters) / g.groups * g.area();
        let len = conv_chw16c_len(g, from_chw, transposed);
        check(g, transposed, from_chw, len, terms, pack, |x, [packed, _], add, low, y| {
            let [channels, map] = if transposed { [g.channels, g.height * g.width] } else { [g.filters, g.out_map()] };
            in_shares(channels.next_multiple_of(LANES) * map, y, |y, share| {
                // SAFETY: `check` makes the buffers.
                unsafe { forward(g, x, packed, add, low, y, share) };
            });
        });
    }
}

#[test]
fn convolutions() {
    let mut all = geometries();
    // Panels of four, two and one; groups that fill vectors; points of a map.
    if !cfg!(miri) {
        let some = [all[1], all[3], all[8]];
        all.extend(some.map(|g| Conv { filters: 113, ..g }));
        all.extend(some.map(|g| Conv { channels: 32, filters: 48, ..g }));
        all.extend(some.map(|g| Conv { channels: 32, filters: 64, groups: 2, ..g }));
    }
    all.iter().for_each(check_direct);
}

/// As many groups as channels.
pub fn check_depthwise(g: &Conv) {
    check(g, false, false, depthwise_chw16c_len(g), g.area(), chw::depthwise_chw16c_pack, |x, [packed, _], add, low, y| {
        // SAFETY: `check` makes the buffers.
        unsafe { chw::depthwise_chw16c(g, x, packed, add, low, y) };
    });
}

#[test]
fn depthwise_convolutions() {
    let one_each = |g: &Conv| Conv { channels: g.channels * 7, filters: g.channels * 7, groups: g.channels * 7, ..*g };
    let all: Vec<Conv> = geometries().iter().map(one_each).collect();
    all.iter().for_each(check_depthwise);
}

/// The largest of each 2×2, or the NaN of any, and at least `low`.
pub fn pooled(maps: &[f32], [channels, height, width]: [usize; 3], low: f32) -> Vec<f32> {
    let mut to = Vec::new();
    for (channel, row, column) in
        (0..channels).flat_map(|c| (0..height / 2).flat_map(move |y| (0..width / 2).map(move |x| (c, y, x))))
    {
        let at = |i: usize| maps[(channel * height + 2 * row + i / 2) * width + 2 * column + i % 2];
        to.push((0..4).map(at).fold(low, |most, x| if most.is_nan() || x < most { most } else { x }));
    }
    to
}

/// What a kernel that pools, or writes maps, makes of the same as one that does not, which was checked, at each level:
/// `(kernel, scratch)` each.
pub(super) fn check_others(
    g: &Conv,
    from_chw: bool,
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
    let x = if from_chw { x } else { chw16c(&x, g.channels) };
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
    at_each_level(|| {
        // SAFETY: buffers are as long as the geometry says.
        unsafe { pack(g, weight.as_ptr(), bias.as_ptr(), packed.as_mut_ptr()) };
        let name = format!("{g:?}, from chw {from_chw}");
        let wanted = run(direct, f32::NEG_INFINITY, false, map, &packed);
        let terms = super::winograd::terms(g.channels * g.area());
        for low in [0.0, f32::NEG_INFINITY] {
            let whole = wanted.iter().map(|x| x.max(low));
            if let Some(kernel) = direct_maps {
                assert_close(
                    wide(&run((kernel, direct.1), low, true, map, &packed)),
                    wide(&whole.collect::<Vec<_>>()),
                    terms,
                    &name,
                );
            }
            let found = run(pooling, low, pooled_maps, (g.out_height / 2) * (g.out_width / 2), &packed);
            assert_close(wide(&found), wide(&pooled(&wanted, [filters, g.out_height, g.out_width], low)), terms, &name);
        }
    });
}

/// `(geometry, x, packed, weight, add, low, y, scratch)`
pub type Scratched = unsafe fn(&Conv, *const f32, *const f32, *const f32, *const f32, f32, *mut f32, *mut f32);
