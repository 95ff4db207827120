//! The rows of a weight that is normalized.

/// A weight as `[outer][rows][inner]`: the middle axis is what a norm goes over, each row of it the numbers `[outer][inner]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightRows {
    /// The product of the sizes before the rows.
    pub outer: usize,
    /// The rows.
    pub rows: usize,
    /// The product of the sizes after them.
    pub inner: usize,
}

impl WeightRows {
    /// The numbers of a row.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.outer.saturating_mul(self.inner)
    }

    /// The numbers of the weight.
    #[must_use]
    pub const fn numbers(&self) -> usize {
        self.rows.saturating_mul(self.columns())
    }

    /// The numbers that the gradient of a spectral norm is made with: σ, `u` and `v`.
    #[must_use]
    pub const fn saved(&self) -> usize {
        self.rows.saturating_add(self.columns()).saturating_add(1)
    }
}
