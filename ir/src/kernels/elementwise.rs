//! What works number by number, or along one axis.

/// Dropout (`dropout.rs`).
#[macro_export]
macro_rules! dropout_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Dropout (`dropout.rs`).

            /// Drops some of x and scales the rest; `count` samples are real.
            [both] dropout_forward(g: geometry[Dropout], key: key, first_sample: size, count: size, x: value, y: output);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [both] dropout_backward(g: geometry[Dropout], key: key, first_sample: size, count: size, dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}

/// Sums, differences and products (`elementwise.rs`), `len` vectors. All may run in place.
#[macro_export]
macro_rules! elementwise_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Sums, differences and products (`elementwise.rs`), `len` vectors. All may run in place.

            /// `y = a op b`; products are zero where they are denormal.
            [both] binary(g: geometry[Binary], a: value, b: value, y: output);
            /// `y = scale · x + shift`
            [both] affine(len: size, scale: number, shift: number, x: value, y: output);
            /// Makes those zero that are below `TINY`: what a loss left, or another network.
            #[cfg(feature = "train")]
            [both] flush_gradient(len: size, dy: gradient_out);
            /// The gradient of a, or added to it; b is read for products alone.
            #[cfg(feature = "train")]
            [both] binary_backward_a(g: geometry[Binary], dy: gradient, b: value[null], da: gradient_out, accumulate: flag);
            /// The gradient of b, or added to it; a is read for products alone.
            #[cfg(feature = "train")]
            [both] binary_backward_b(g: geometry[Binary], dy: gradient, a: value[null], db: gradient_out, accumulate: flag);
            /// `dx (+)= scale · dy`
            #[cfg(feature = "train")]
            [both] affine_backward(len: size, scale: number, dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}

/// Softmax (`softmax.rs`).
#[macro_export]
macro_rules! softmax_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Softmax (`softmax.rs`).

            /// `y = eˣ / Σ eˣ`; zero where that is denormal.
            [both] softmax_forward(g: geometry[Softmax], x: value, y: output);
            /// One row before its division: `y = e^(x − most)`, the largest number, and the sum of y, which is NaN where an x is.
            #[cfg(feature = "train")]
            [both] softmax_row(len: size, stride: size, x: value, y: output, most: output, sum: output);
            /// `dx (+)= y · (dy − Σ y · dy)`
            #[cfg(feature = "train")]
            [both] softmax_backward(g: geometry[Softmax], y: value, dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}
