//! A parameter for each channel (`PRelu`).

/// The sizes of `[outer][channels][inner]`, where each channel has its parameter; one channel where all share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerChannel {
    /// The product of the sizes before the channels.
    pub outer: usize,
    /// The channels.
    pub channels: usize,
    /// The product of the sizes after them.
    pub inner: usize,
}
