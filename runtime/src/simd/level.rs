//! Which instruction set the kernels use.

use core::sync::atomic::{AtomicU8, Ordering};

/// An instruction set that kernels are built for, weakest first.
///
/// With the feature `std` the best one that the machine has is found when running; the environment variable
/// `FIRECLAY_SIMD=scalar|avx2|avx512` lowers it. Without `std` it is what the build was told (`-C target-feature`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// No vectors beyond what the compiler makes of plain loops.
    Scalar = 1,
    /// AVX2 and FMA.
    Avx2 = 2,
    /// AVX-512 F, beside AVX2 and FMA.
    Avx512 = 3,
}

/// 0 until asked for the first time.
static CURRENT: AtomicU8 = AtomicU8::new(0);

impl Level {
    /// The instruction set in use.
    #[inline]
    #[must_use]
    pub fn current() -> Self {
        #[cfg(test)]
        if let Some(level) = tests::FORCED.get() {
            return level;
        }
        match CURRENT.load(Ordering::Relaxed) {
            1 => Self::Scalar,
            2 => Self::Avx2,
            3 => Self::Avx512,
            _ => Self::find(),
        }
    }

    #[cold]
    fn find() -> Self {
        let level = Self::detect().min(Self::wished());
        CURRENT.store(level as u8, Ordering::Relaxed);
        level
    }

    /// The best that this machine has.
    #[must_use]
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    pub fn detect() -> Self {
        let avx2 = std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma");
        match avx2 {
            true if std::is_x86_feature_detected!("avx512f") => Self::Avx512,
            true => Self::Avx2,
            false => Self::Scalar,
        }
    }

    /// The best that this build may use.
    #[must_use]
    #[cfg(not(all(feature = "std", target_arch = "x86_64")))]
    pub fn detect() -> Self {
        if cfg!(all(target_feature = "avx512f", target_feature = "fma")) {
            Self::Avx512
        } else if cfg!(all(target_feature = "avx2", target_feature = "fma")) {
            Self::Avx2
        } else {
            Self::Scalar
        }
    }

    #[cfg(feature = "std")]
    fn wished() -> Self {
        match std::env::var("FIRECLAY_SIMD").as_deref() {
            Ok("scalar") => Self::Scalar,
            Ok("avx2") => Self::Avx2,
            _ => Self::Avx512,
        }
    }

    #[cfg(not(feature = "std"))]
    fn wished() -> Self {
        Self::Avx512
    }
}

#[cfg(test)]
mod tests {
    use super::Level;
    use core::cell::Cell;

    std::thread_local! {
        /// Tests choose for themselves: the cached level is all threads'.
        pub(super) static FORCED: Cell<Option<Level>> = const { Cell::new(None) };
    }

    impl Level {
        /// Runs `test` at this level.
        pub(crate) fn with(level: Level, test: impl FnOnce()) {
            FORCED.set(Some(level));
            test();
            FORCED.set(None);
        }
    }

    #[test]
    fn the_level_in_use_is_one_that_the_machine_has() {
        assert!(Level::current() <= Level::detect());
        Level::with(Level::Scalar, || assert_eq!(Level::current(), Level::Scalar));
    }
}
