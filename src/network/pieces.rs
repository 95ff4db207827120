//! The pieces that a step is cut into, for `fireclay-bench simulate`: with the feature `profile` each is timed while a thread asks for it.

/// How a piece of a step can be dealt to threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// The micro-batches of a gradient slot between two barriers; threads take whole slots.
    Slot {
        /// Which.
        slot: usize,
        /// How many there are.
        slots: usize,
    },
    /// What one thread does while others wait.
    Serial,
    /// What is cut into as many shares as there are threads.
    Shares {
        /// At most so many.
        most: usize,
    },
}

/// Does the work, and times it where it is asked for.
#[inline]
pub(crate) fn timed<T>(piece: Piece, work: impl FnOnce() -> T) -> T {
    #[cfg(feature = "profile")]
    return crate::profile::timed(piece, work);
    #[cfg(not(feature = "profile"))]
    {
        let _ = piece;
        work()
    }
}
