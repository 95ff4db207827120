//! Unpooling.

/// The sizes of an unpooling: the numbers of x go to where indices say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unpool {
    /// The channels of x and y.
    pub channels: usize,
    /// The positions of a channel of x.
    pub len: usize,
    /// The positions of a channel of y; indices are below it.
    pub out_len: usize,
}
