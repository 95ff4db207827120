//! Convolutions by Winograd's minimal filtering.

/// Winograd's F(4×4, 3×3) and F(4×4, 2×2) over sixteen samples side by side (`conv/winograd/batch.rs`), for 3×3 kernels of stride 1 and 4×4 kernels of stride 2,
/// dilation 1, one group; scratch: `winograd_scratch` floats.
#[macro_export]
macro_rules! conv_winograd_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Winograd's F(4×4, 3×3) and F(4×4, 2×2) over sixteen samples side by side (`conv/winograd/batch.rs`), for 3×3 kernels of stride 1 and 4×4 kernels of
            //! stride 2, dilation 1, one group; scratch: `winograd_scratch` floats.

            /// `y = conv(x, weight) + bias`; `bias` may be null.
            [chwn16] conv_winograd_forward(g: geometry[Conv], x: value, weight: param, bias: param[null], y: output, scratch: scratch);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [chwn16] conv_winograd_backward_input(g: geometry[Conv], dy: gradient, weight: param, dx: gradient_out, accumulate: flag, scratch: scratch);
            /// `y = conv_transpose(x, weight) + bias`; `bias` may be null.
            [chwn16] conv_transpose_winograd_forward(g: geometry[Conv], x: value, weight: param, bias: param[null], y: output, scratch: scratch);
            /// The gradient of a transposed convolution's x, or added to it.
            #[cfg(feature = "train")]
            [chwn16] conv_transpose_winograd_backward_input(g: geometry[Conv], dy: gradient, weight: param, dx: gradient_out, accumulate: flag, scratch: scratch);
        } }
    };
}

/// Weight gradients by Winograd's transforms (`conv/winograd/weight_gradient.rs`); scratch: `winograd_weight_scratch` floats.
#[macro_export]
macro_rules! conv_winograd_weight_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Weight gradients by Winograd's transforms (`conv/winograd/weight_gradient.rs`); scratch: `winograd_weight_scratch` floats.

            /// Adds the gradients of weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [chwn16] conv_winograd_backward_weight(g: geometry[Conv], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch);
            /// Adds the gradients of a transposed convolution's weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [chwn16] conv_transpose_winograd_backward_weight(g: geometry[Conv], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch);
        } }
    };
}

/// Winograd's F(4×4, 3×3) of a single sample in `chw16c` (`conv/winograd/chw16c.rs`); scratch: `conv_winograd_chw16c_scratch` floats.
#[macro_export]
macro_rules! winograd_chw16c_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Winograd's F(4×4, 3×3) of a single sample in `chw16c` (`conv/winograd/chw16c.rs`); scratch: `conv_winograd_chw16c_scratch`
            //! floats for each share, which is some of the tiles, or of the filters.

            /// `y = max(low, conv(x, weight) + bias + add)` for a 3×3 kernel of stride 1; `add` may be null. `weight` is the weight that was packed.
            [chw] conv_winograd_chw16c(g: geometry[Conv], x: value, packed: packed, weight: param, add: residual[null], low: lower_bound, y: output, scratch: scratch, share: share);
        } }
    };
}

/// The packing of their weights.
#[macro_export]
macro_rules! winograd_chw16c_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! The packing of their weights.

            /// `conv_winograd_chw16c_len` floats; `bias` may be null.
            [chw] conv_winograd_chw16c_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
        } }
    };
}

/// Training of a single sample in `chw16c` by Winograd's F(4×4, 3×3) (`conv/winograd/train_chw16c.rs`, `weight_gradient_chw16c.rs`), where
/// `conv_winograd_chw16c_fits`; scratch: `conv_winograd_chw16c_train_scratch` floats.
#[macro_export]
macro_rules! winograd_chw16c_train_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Training of a single sample in `chw16c` by Winograd's F(4×4, 3×3) (`conv/winograd/train_chw16c.rs`, `weight_gradient_chw16c.rs`), where
            //! `conv_winograd_chw16c_fits`; scratch: `conv_winograd_chw16c_train_scratch` floats.

            /// `y = conv(x, weight) + bias`; `bias` may be null.
            #[cfg(feature = "train")]
            [chw] conv_winograd_chw16c_forward(g: geometry[Conv], x: value, weight: param, bias: param[null], y: output, scratch: scratch);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [chw] conv_winograd_chw16c_backward_input(g: geometry[Conv], dy: gradient, weight: param, dx: gradient_out, accumulate: flag, scratch: scratch);
            /// Adds the gradients of weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [chw] conv_winograd_chw16c_backward_weight(g: geometry[Conv], x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch);
        } }
    };
}

/// Training in `chw16c` across all samples of a batch by Winograd's F(4×4, 3×3) (`conv/winograd/across.rs`, `weight_gradient_across.rs`), where
/// `conv_winograd_chw16c_fits`: the weight of some filters is transformed once for the tiles of many samples, and a share is some of the results. Scratch:
/// `conv_winograd_across_scratch` floats for each share.
#[macro_export]
macro_rules! winograd_across_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Training in `chw16c` across all samples of a batch by Winograd's F(4×4, 3×3) (`conv/winograd/across.rs`, `weight_gradient_across.rs`),
            //! where `conv_winograd_chw16c_fits`: the weight of some filters is transformed once for the tiles of many samples, and a share is some of the results.
            //! Scratch: `conv_winograd_across_scratch` floats for each share.

            /// `y = conv(x, weight) + bias`; `bias` may be null.
            #[cfg(feature = "train")]
            [across] conv_winograd_across_forward(g: geometry[Conv], samples: samples, x: value, weight: param, bias: param[null], y: output, scratch: scratch, share: share);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [across] conv_winograd_across_backward_input(g: geometry[Conv], samples: samples, dy: gradient, weight: param, dx: gradient_out, accumulate: flag, scratch: scratch, share: share);
            /// Adds the gradients of weight and bias; `dbias` may be null.
            #[cfg(feature = "train")]
            [across] conv_winograd_across_backward_weight(g: geometry[Conv], samples: samples, x: value, dy: gradient, dweight: param_gradient, dbias: param_gradient[null], scratch: scratch, share: share);
        } }
    };
}

/// Winograd's F(2, 5) along the row (`conv/winograd/row.rs`), for kernels five wide and stride 1; scratch:
/// `conv_winograd_row_scratch` floats. `y = max(low, conv(x, weight) + bias + add)`; `add` may be null; `weight` is what was
/// packed.
#[macro_export]
macro_rules! winograd_row_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Winograd's F(2, 5) along the row (`conv/winograd/row.rs`), for kernels five wide and stride 1; scratch:
            //! `conv_winograd_row_scratch` floats. `y = max(low, conv(x, weight) + bias + add)`; `add` may be null; `weight` is
            //! what was packed.

            /// Reads `chw16c`.
            [chw] conv_winograd_row(g: geometry[Conv], x: value, packed: packed, weight: param, add: residual[null], low: lower_bound, y: output, scratch: scratch);
            /// Reads `chw`.
            [chw] conv_winograd_row_from_chw(g: geometry[Conv], x: value, packed: packed, weight: param, add: residual[null], low: lower_bound, y: output, scratch: scratch);
            /// A 2×2 max pool of that; nothing is added.
            [chw] conv_winograd_row_pooled(g: geometry[Conv], x: value, packed: packed, weight: param, add: residual[null], low: lower_bound, y: output, scratch: scratch);
            /// The same; reads `chw`.
            [chw] conv_winograd_row_from_chw_pooled(g: geometry[Conv], x: value, packed: packed, weight: param, add: residual[null], low: lower_bound, y: output, scratch: scratch);
        } }
    };
}

/// The packing of their weights: `conv_winograd_row_len` floats; `bias` may be null.
#[macro_export]
macro_rules! winograd_row_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! The packing of their weights: `conv_winograd_row_len` floats; `bias` may be null.

            /// For an x in `chw16c`.
            [chw] conv_winograd_row_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
            /// For an x in `chw`.
            [chw] conv_winograd_row_from_chw_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
        } }
    };
}
