//! Copies, and conversions between layouts.

/// Copies of blocks: concat and split (`shape/copy.rs`).
#[macro_export]
macro_rules! copy_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Copies of blocks: concat and split (`shape/copy.rs`).

            /// Copies blocks of values or of gradients, or adds them to y.
            [both] copy_blocks(g: geometry[Blocks], x: any, y: any_out, accumulate: flag);
            /// Copies blocks of indices: to an output that is something else besides.
            [both] copy_indices(g: geometry[Blocks], x: index, y: index_out);
        } }
    };
}

/// Copies in another order (`shape/strided.rs`).
#[macro_export]
macro_rules! strided_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Copies in another order, or of some numbers alone: slices, permutations, blocks as channels (`shape/strided.rs`).

            /// Copies the numbers of x to where they stand in y.
            [both] copy_strided(g: geometry[Strided], x: value, y: output);
            /// The gradient of x, or added to it; zero where no number of y comes from.
            #[cfg(feature = "train")]
            [both] copy_strided_backward(g: geometry[Strided], dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}

/// Padding (`shape/pad.rs`).
#[macro_export]
macro_rules! pad_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Padding (`shape/pad.rs`).

            /// x with a padding of `value`, or of what x has elsewhere.
            [both] pad_forward(g: geometry[Pad], value: number, x: value, y: output);
            /// The gradient of x, or added to it.
            #[cfg(feature = "train")]
            [both] pad_backward(g: geometry[Pad], dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}

/// Conversions between `chw` and `chw16c`, and concatenation (`shape/chw16c.rs`).
#[macro_export]
macro_rules! layout_chw16c_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Conversions between `chw` and `chw16c`, and concatenation (`shape/chw16c.rs`).

            /// `[channels][map]` to `[channels / 16][map][16]`.
            [chw] chw_to_chw16c(channels: size, map: size, x: value, y: output);
            /// `[channels / 16][map][16]` to `[channels][map]`.
            [chw] chw16c_to_chw(channels: size, map: size, x: value, y: output);
            /// Writes the channels of x into y from channel `first` on; those before must be there. (Channels take the place of samples.)
            [chwn16] concat_chw16c(channels: size, map: size, first: size, x: value, y: output);
            /// The gradient of x, or added to it, of y in the other layout: `[channels][map]` to `[channels / 16][map][16]`.
            #[cfg(feature = "train")]
            [chw] chw_to_chw16c_gradient(channels: size, map: size, dy: gradient, dx: gradient_out, accumulate: flag);
            /// The gradient of x, or added to it, of y in the other layout: `[channels / 16][map][16]` to `[channels][map]`.
            #[cfg(feature = "train")]
            [chw] chw16c_to_chw_gradient(channels: size, map: size, dy: gradient, dx: gradient_out, accumulate: flag);
            /// The gradient of x, or added to it: of the channels of y from channel `first` on. (Channels take the place of samples.)
            #[cfg(feature = "train")]
            [chwn16] concat_chw16c_backward(channels: size, map: size, first: size, dy: gradient, dx: gradient_out, accumulate: flag);
        } }
    };
}
