//! Which instruction set the kernels use.

#[cfg(feature = "std")]
use core::sync::atomic::{AtomicU8, Ordering};

/// An instruction set that kernels are built for; those of one architecture stand weakest first.
///
/// With the feature `std` the best one that the machine has is found when running; the environment variable
/// `FIRECLAY_SIMD` lowers it (`scalar`; `avx2` or `avx512` on x86-64, `neon` on AArch64, `simd128` on WebAssembly). Without `std`
/// it is what the build was told (`-C target-feature`); so it always is on AArch64, which has NEON, and on WebAssembly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// No vectors beyond what every machine of the architecture has: SSE2 on x86-64, what the compiler makes of plain loops elsewhere.
    Scalar = 1,
    /// x86-64: AVX2 and FMA.
    Avx2 = 2,
    /// x86-64: AVX-512 F, beside AVX2 and FMA.
    Avx512 = 3,
    /// AArch64: NEON.
    Neon = 4,
    /// WebAssembly: 128-bit vectors.
    Simd128 = 5,
}

/// 0 until asked for the first time.
#[cfg(feature = "std")]
static CURRENT: AtomicU8 = AtomicU8::new(0);

impl Level {
    /// The levels of this architecture, weakest first, and their names in `FIRECLAY_SIMD`.
    pub const NAMED: &[(&str, Self)] = &[
        ("scalar", Self::Scalar),
        #[cfg(target_arch = "x86_64")]
        ("avx2", Self::Avx2),
        #[cfg(target_arch = "x86_64")]
        ("avx512", Self::Avx512),
        #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
        ("neon", Self::Neon),
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        ("simd128", Self::Simd128),
    ];

    /// The instruction set in use.
    #[inline]
    #[must_use]
    pub fn current() -> Self {
        #[cfg(feature = "force-level")]
        if let Some(level) = FORCED.get() {
            return level;
        }
        Self::chosen()
    }

    #[inline]
    #[cfg(feature = "std")]
    fn chosen() -> Self {
        match CURRENT.load(Ordering::Relaxed) {
            1 => Self::Scalar,
            2 => Self::Avx2,
            3 => Self::Avx512,
            4 => Self::Neon,
            5 => Self::Simd128,
            _ => Self::find(),
        }
    }

    /// Nothing to find, nothing to remember: entries become plain calls.
    #[inline]
    #[cfg(not(feature = "std"))]
    fn chosen() -> Self {
        Self::detect()
    }

    #[cold]
    #[cfg(feature = "std")]
    fn find() -> Self {
        use std::io::Write;
        let best = Self::detect();
        let wish = std::env::var_os("FIRECLAY_SIMD").filter(|wish| !wish.is_empty());
        let known = wish.as_ref().and_then(|wish| Self::NAMED.iter().find(|(name, _)| wish == name));
        let level = known.map_or(best, |(_, level)| best.min(*level));
        let first = CURRENT.swap(level as u8, Ordering::Relaxed) == 0;
        if let (true, Some(wish), None) = (first, wish, known) {
            let names: std::vec::Vec<_> = Self::NAMED.iter().map(|(name, _)| *name).collect();
            // A message that cannot be written is no reason to stop.
            let _ = std::writeln!(
                std::io::stderr(),
                "fireclay: FIRECLAY_SIMD={} is not known here and changes nothing; known are {}",
                wish.display(),
                names.join(", ")
            );
        }
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
    #[inline]
    #[must_use]
    #[cfg(not(all(feature = "std", target_arch = "x86_64")))]
    pub fn detect() -> Self {
        if cfg!(all(target_arch = "aarch64", target_feature = "neon")) {
            Self::Neon
        } else if cfg!(all(target_arch = "wasm32", target_feature = "simd128")) {
            Self::Simd128
        } else if cfg!(all(target_feature = "avx512f", target_feature = "avx2", target_feature = "fma")) {
            Self::Avx512
        } else if cfg!(all(target_feature = "avx2", target_feature = "fma")) {
            Self::Avx2
        } else {
            Self::Scalar
        }
    }
}

#[cfg(feature = "force-level")]
std::thread_local! {
    /// The level of this thread alone: the one that is remembered is all threads'.
    static FORCED: core::cell::Cell<Option<Level>> = const { core::cell::Cell::new(None) };
}

/// For the tests of kernels.
#[cfg(feature = "force-level")]
impl Level {
    /// Runs `test` at this level.
    pub fn with(level: Self, test: impl FnOnce()) {
        /// After a test that fails too.
        struct Reset;
        impl Drop for Reset {
            fn drop(&mut self) {
                FORCED.set(None);
            }
        }
        FORCED.set(Some(level));
        let _reset = Reset;
        test();
    }

    /// The levels that this machine has.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::NAMED.iter().map(|(_, level)| *level).filter(|level| *level <= Self::detect())
    }
}
