//! Padding.

/// What stands in a padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PadMode {
    /// A number: zero, or another one.
    Zeros,
    /// The image mirrored at its edge, which is not repeated.
    Reflect,
    /// Its edge.
    Replicate,
    /// The other side of it.
    Circular,
}

impl PadMode {
    /// The position, of `len`, that stands at one of a padded axis with so many `before`; `None` for the number.
    #[inline]
    #[must_use]
    pub const fn source(self, at: usize, before: usize, len: usize) -> Option<usize> {
        if at < before {
            let distance = before - at;
            return match self {
                Self::Zeros => None,
                Self::Reflect => Some(distance),
                Self::Replicate => Some(0),
                Self::Circular => Some(len.saturating_sub(distance)),
            };
        }
        let place = at - before;
        if place < len {
            return Some(place);
        }
        let distance = place - len + 1;
        match self {
            Self::Zeros => None,
            Self::Reflect => Some(len.saturating_sub(1 + distance)),
            Self::Replicate => Some(len.saturating_sub(1)),
            Self::Circular => Some(distance - 1),
        }
    }

    /// The most padding on a side of `len` positions; `None`: any.
    #[inline]
    #[must_use]
    pub const fn most(self, len: usize) -> Option<usize> {
        match self {
            Self::Zeros | Self::Replicate => None,
            Self::Reflect => Some(len.saturating_sub(1)),
            Self::Circular => Some(len),
        }
    }
}

/// The sizes of a padding from x `[channels][height][width]` to y `[channels][out_height][out_width]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pad {
    /// The channels.
    pub channels: usize,
    /// The height of x.
    pub height: usize,
    /// The width of x.
    pub width: usize,
    /// The height of y.
    pub out_height: usize,
    /// The width of y.
    pub out_width: usize,
    /// The padding before, down and across; that after follows from the sizes.
    pub before: [usize; 2],
    /// What stands there.
    pub mode: PadMode,
}
