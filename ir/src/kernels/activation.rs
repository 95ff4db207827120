//! Kernels of activations.

/// The kernels of every activation (`activation.rs`), `len` vectors. All may run in place.
#[macro_export]
macro_rules! activation_kernels {
    ($then:ident $($with:tt)*) => { $crate::activations! { activation_kernels_of $then { $($with)* } } };
}

/// The kernels of [`activation_kernels!`], from the list of activations.
#[doc(hidden)]
#[macro_export]
macro_rules! activation_kernels_of {
    ($then:ident { $($with:tt)* } $($forward:ident $Name:ident $backward:ident;)*) => {
        $then! { $($with)* {
            $(
                /// `y = f(x)`; zero where that is denormal and the declaration says so.
                [both] $forward(f: activation[$Name], len: size, x: value, y: output);
                /// `dx (+)= dy · f′(x)`, from x or y, as `f.saved()` says.
                #[cfg(feature = "train")]
                [both] $backward(f: activation[$Name], len: size, saved: value, dy: gradient, dx: gradient_out, accumulate: flag);
            )*
        } }
    };
}
