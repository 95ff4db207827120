//! Quantization.

/// Between `f32` and `i8`: `real = (integer − zero_point) · scale`, one scale for all numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quant {
    /// The numbers of a sample.
    pub len: usize,
    /// The step between two integers: a positive normal number.
    pub scale: f32,
    /// The integer of zero.
    pub zero_point: i8,
}

impl Quant {
    /// The least and the largest `real / scale` that an integer stands for: what rounds to something beyond them saturates.
    #[must_use]
    pub const fn range(&self) -> [f32; 2] {
        let zero_point = self.zero_point as i32;
        [(i8::MIN as i32 - zero_point) as f32, (i8::MAX as i32 - zero_point) as f32]
    }
}

#[cfg(test)]
mod tests {
    use super::Quant;

    #[test]
    fn all_integers_are_in_range() {
        for (zero_point, range) in [(0, [-128.0, 127.0]), (-128, [0.0, 255.0]), (127, [-255.0, 0.0]), (3, [-131.0, 124.0])] {
            assert_eq!(Quant { len: 1, scale: 0.5, zero_point }.range(), range);
        }
    }
}
