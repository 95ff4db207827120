//! [`ValueRange`]: what is known of the numbers that a layer gives.

/// What is known of the numbers that a layer gives, whatever it receives: for warnings about losses and targets that do not go with it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum ValueRange {
    /// Nothing.
    #[default]
    Unknown,
    /// Sums of products with weights: any number.
    Unbounded,
    /// From `low` to `high`, which may be infinite.
    Between {
        /// The smallest.
        low: f32,
        /// The largest.
        high: f32,
    },
    /// Probabilities of classes, of which the sum is 1: softmax.
    Probabilities,
    /// Logarithms, of probabilities where the layer receives such.
    Logarithms,
}

impl ValueRange {
    /// From this number on.
    #[must_use]
    pub const fn from(low: f32) -> Self {
        Self::Between { low, high: f32::INFINITY }
    }

    /// The smallest and the largest number; `None` where they are not known.
    #[must_use]
    pub const fn bounds(self) -> Option<[f32; 2]> {
        match self {
            Self::Between { low, high } => Some([low, high]),
            Self::Probabilities => Some([0.0, 1.0]),
            Self::Unknown | Self::Unbounded | Self::Logarithms => None,
        }
    }
}
