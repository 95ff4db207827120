//! Training of one sample in `chw16c`, with NaN in all that lies beside the last channel.

use super::direct::geometries;
use super::sums::Sums;
use crate::kernels::chw;
use crate::kernels::geometry::{
    Conv, conv_chw16c_fits, conv_chw16c_train_scratch, conv_winograd_chw16c_fits, conv_winograd_chw16c_train_scratch,
};
use crate::{EMULATED, Numbers, PANELS, assert_close, at_each_level, chw16c_nan, from_chw16c, wide};
use core::ptr::{null, null_mut};
use std::format;
use std::vec;

type Forward = unsafe fn(&Conv, *const f32, *const f32, *const f32, *mut f32, *mut f32);
type BackwardInput = unsafe fn(&Conv, *const f32, *const f32, *mut f32, bool, *mut f32);
type BackwardWeight = unsafe fn(&Conv, *const f32, *const f32, *mut f32, *mut f32, *mut f32);

/// The kernels of an algorithm in one direction.
struct Kernels {
    transposed: bool,
    /// By Winograd's transforms, whose errors are larger.
    minimal: bool,
    forward: Forward,
    backward_input: BackwardInput,
    backward_weight: BackwardWeight,
}

/// Forward pass and gradients against plain sums, at each level.
fn check(g: &Conv, kernels: &Kernels, scratch: usize, terms: usize) {
    let mut numbers = Numbers::new(g.channels * 100 + g.filters + g.width);
    let [from, to] = [(g.channels, g.height * g.width), (g.filters, g.out_height * g.out_width)];
    let x = numbers.take(from.0 * from.1);
    let y = numbers.take(to.0 * to.1);
    let weight = numbers.take(g.filters * g.channels / g.groups * g.area());
    let sums = Sums::default();
    let transposed = kernels.transposed;
    let there = numbers.take(weight.len());
    // What a transposed convolution reads is y, and it writes x.
    let [(x_of, x), (y_of, y)] = if transposed { [(to, y), (from, x)] } else { [(from, x), (to, y)] };
    let bias = numbers.take(y_of.0);
    let y_sums = sums.of(g, &x, &weight, 0, 1, !transposed);
    let dx_sums = Sums::default().of(g, &y, &weight, 0, 1, transposed);
    let [conv_x, conv_y] = if transposed { [&y, &x] } else { [&x, &y] };
    let dweight_sums = sums.of_weight(g, conv_x, conv_y, 1).to_vec();
    let [x16, y16] = [chw16c_nan(&x, x_of.0), chw16c_nan(&y, y_of.0)];
    let biased: Vec<f64> = y_sums.iter().enumerate().map(|(i, sum)| sum + f64::from(bias[i / y_of.1])).collect();
    let added: Vec<f64> = dx_sums.iter().zip(&x).map(|(sum, x)| sum + f64::from(*x)).collect();
    let weights_added: Vec<f64> = dweight_sums.iter().zip(&there).map(|(sum, w)| sum + f64::from(*w)).collect();
    let map_sums = y.chunks(y_of.1).map(|map| map.iter().map(|v| f64::from(*v)).sum::<f64>());
    let dbias_wanted: Vec<f64> = map_sums.zip(&bias).map(|(sum, b)| sum + f64::from(*b)).collect();
    at_each_level(|| {
        let what = format!("{g:?}, transposed {transposed}");
        let scratch = || vec![f32::NAN; scratch];
        for (bias, wanted) in [(null(), &y_sums[..]), (bias.as_ptr(), &biased)] {
            let mut found = vec![f32::NAN; y16.len()];
            // SAFETY: buffers are as long as the geometry says.
            unsafe {
                (kernels.forward)(g, x16.as_ptr(), weight.as_ptr(), bias, found.as_mut_ptr(), scratch().as_mut_ptr());
            }
            assert_close(wide(&from_chw16c(&found, y_of.0)), wanted.iter().copied(), terms, &format!("{what}: y"));
        }
        for (accumulate, wanted) in [(false, &dx_sums[..]), (true, &added)] {
            let mut found = if accumulate { x16.clone() } else { vec![f32::NAN; x16.len()] };
            // SAFETY: as above.
            unsafe {
                let (dy, weight, dx) = (y16.as_ptr(), weight.as_ptr(), found.as_mut_ptr());
                (kernels.backward_input)(g, dy, weight, dx, accumulate, scratch().as_mut_ptr());
            }
            assert_close(
                wide(&from_chw16c(&found, x_of.0)),
                wanted.iter().copied(),
                terms,
                &format!("{what}: dx, added {accumulate}"),
            );
        }
        for with_bias in [false, true] {
            let (mut dweight, mut dbias) = (there.clone(), bias.clone());
            let to_bias = if with_bias { dbias.as_mut_ptr() } else { null_mut() };
            // SAFETY: as above.
            unsafe {
                let (x, dy, dweight) = (x16.as_ptr(), y16.as_ptr(), dweight.as_mut_ptr());
                (kernels.backward_weight)(g, x, dy, dweight, to_bias, scratch().as_mut_ptr());
            }
            let map = g.out_map().max(terms).max(if kernels.minimal { 40 * g.out_map() } else { 0 });
            assert_close(wide(&dweight), weights_added.iter().copied(), map, &format!("{what}: dweight"));
            if with_bias {
                assert_close(wide(&dbias), dbias_wanted.iter().copied(), y_of.1, &format!("{what}: dbias"));
            }
        }
    });
}

/// By direct sums, in both directions.
pub(super) fn check_direct(g: &Conv) {
    let terms = g.channels.max(g.filters) / g.groups * g.area();
    for kernels in [
        Kernels {
            transposed: false,
            minimal: false,
            forward: chw::conv_chw16c_forward,
            backward_input: chw::conv_chw16c_backward_input,
            backward_weight: chw::conv_chw16c_backward_weight,
        },
        Kernels {
            transposed: true,
            minimal: false,
            forward: chw::conv_transpose_chw16c_forward,
            backward_input: chw::conv_transpose_chw16c_backward_input,
            backward_weight: chw::conv_transpose_chw16c_backward_weight,
        },
    ] {
        if conv_chw16c_fits(g) {
            check(g, &kernels, conv_chw16c_train_scratch(g), terms);
        }
    }
}

#[test]
fn direct() {
    let mut all = geometries();
    if !cfg!(miri) {
        let some = [all[1], all[3], all[8]];
        let [channels, filters] = PANELS;
        all.extend(some.map(|g| Conv { channels, filters, ..g }));
        all.extend(some.map(|g| Conv { channels: 32, filters: 48, ..g }));
        all.extend(some.map(|g| Conv { channels: 32, filters: 64, groups: 2, ..g }));
        // Several strips and bands; points of a map, some of which are computed twice.
        let channels = if EMULATED { 18 } else { 70 };
        all.push(Conv { channels, filters: 34, ..all[16] });
        let point = |size: usize| Conv { height: size, width: 5, out_height: size, out_width: 5, kernel: [1; 2], ..all[4] };
        all.extend([point(5), point(7), Conv { channels: 2 * channels + 10, filters: 70, ..point(131) }]);
    }
    all.iter().for_each(check_direct);
}

/// By Winograd's minimal filtering: 3×3, stride 1, one group.
pub(super) fn check_minimal(g: &Conv) {
    assert!(conv_winograd_chw16c_fits(g));
    let kernels = Kernels {
        transposed: false,
        minimal: true,
        forward: chw::conv_winograd_chw16c_forward,
        backward_input: chw::conv_winograd_chw16c_backward_input,
        backward_weight: chw::conv_winograd_chw16c_backward_weight,
    };
    check(g, &kernels, conv_winograd_chw16c_train_scratch(g), super::winograd::terms(g.channels.max(g.filters)));
}

#[test]
fn minimal() {
    let mut all = super::winograd::geometries([3, 1]);
    if !cfg!(miri) {
        // More tiles than at once.
        all.push(Conv { channels: 70, height: 37, width: 42, filters: 35, out_height: 37, out_width: 43, pad: [1; 2], ..all[0] });
    }
    all.iter().for_each(check_minimal);
}
