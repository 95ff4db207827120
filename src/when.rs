//! Generated code that exists only with a feature *of fireclay*: `#[cfg(feature = …)]` in it would ask the user's crate.

/// Its tokens, where fireclay has the feature `std`.
#[cfg(feature = "std")]
#[doc(hidden)]
#[macro_export]
macro_rules! when_std {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Its tokens, where fireclay has the feature `std`.
#[cfg(not(feature = "std"))]
#[doc(hidden)]
#[macro_export]
macro_rules! when_std {
    ($($tokens:tt)*) => {};
}

/// The first, where fireclay has the feature `std`, else the second.
#[cfg(feature = "std")]
#[doc(hidden)]
#[macro_export]
macro_rules! if_std {
    ($std:expr, $no_std:expr) => {
        $std
    };
}

/// The first, where fireclay has the feature `std`, else the second.
#[cfg(not(feature = "std"))]
#[doc(hidden)]
#[macro_export]
macro_rules! if_std {
    ($std:expr, $no_std:expr) => {
        $no_std
    };
}

/// Its tokens, where fireclay has the feature `train`.
#[cfg(feature = "train")]
#[doc(hidden)]
#[macro_export]
macro_rules! when_train {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Its tokens, where fireclay has the feature `train`.
#[cfg(not(feature = "train"))]
#[doc(hidden)]
#[macro_export]
macro_rules! when_train {
    ($($tokens:tt)*) => {};
}

/// Where fireclay has the feature `profile`: a node begins (`mark!(3, forward)`), or the last one ends (`mark!(end)`).
#[cfg(feature = "profile")]
#[doc(hidden)]
#[macro_export]
macro_rules! mark {
    (end) => {
        $crate::profile::end()
    };
    ($node:literal, $direction:ident) => {
        $crate::profile::$direction($node)
    };
}

/// Nothing: fireclay has not the feature `profile`.
#[cfg(not(feature = "profile"))]
#[doc(hidden)]
#[macro_export]
macro_rules! mark {
    ($($mark:tt)*) => {};
}

/// Its tokens, where rust-analyzer reads them: what a compiler has no use for.
#[cfg(rust_analyzer)]
#[doc(hidden)]
#[macro_export]
macro_rules! when_editor {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Its tokens, where rust-analyzer reads them: what a compiler has no use for.
#[cfg(not(rust_analyzer))]
#[doc(hidden)]
#[macro_export]
macro_rules! when_editor {
    ($($tokens:tt)*) => {};
}
