//! A parameter for each channel.

/// Sizes of `[outer][channels][inner]`, where each channel has its parameter; one channel where all share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerChannel {
    /// Before the channels.
    pub outer: usize,
    /// Channels.
    pub channels: usize,
    /// After them.
    pub inner: usize,
}
