//! From one generic kernel to its entries: one per form, each picking the instruction set when it is called.

/// Makes `lanes::NAME` and `one::NAME` out of generic kernels `NAME<V: Vector>` of the same file.
///
/// The machine code lives in this crate, once per instruction set: a user's rebuild compiles calls. Where there is something to pick, the
/// picking is not inlined either: it would stand in the user's code at every call, and made that three times as large.
macro_rules! entries {
    ($($(#[$meta:meta])* $vis:vis unsafe fn $name:ident($($arg:ident: $ty:ty),* $(,)?);)*) => {
        /// Sixteen samples side by side.
        pub mod lanes {
            #[allow(unused_imports)]
            use super::*;
            $(
                $(#[$meta])*
                ///
                /// # Safety
                /// Pointers are valid for what the geometry says (`docs/kernels.md`), sixteen lanes a position.
                #[cfg_attr(target_arch = "x86_64", inline(never))]
                #[cfg_attr(not(target_arch = "x86_64"), inline)]
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
                    unsafe fn scalar($($arg: $ty),*) {
                        // SAFETY: the caller's promise.
                        unsafe { super::$name::<$crate::simd::scalar::Scalar16>($($arg),*) }
                    }
                    // SAFETY: the caller's promise; the level was found on this machine.
                    unsafe {
                        match $crate::simd::Level::current() {
                            #[cfg(target_arch = "x86_64")]
                            $crate::simd::Level::Avx512 => avx512($($arg),*),
                            #[cfg(target_arch = "x86_64")]
                            $crate::simd::Level::Avx2 => avx2($($arg),*),
                            _ => scalar($($arg),*),
                        }
                    }
                }
            )*
        }

        /// A single sample.
        pub mod one {
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
