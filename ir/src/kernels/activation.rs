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

/// Activations with a learned parameter (`learned.rs`). x and y, dy and dx may be the same.
#[macro_export]
macro_rules! learned_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            /// `y = x` where x > 0, else `slope · x`.
            [both] prelu_forward(g: geometry[PerChannel], x: value, slope: param, y: output);
            /// `dx (+)= dy` where x > 0, else `slope · dy`.
            #[cfg(feature = "train")]
            [both] prelu_backward_input(g: geometry[PerChannel], x: value, slope: param, dy: gradient, dx: gradient_out, accumulate: flag);
            /// Adds `x · dy` where x ≤ 0 to the gradient of the slope.
            #[cfg(feature = "train")]
            [both] prelu_backward_weight(g: geometry[PerChannel], x: value, slope: param, dy: gradient, dslope: param_gradient);
        } }
    };
}
