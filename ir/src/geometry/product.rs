//! Products of matrices that are both values.

/// `y[n, i, j] = scale · Σ a[n, i, k] · b[n, k, j]`, for every n of a batch: within one sample, such as the heads of an attention. Strides are of vectors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Product {
    /// The products.
    pub batch: usize,
    /// The rows of a and y.
    pub rows: usize,
    /// The columns of b and y.
    pub cols: usize,
    /// The columns of a and rows of b.
    pub inner: usize,
    /// The first positions of a, b and y.
    pub from: [usize; 3],
    /// The strides of a along n, i and k.
    pub a: [usize; 3],
    /// The strides of b along n, k and j.
    pub b: [usize; 3],
    /// The strides of y along n, i and j.
    pub y: [usize; 3],
    /// What the sums are multiplied by.
    pub scale: f32,
}

/// The weights of an attention: `heads` squares of `time` rows, of which a row has no numbers behind the diagonal if it is `causal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attend {
    /// The squares.
    pub heads: usize,
    /// Rows and columns of each.
    pub time: usize,
    /// No step looks at a later one.
    pub causal: bool,
}
