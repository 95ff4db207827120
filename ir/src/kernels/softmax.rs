//! Softmax.

/// Softmax (`softmax.rs`).
#[macro_export]
macro_rules! softmax_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Softmax (`softmax.rs`).

            /// `y = eˣ / Σ eˣ`, or that of −x; zero where that is denormal.
            [both] softmax_forward(g: geometry[Softmax], x: value, y: output);
            /// One row before its division: `y = e^(x − most)`, the largest number, and the sum of y, which is NaN where an x is.
            #[cfg(feature = "train")]
            [both] softmax_row(len: size, stride: size, x: value, y: output, most: output, sum: output);
            /// `dx (+)= y · (dy − Σ y · dy)`, or the negative of that.
            #[cfg(feature = "train")]
            [both] softmax_backward(g: geometry[Softmax], y: value, dy: gradient, dx: gradient_out, accumulate: flag);
            /// `y = x − ln Σ eˣ`
            [both] log_softmax_forward(g: geometry[Softmax], x: value, y: output);
            /// `dx (+)= dy − e^y · Σ dy`
            #[cfg(feature = "train")]
            [both] log_softmax_backward(g: geometry[Softmax], y: value, dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}

/// Softmax over the channels of a single sample in `chw16c` (`softmax/chw16c.rs`).
#[macro_export]
macro_rules! softmax_chw16c_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Softmax over the channels of a single sample in `chw16c` (`softmax/chw16c.rs`).

            /// `y = eˣ / Σ eˣ`, or that of −x; zero where that is denormal.
            [chw] softmax_chw16c_forward(g: geometry[Softmax], x: value, y: output);
            /// `dx (+)= y · (dy − Σ y · dy)`, or the negative of that.
            #[cfg(feature = "train")]
            [chw] softmax_chw16c_backward(g: geometry[Softmax], y: value, dy: gradient, dx: gradient_out, accumulate: flag);
            /// `y = x − ln Σ eˣ`
            [chw] log_softmax_chw16c_forward(g: geometry[Softmax], x: value, y: output);
            /// `dx (+)= dy − e^y · Σ dy`
            #[cfg(feature = "train")]
            [chw] log_softmax_chw16c_backward(g: geometry[Softmax], y: value, dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}
