//! Small-channel convolutions.

/// Small-channel convolutions (`conv/small_channel/forward.rs`): a few filters, x in `chw`, a stride across of 1 or 2, one group;
/// scratch: `conv_small_channel_scratch` floats.
#[macro_export]
macro_rules! small_channel_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Small-channel convolutions (`conv/small_channel/forward.rs`): a few filters, x in `chw`, a stride across of 1 or
            //! 2, one group; scratch: `conv_small_channel_scratch` floats.

            /// `y = max(low, conv(x, weight) + bias + add)`; `add` may be null.
            [chw] conv_small_channel(g: geometry[Conv], x: value, packed: packed, add: residual[null], low: lower_bound, y: output, scratch: scratch);
            /// The same, written in `chw`; nothing is added.
            [chw] conv_small_channel_to_chw(g: geometry[Conv], x: value, packed: packed, add: residual[null], low: lower_bound, y: output, scratch: scratch);
            /// A 2×2 max pool of that, written in `chw` (what does not fill a window is left out).
            [chw] conv_small_channel_pooled(g: geometry[Conv], x: value, packed: packed, add: residual[null], low: lower_bound, y: output, scratch: scratch);
        } }
    };
}

/// How their weights are packed.
#[macro_export]
macro_rules! small_channel_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! How their weights are packed.

            /// `conv_small_channel_len` floats; `bias` may be null.
            [chw] conv_small_channel_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
        } }
    };
}

/// Transposed convolutions to a few channels (`conv/small_channel/transposed.rs`), one group; scratch: `conv_transpose_small_channel_scratch` floats.
#[macro_export]
macro_rules! transposed_small_channel_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Transposed convolutions to a few channels (`conv/small_channel/transposed.rs`), one group; scratch:
            //! `conv_transpose_small_channel_scratch` floats.

            /// `y = max(low, conv_transpose(x, weight) + bias + add)`; `add` may be null.
            [chw] conv_transpose_small_channel(g: geometry[Conv], x: value, packed: packed, add: residual[null], low: lower_bound, y: output, scratch: scratch);
            /// The same, written in `chw`; nothing is added.
            [chw] conv_transpose_small_channel_to_chw(g: geometry[Conv], x: value, packed: packed, add: residual[null], low: lower_bound, y: output, scratch: scratch);
        } }
    };
}

/// How their weights are packed.
#[macro_export]
macro_rules! transposed_small_channel_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! How their weights are packed.

            /// `conv_transpose_small_channel_len` floats; `bias` may be null.
            [chw] conv_transpose_small_channel_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
        } }
    };
}
