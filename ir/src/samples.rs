//! [`Samples`]: where the samples of a batch lie, for a kernel that runs over all of them.

/// The samples of a whole batch, evenly apart, in arenas or in a batch: a pointer to a value of the first one, and this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Samples {
    /// How many.
    pub count: usize,
    /// Floats from a value of one sample to the same value of the next. In arenas, and so for kernels of convolutions, a multiple of sixteen.
    pub step: usize,
}

impl Samples {
    /// A single sample.
    pub const ONE: Self = Self { count: 1, step: 0 };
}
