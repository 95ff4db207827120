//! From one generic kernel to its entries: one per layout, each picking the instruction set when it is called.

/// Makes `chwn16::NAME` and `chw::NAME` out of generic kernels `NAME<V: Vector>` of the same file.
///
/// The machine code lives in this crate, once per instruction set: a user's rebuild compiles calls. Where there is something to pick, the
/// picking is not inlined either: it would stand in the user's code at every call, and made that three times as large.
macro_rules! entries {
    ($($(#[$meta:meta])* $vis:vis unsafe fn $name:ident($($arg:ident: $ty:ty),* $(,)?);)*) => {
        /// Sixteen samples side by side.
        pub mod chwn16 {
            #[allow(unused_imports)]
            use super::*;
            $(
                $(#[$meta])*
                ///
                /// # Safety
                /// Pointers are valid for what the geometry says (`docs/kernels.md`), sixteen lanes a position.
                #[cfg_attr(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"), inline(never))]
                #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")), inline)]
                $vis unsafe fn $name($($arg: $ty),*) {
                    #[cfg(target_arch = "x86_64")]
                    #[target_feature(enable = "avx512f,avx2,fma")]
                    unsafe fn avx512($($arg: $ty),*) {
                        // SAFETY: the caller's promise, and the features are enabled.
                        unsafe { super::$name::<$crate::simd::avx512::Avx512>($($arg),*) }
                    }
                    #[cfg(target_arch = "x86_64")]
                    #[target_feature(enable = "avx2,fma")]
                    unsafe fn avx2($($arg: $ty),*) {
                        // SAFETY: the caller's promise, and the features are enabled.
                        unsafe { super::$name::<$crate::simd::avx2::Avx2>($($arg),*) }
                    }
                    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
                    unsafe fn neon($($arg: $ty),*) {
                        // SAFETY: the caller's promise, and the build has the feature.
                        unsafe { super::$name::<$crate::simd::neon::Neon>($($arg),*) }
                    }
                    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
                    unsafe fn simd128($($arg: $ty),*) {
                        // SAFETY: the caller's promise, and the build has the feature.
                        unsafe { super::$name::<$crate::simd::wasm::Simd128>($($arg),*) }
                    }
                    // Its large frame must not become that of the entry.
                    #[cfg_attr(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32"), inline(never))]
                    unsafe fn scalar($($arg: $ty),*) {
                        // SAFETY: the caller's promise.
                        unsafe { super::$name::<$crate::simd::Baseline>($($arg),*) }
                    }
                    // SAFETY: the caller's promise; the level was found on this machine.
                    unsafe {
                        match $crate::simd::Level::current() {
                            #[cfg(target_arch = "x86_64")]
                            $crate::simd::Level::Avx512 => avx512($($arg),*),
                            #[cfg(target_arch = "x86_64")]
                            $crate::simd::Level::Avx2 => avx2($($arg),*),
                            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
                            $crate::simd::Level::Neon => neon($($arg),*),
                            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
                            $crate::simd::Level::Simd128 => simd128($($arg),*),
                            _ => scalar($($arg),*),
                        }
                    }
                }
            )*
        }

        /// A single sample.
        pub mod chw {
            #[allow(unused_imports)]
            use super::*;
            $(
                $(#[$meta])*
                ///
                /// # Safety
                /// Pointers are valid for what the geometry says (`docs/kernels.md`), one number a position.
                #[cfg_attr(target_arch = "x86_64", inline(never))]
                #[cfg_attr(not(target_arch = "x86_64"), inline)]
                $vis unsafe fn $name($($arg: $ty),*) {
                    #[cfg(target_arch = "x86_64")]
                    #[target_feature(enable = "avx2,fma")]
                    unsafe fn avx2($($arg: $ty),*) {
                        // SAFETY: the caller's promise.
                        unsafe { super::$name::<f32>($($arg),*) }
                    }
                    #[cfg_attr(target_arch = "x86_64", inline(never))]
                    unsafe fn scalar($($arg: $ty),*) {
                        // SAFETY: the caller's promise.
                        unsafe { super::$name::<f32>($($arg),*) }
                    }
                    // SAFETY: the caller's promise; the level was found on this machine.
                    unsafe {
                        match $crate::simd::Level::current() {
                            #[cfg(target_arch = "x86_64")]
                            $crate::simd::Level::Avx512 | $crate::simd::Level::Avx2 => avx2($($arg),*),
                            _ => scalar($($arg),*),
                        }
                    }
                }
            )*
        }
    };
}

/// Entries of a family of kernels, from its declarations in `fireclay-ir`: `fireclay_ir::pool_kernels!(declared);`.
macro_rules! declared {
    ({ $(#![$family:meta])* $($(#[$meta:meta])* [$entries:tt] $name:ident($($arg:ident: $role:ident $([$of:ident])?),* $(,)?);)* }) => {
        entries! {
            $($(#[$meta])* pub unsafe fn $name($($arg: fireclay_ir::operand!($role $([$of])?)),*);)*
        }
    };
}

/// Holds functions that pick their instruction set within to their declarations in `fireclay-ir`: those of the same name, `[here]` or
/// `[by_layout]`, in the modules `chwn16` and `chw` as the declarations say.
macro_rules! checked {
    ([$where:ident] { $(#![$family:meta])* $($(#[doc = $doc:literal])* $(#[cfg($cfg:meta)])? [$entries:tt] $name:ident($($arg:ident: $role:ident $([$of:ident])?),* $(,)?);)* }) => {
        $(
            $(#[cfg($cfg)])?
            const _: &[unsafe fn($(fireclay_ir::operand!($role $([$of])?)),*)] = functions!($where $entries $name);
        )*
    };
}

/// The functions of this name.
macro_rules! functions {
    (here $entries:tt $name:ident) => {
        &[self::$name]
    };
    (by_layout both $name:ident) => {
        &[chwn16::$name, chw::$name]
    };
    (by_layout $entries:tt $name:ident) => {
        &[$entries::$name]
    };
}
