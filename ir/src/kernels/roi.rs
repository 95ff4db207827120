//! Pools over regions.

/// Pools over regions (`roi/`).
#[macro_export]
macro_rules! roi_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Pools over regions (`roi/`): of a map x and `[regions][4]` corners x1, y1, x2, y2 `[regions][channels][bins down][bins across]`.

            /// The largest number of each bin, 0 of an empty one, as torchvision's `roi_pool`, and the place of the first that is as large: a `u32`, in the bits of
            /// each of `indices` (null where no gradient is asked for).
            [both] roi_pool_forward(g: geometry[Roi], x: value, rois: value, y: output, indices: output[null], scratch: scratch);
            /// The mean of points between positions, as torchvision's `roi_align`.
            [both] roi_align_forward(g: geometry[Roi], x: value, rois: value, y: output, scratch: scratch);
            /// The gradient goes to where the largest number of each bin stands.
            #[cfg(feature = "train")]
            [both] roi_pool_backward(g: geometry[Roi], indices: value, dy: gradient, dx: gradient_out, accumulate: flag);
            /// The gradient goes to the positions around each point.
            #[cfg(feature = "train")]
            [both] roi_align_backward(g: geometry[Roi], rois: value, dy: gradient, dx: gradient_out, accumulate: flag, scratch: scratch);
            /// No gradient flows: zeros, unless there is something to be added to.
            #[cfg(feature = "train")]
            [both] no_gradient(len: size, dx: gradient_out, accumulate: flag);
        } }
    };
}
