//! The numbers of a tensor as `f32`, whatever a file keeps them as.

use super::LoadNote;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// Whether numbers of this type become `f32`.
pub fn can_be_f32(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16 | Dtype::F64)
}

/// Whether a finite number of the tensor would become infinite.
pub fn overflows(view: &TensorView<'_>) -> bool {
    view.dtype() == Dtype::F64 && doubles(view).any(|x| x.is_finite() && !narrow(x).is_finite())
}

/// Writes the numbers of a tensor that [`super::fit`] found; `to` has as many.
pub fn copy(view: &TensorView<'_>, to: &mut [f32]) {
    let to = to.iter_mut();
    match view.dtype() {
        Dtype::F16 => to.zip(shorts(view)).for_each(|(to, bits)| *to = half(bits)),
        Dtype::BF16 => to.zip(shorts(view)).for_each(|(to, bits)| *to = f32::from_bits(u32::from(bits) << 16)),
        Dtype::F64 => to.zip(doubles(view)).for_each(|(to, x)| *to = narrow(x)),
        _ => to.zip(view.data().as_chunks().0).for_each(|(to, bytes)| *to = f32::from_le_bytes(*bytes)),
    }
}

/// What was converted.
pub fn notes<'t, 'f: 't>(tensors: impl Iterator<Item = &'t TensorView<'f>> + Clone) -> impl Iterator<Item = LoadNote> {
    [Dtype::F16, Dtype::BF16, Dtype::F64].into_iter().filter_map(move |dtype| {
        let count = tensors.clone().filter(|view| view.dtype() == dtype).count();
        (count > 0).then(|| LoadNote::Converted { tensors: count, from: dtype.to_string() })
    })
}

fn shorts(view: &TensorView<'_>) -> impl Iterator<Item = u16> {
    view.data().as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes))
}

fn doubles(view: &TensorView<'_>) -> impl Iterator<Item = f64> {
    view.data().as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes))
}

#[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is what is wanted")]
fn narrow(x: f64) -> f32 {
    x as f32
}

/// The number whose bits as IEEE 754's binary16 these are: a sign, 5 bits of exponent, 10 of fraction.
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let (exponent, fraction) = (u32::from(bits >> 10 & 0x1f), bits & 0x3ff);
    let magnitude = match exponent {
        0 => (f32::from(fraction) / 16_777_216.0).to_bits(),
        0x1f => 0xff << 23 | u32::from(fraction) << 13,
        // 127 − 15
        _ => (exponent + 112) << 23 | u32::from(fraction) << 13,
    };
    f32::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::{copy, half, overflows};
    use safetensors::Dtype;
    use safetensors::tensor::TensorView;

    /// Against the definition, in `f64`.
    #[test]
    fn every_half_precision_number() {
        for bits in 0..=u16::MAX {
            let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff) / 1024.0);
            let magnitude = match exponent {
                0 => fraction * 2_f64.powi(-14),
                31 if fraction == 0.0 => f64::INFINITY,
                31 => f64::NAN,
                _ => (1.0 + fraction) * 2_f64.powi(exponent - 15),
            };
            let wanted = if bits >> 15 == 1 { -magnitude } else { magnitude };
            let found = f64::from(half(bits));
            assert!(found == wanted || found.is_nan() && wanted.is_nan(), "{bits:#06x}: {found}, not {wanted}");
            assert_eq!(found.is_sign_negative(), bits >> 15 == 1, "{bits:#06x}");
        }
        assert_eq!((half(0x3555), half(0x7bff), half(0x0001)), (0.333_251_95, 65504.0, 5.960_464_5e-8));
    }

    #[test]
    fn every_type_of_number() {
        let numbers = |dtype, bytes: &[u8], len: usize| {
            let view = TensorView::new(dtype, vec![len], bytes).expect("a tensor");
            let mut to = vec![0.0; len];
            copy(&view, &mut to);
            (to, overflows(&view))
        };
        let doubles = |x: [f64; 2]| x.map(f64::to_le_bytes).concat();
        assert_eq!(numbers(Dtype::F32, &[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0], 2), (vec![1.0, -2.0], false));
        assert_eq!(numbers(Dtype::F16, &[0, 0x3c, 0, 0xc0], 2), (vec![1.0, -2.0], false));
        assert_eq!(numbers(Dtype::BF16, &[0x80, 0x3f, 0x49, 0xc0], 2), (vec![1.0, -3.140_625], false));
        assert_eq!(numbers(Dtype::F64, &doubles([0.1, f64::INFINITY]), 2), (vec![0.1, f32::INFINITY], false));
        assert_eq!(numbers(Dtype::F64, &doubles([1.0, -1e39]), 2), (vec![1.0, f32::NEG_INFINITY], true));
    }
}
