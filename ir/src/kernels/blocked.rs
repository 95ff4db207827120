//! A single sample whose channels lie in vectors of sixteen. Images are `[channels / 16][height][width][16]`.

/// Direct convolutions of a single sample whose channels lie in vectors (`blocked/conv.rs`): `y = max(low, conv(x, weight) + bias +
/// add)`; `add` may be null.
#[macro_export]
macro_rules! conv_chw16c_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Direct convolutions of a single sample whose channels lie in vectors (`blocked/conv.rs`): `y = max(low, conv(x,
            //! weight) + bias + add)`; `add` may be null.

            /// Reads blocks of channels.
            [chw] conv_chw16c(g: geometry[Conv], x: value, packed: packed, add: value[null], low: number, y: output);
            /// Reads a map for each channel.
            [chw] conv_chw16c_from_chw(g: geometry[Conv], x: value, packed: packed, add: value[null], low: number, y: output);
            /// A transposed convolution; reads blocks of channels.
            [chw] conv_transpose_chw16c(g: geometry[Conv], x: value, packed: packed, add: value[null], low: number, y: output);
            /// A transposed convolution; reads a map for each channel.
            [chw] conv_transpose_chw16c_from_chw(g: geometry[Conv], x: value, packed: packed, add: value[null], low: number, y: output);
        } }
    };
}

/// How their weights are packed: `conv_chw16c_len` floats; `bias` may be null.
#[macro_export]
macro_rules! conv_chw16c_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! How their weights are packed: `conv_chw16c_len` floats; `bias` may be null.

            /// For `conv_chw16c`.
            [chw] conv_chw16c_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
            /// For `conv_chw16c_from_chw`.
            [chw] conv_chw16c_from_chw_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
            /// For `conv_transpose_chw16c`.
            [chw] conv_transpose_chw16c_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
            /// For `conv_transpose_chw16c_from_chw`.
            [chw] conv_transpose_chw16c_from_chw_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
        } }
    };
}

/// Depthwise convolutions, sixteen channels in a vector (`blocked/depthwise.rs`).
#[macro_export]
macro_rules! depthwise_chw16c_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Depthwise convolutions, sixteen channels in a vector (`blocked/depthwise.rs`).

            /// `y = max(low, conv(x, weight) + bias + add)` of each channel for itself; `add` may be null.
            [chw] depthwise_chw16c(g: geometry[Conv], x: value, packed: packed, add: value[null], low: number, y: output);
        } }
    };
}

/// How their weights are packed.
#[macro_export]
macro_rules! depthwise_chw16c_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! How their weights are packed.

            /// `depthwise_chw16c_len` floats; `bias` may be null.
            [chw] depthwise_chw16c_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
        } }
    };
}

/// Dense layers over a vector of features (`blocked/dense.rs`); weights as `dense_pack` lays them out.
#[macro_export]
macro_rules! dense_chw16c_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Dense layers over a vector of features (`blocked/dense.rs`); weights as `dense_pack` lays them out.

            /// `y = max(low, weight · x + bias + add)` of one row; `add` may be null.
            [chw] dense_chw16c(g: geometry[Dense], x: value, packed: packed, add: value[null], low: number, y: output);
        } }
    };
}

/// Batch norms by their running statistics (`blocked/batch_norm.rs`).
#[macro_export]
macro_rules! batch_norm_chw16c_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Batch norms by their running statistics (`blocked/batch_norm.rs`).

            /// `y = max(low, batch_norm(x) + add)`; `add` may be null.
            [chw] batch_norm_chw16c(g: geometry[BatchNorm], x: value, packed: packed, add: value[null], low: number, y: output);
        } }
    };
}

/// How their numbers are packed.
#[macro_export]
macro_rules! batch_norm_chw16c_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! How their numbers are packed.

            /// `batch_norm_chw16c_len` floats; γ and β may be null.
            [chw] batch_norm_chw16c_pack(g: geometry[BatchNorm], gamma: param[null], beta: param[null], running_mean: param, running_var: param, packed: packed_out);
        } }
    };
}

/// Winograd's F(4×4, 3×3) with channels in the lanes (`blocked/winograd.rs`); scratch: `conv_winograd_chw16c_scratch` floats.
#[macro_export]
macro_rules! winograd_chw16c_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Winograd's F(4×4, 3×3) with channels in the lanes (`blocked/winograd.rs`); scratch: `conv_winograd_chw16c_scratch`
            //! floats.

            /// `y = max(low, conv(x, weight) + bias + add)` for a 3×3 kernel of stride 1; `add` may be null. `weight` is what was packed.
            [chw] conv_winograd_chw16c(g: geometry[Conv], x: value, packed: packed, weight: param, add: value[null], low: number, y: output, scratch: scratch);
        } }
    };
}

/// How their weights are packed.
#[macro_export]
macro_rules! winograd_chw16c_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! How their weights are packed.

            /// `conv_winograd_chw16c_len` floats; `bias` may be null.
            [chw] conv_winograd_chw16c_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
        } }
    };
}

/// Winograd's F(2, 5) along the row (`blocked/minimal.rs`), for kernels five wide and stride 1; scratch:
/// `conv_winograd_row_scratch` floats. `y = max(low, conv(x, weight) + bias + add)`; `add` may be null; `weight` is what was
/// packed.
#[macro_export]
macro_rules! winograd_row_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Winograd's F(2, 5) along the row (`blocked/minimal.rs`), for kernels five wide and stride 1; scratch:
            //! `conv_winograd_row_scratch` floats. `y = max(low, conv(x, weight) + bias + add)`; `add` may be null; `weight` is
            //! what was packed.

            /// Reads blocks of channels.
            [chw] conv_winograd_row(g: geometry[Conv], x: value, packed: packed, weight: param, add: value[null], low: number, y: output, scratch: scratch);
            /// Reads a map for each channel.
            [chw] conv_winograd_row_from_chw(g: geometry[Conv], x: value, packed: packed, weight: param, add: value[null], low: number, y: output, scratch: scratch);
            /// The largest of each 2×2 of that; nothing is added.
            [chw] conv_winograd_row_pooled(g: geometry[Conv], x: value, packed: packed, weight: param, add: value[null], low: number, y: output, scratch: scratch);
            /// The same, from a map for each channel.
            [chw] conv_winograd_row_from_chw_pooled(g: geometry[Conv], x: value, packed: packed, weight: param, add: value[null], low: number, y: output, scratch: scratch);
        } }
    };
}

/// How their weights are packed: `conv_winograd_row_len` floats; `bias` may be null.
#[macro_export]
macro_rules! winograd_row_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! How their weights are packed: `conv_winograd_row_len` floats; `bias` may be null.

            /// For blocks of channels.
            [chw] conv_winograd_row_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
            /// For a map for each channel.
            [chw] conv_winograd_row_from_chw_pack(g: geometry[Conv], weight: param, bias: param[null], packed: packed_out);
        } }
    };
}

/// Small-channel convolutions (`blocked/few.rs`): a few filters, x with a map for each channel, a stride across of 1 or 2, one group;
/// scratch: `conv_small_channel_scratch` floats.
#[macro_export]
macro_rules! small_channel_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Small-channel convolutions (`blocked/few.rs`): a few filters, x with a map for each channel, a stride across of 1 or
            //! 2, one group; scratch: `conv_small_channel_scratch` floats.

            /// `y = max(low, conv(x, weight) + bias + add)`; `add` may be null.
            [chw] conv_small_channel(g: geometry[Conv], x: value, packed: packed, add: value[null], low: number, y: output, scratch: scratch);
            /// The same to a map for each filter; nothing is added.
            [chw] conv_small_channel_to_chw(g: geometry[Conv], x: value, packed: packed, add: value[null], low: number, y: output, scratch: scratch);
            /// The largest of each 2×2 of that, to maps of half the height and width (what does not fill a window is left out).
            [chw] conv_small_channel_pooled(g: geometry[Conv], x: value, packed: packed, add: value[null], low: number, y: output, scratch: scratch);
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

/// Transposed convolutions to a few channels (`blocked/transposed_few.rs`), one group; scratch: `conv_transpose_small_channel_scratch` floats.
#[macro_export]
macro_rules! transposed_small_channel_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Transposed convolutions to a few channels (`blocked/transposed_few.rs`), one group; scratch:
            //! `conv_transpose_small_channel_scratch` floats.

            /// `y = max(low, conv_transpose(x, weight) + bias + add)`; `add` may be null.
            [chw] conv_transpose_small_channel(g: geometry[Conv], x: value, packed: packed, add: value[null], low: number, y: output, scratch: scratch);
            /// The same to maps, with nothing added.
            [chw] conv_transpose_small_channel_to_chw(g: geometry[Conv], x: value, packed: packed, add: value[null], low: number, y: output, scratch: scratch);
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

/// From maps of channels to vectors of channels, and back (`blocked/layout.rs`).
#[macro_export]
macro_rules! layout_chw16c_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! From maps of channels to vectors of channels, and back (`blocked/layout.rs`).

            /// `[channels][map]` to `[channels / 16][map][16]`.
            [chw] chw_to_chw16c(channels: size, map: size, x: value, y: output);
            /// `[channels / 16][map][16]` to `[channels][map]`.
            [chw] chw16c_to_chw(channels: size, map: size, x: value, y: output);
            /// Writes the channels of x into y from channel `first` on; those before must be there. (Channels for samples.)
            [chwn16] concat_chw16c(channels: size, map: size, first: size, x: value, y: output);
        } }
    };
}
