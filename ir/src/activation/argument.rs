//! Arguments of activations.

/// An argument of an activation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Argument {
    /// The name: `alpha`.
    pub name: &'static str,
    /// The values that it takes.
    pub kind: Kind,
}

/// The values that an argument takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A finite number.
    Number {
        /// The default.
        default: f32,
        /// It must be above zero.
        positive: bool,
    },
    /// One of two words, the first by default: `false` and `true` of a `bool`.
    Word([&'static str; 2]),
}

impl Kind {
    /// The default, as a number.
    #[must_use]
    pub const fn default(self) -> f32 {
        match self {
            Self::Number { default, .. } => default,
            Self::Word(_) => 0.0,
        }
    }
}

/// Any finite number.
pub(super) const fn number(default: f32) -> Kind {
    Kind::Number { default, positive: false }
}

/// A finite number above zero.
pub(super) const fn positive(default: f32) -> Kind {
    Kind::Number { default, positive: true }
}

/// One of two words.
pub(super) const fn word(first: &'static str, second: &'static str) -> Kind {
    Kind::Word([first, second])
}

/// An argument from a number.
pub(super) trait FromNumber {
    /// A number, or whether it is the second of two words.
    fn from_number(number: f32) -> Self;
}

impl FromNumber for f32 {
    fn from_number(number: f32) -> Self {
        number
    }
}

impl FromNumber for bool {
    fn from_number(number: f32) -> Self {
        number > 0.0
    }
}

#[cfg(feature = "double")]
impl Kind {
    /// Values that tests take.
    pub(super) const fn examples(self) -> [f32; 4] {
        match self {
            Self::Number { default, positive: false } => [default, 0.3, -0.5, 0.0],
            Self::Number { default, positive: true } => [default, 0.5, 2.0, 0.125],
            Self::Word(_) => [0.0, 1.0, 0.0, 1.0],
        }
    }
}
