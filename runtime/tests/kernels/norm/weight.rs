//! Weights that are made of parameters: that kernels read and write what their operands say. (The formulas are tested where they stand.)

use crate::kernels::chw;
use crate::kernels::geometry::{Mask, WeightRows};
use crate::{Numbers, assert_close, wide};
use core::cmp::Ordering;
use std::vec;

const G: WeightRows = WeightRows { outer: 2, rows: 3, inner: 5 };

#[test]
fn a_weight_norm_and_its_gradient() {
    let mut numbers = Numbers::new(1);
    let [v, dw] = core::array::from_fn(|_| numbers.take(30));
    let (mut g, mut w, mut dg, mut dv) = (vec![0.0; 3], vec![0.0; 30], vec![0.0; 3], vec![0.0; 30]);
    // SAFETY: buffers are as long as the geometry says.
    unsafe {
        chw::weight_norm_start(&G, v.as_ptr(), g.as_mut_ptr());
        chw::weight_norm(&G, g.as_ptr(), v.as_ptr(), w.as_mut_ptr());
        chw::weight_norm_backward(&G, g.as_ptr(), v.as_ptr(), dw.as_ptr(), dg.as_mut_ptr(), dv.as_mut_ptr());
    }
    assert_close(wide(&w), wide(&v), 4, "it begins as its direction");
    let along = |r: usize, a: &[f32], b: &[f32]| {
        (0..30).filter(|i| i / 5 % 3 == r).map(|i| f64::from(a[i]) * f64::from(b[i])).sum::<f64>()
    };
    let length = |r: usize| along(r, &v, &v).sqrt();
    assert_close(wide(&dg), (0..3).map(|r| along(r, &dw, &v) / length(r)), 8, "dg");
    // Nothing goes along the direction itself.
    for r in 0..3 {
        assert!(along(r, &dv, &v).abs() < 1e-5, "{}", along(r, &dv, &v));
    }
}

#[test]
fn a_spectral_norm_keeps_what_its_gradient_is_made_with() {
    let mut numbers = Numbers::new(2);
    let [w, dn] = core::array::from_fn(|_| numbers.take(30));
    let (mut u, mut v) = (vec![0.0; 3], numbers.take(10));
    let (mut n, mut saved, mut dw) = (vec![0.0; 30], vec![0.0; 14], vec![0.0; 30]);
    // SAFETY: buffers are as long as the geometry says.
    unsafe {
        chw::power_iteration(&G, 2, w.as_ptr(), u.as_mut_ptr(), v.as_mut_ptr());
        chw::spectral_norm(&G, w.as_ptr(), u.as_ptr(), v.as_ptr(), n.as_mut_ptr(), saved.as_mut_ptr());
    }
    assert_eq!((&saved[1..4], &saved[4..]), (&*u, &*v));
    assert_close(wide(&n), w.iter().map(|w| f64::from(*w) / f64::from(saved[0])), 1, "W / σ");
    let mut again = vec![0.0; 30];
    // SAFETY: as above.
    unsafe {
        chw::spectral_norm(&G, w.as_ptr(), u.as_ptr(), v.as_ptr(), again.as_mut_ptr(), core::ptr::null_mut());
        chw::spectral_norm_backward(&G, n.as_ptr(), saved.as_ptr(), dn.as_ptr(), dw.as_mut_ptr());
    }
    assert_eq!(again, n);
    let along: f64 = dn.iter().zip(&n).map(|(d, n)| f64::from(*d) * f64::from(*n)).sum();
    let uv = |i: usize| f64::from(u[i / 5 % 3]) * f64::from(v[i / 15 * 5 + i % 5]);
    let wanted = (0..30).map(|i| (f64::from(dn[i]) - along * uv(i)) / f64::from(saved[0]));
    assert_close(wide(&dw), wanted, 8, "dW");
}

/// What van den Oord et al. write of masks, number by number.
fn sees(mask: &Mask, [filter, channel, row, column]: [usize; 4]) -> bool {
    let [height, width] = mask.kernel;
    let color = |place: usize, channels: usize| place / (channels / mask.colors);
    let (of_filter, of_channel) = (color(filter, mask.filters), color(channel, mask.channels));
    match (row.cmp(&(height / 2)), column.cmp(&(width / 2))) {
        (Ordering::Less, _) | (Ordering::Equal, Ordering::Less) => true,
        (Ordering::Equal, Ordering::Equal) => of_channel < of_filter || mask.own && of_channel == of_filter,
        _ => false,
    }
}

#[test]
fn a_mask_leaves_what_comes_before() {
    let sizes =
        [(1, 1, 5, [7, 7]), (1, 3, 4, [3, 5]), (3, 1, 2, [5, 3]), (3, 2, 3, [3, 3]), (2, 7, 9, [1, 1]), (4, 1, 1, [1, 3])];
    for ((colors, channels, filters, kernel), own) in sizes.into_iter().flat_map(|sizes| [(sizes, false), (sizes, true)]) {
        let mask = Mask { filters: colors * filters, channels: colors * channels, kernel, colors, own };
        let mut places = Vec::new();
        for filter in 0..mask.filters {
            for channel in 0..mask.channels {
                for row in 0..kernel[0] {
                    places.extend((0..kernel[1]).map(|column| sees(&mask, [filter, channel, row, column])));
                }
            }
        }
        let mut numbers = Numbers::new(places.len());
        let (from, dw, before) = (numbers.take(places.len()), numbers.take(places.len()), numbers.take(places.len()));
        let (mut w, mut dfrom) = (vec![f32::NAN; places.len()], before.clone());
        // SAFETY: buffers are as long as the mask says.
        unsafe {
            chw::weight_mask(&mask, from.as_ptr(), w.as_mut_ptr());
            chw::weight_mask_backward(&mask, dw.as_ptr(), dfrom.as_mut_ptr());
        }
        for (i, seen) in places.into_iter().enumerate() {
            let wanted = if seen { (from[i], before[i] + dw[i]) } else { (0.0, before[i]) };
            assert_eq!((w[i], dfrom[i]), wanted, "{mask:?} at {i}");
        }
    }
}
