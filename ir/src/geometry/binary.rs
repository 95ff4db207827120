//! Operators between two values, or a value and a number.

/// An operator between two values. Where one number is NaN, so is the result; but a comparison with NaN is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `a + b`
    Add,
    /// `a − b`
    Sub,
    /// `a · b`
    Mul,
    /// `a / b`
    Div,
    /// The larger of both. Where they are equal each has half of the gradient, as PyTorch's `maximum`.
    Max,
    /// The smaller of both.
    Min,
    /// 1 where a > b, else 0; without a gradient.
    Greater,
    /// 1 where a ≥ b, else 0; without a gradient.
    GreaterEqual,
}

impl BinaryOp {
    /// Whether the gradient of a is computed from a, and from b.
    #[must_use]
    pub const fn reads_for_a(self) -> [bool; 2] {
        match self {
            Self::Add | Self::Sub | Self::Greater | Self::GreaterEqual => [false, false],
            Self::Mul | Self::Div => [false, true],
            Self::Max | Self::Min => [true, true],
        }
    }

    /// Whether the gradient of b is computed from a, and from b.
    #[must_use]
    pub const fn reads_for_b(self) -> [bool; 2] {
        match self {
            Self::Add | Self::Sub | Self::Greater | Self::GreaterEqual => [false, false],
            Self::Mul => [true, false],
            Self::Div | Self::Max | Self::Min => [true, true],
        }
    }
}

/// The sizes of the result, and the strides of both sides in vectors: 0 along an axis that is stretched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// The sizes of the result.
    pub dims: [usize; 3],
    /// The strides of a.
    pub a: [usize; 3],
    /// The strides of b.
    pub b: [usize; 3],
}

/// An operator between `len` vectors and a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WithNumber {
    /// The operator.
    pub op: BinaryOp,
    /// The number.
    pub number: f32,
    /// The number stands left.
    pub first: bool,
    /// The vectors.
    pub len: usize,
}

/// `len` vectors to a power.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power {
    /// The power.
    pub exponent: f32,
    /// The vectors.
    pub len: usize,
}
