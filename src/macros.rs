//! The macros. They hand on what they are given, with the path by which this crate is found: it may be called otherwise in a `Cargo.toml`, or
//! be re-exported by another crate.

/// Declares networks: every shape is checked, all memory planned, forward and backward code written. The language is described in
/// `docs/language.md`.
#[macro_export]
macro_rules! network {
    ($($declarations:tt)*) => {
        $crate::__private::network! { ($crate) $($declarations)* }
    };
}

/// A packed network as a constant, from a safetensors file that is read, checked and folded (batch norms into what stands before
/// them) while compiling: neither a heap nor a parser is needed when running, and a tensor that is missing or of another
/// shape is a compile error that names it.
///
/// ```text
/// static NET: Packed<DigitNet> = weights!(DigitNet, "digits.safetensors");
/// ```
///
/// The network is named by its path, as after `net`; it may be declared in another module or crate. The file's path begins at the folder of
/// the crate's `Cargo.toml`. What it becomes is as large as the weights that inference reads, and belongs into a `static`: a `let`
/// would put all of it on the stack. Files are taken as by [`Save::load`](crate::Save::load); what had to be changed (numbers of half
/// precision, a `module.` before every name) is printed as a note while compiling.
#[macro_export]
macro_rules! weights {
    ($($arguments:tt)*) => {
        $crate::__private::weights! { ($crate) $($arguments)* }
    };
}
