//! From f64, in which sums are made, to f32.

/// Rounded once, at the end.
#[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
pub(crate) const fn narrow(x: f64) -> f32 {
    x as f32
}
