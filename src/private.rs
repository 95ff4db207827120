//! What generated code refers to.

#[cfg(feature = "std")]
pub use crate::Initialize;
pub use crate::Layout;
pub use crate::network::*;
pub use crate::sizes::{grouped, most, same_sizes, stride, windows};
pub use crate::values::{ValueType, Values};
pub use crate::{Index, Indices, Tensor};
pub use crate::{if_std, mark, when_editor, when_std, when_train};
/// Under names that no `type usize = u32;` of the crate hides.
pub use core::primitive::{bool, f32, i8, i32, u32, usize};
pub use fireclay_macros::{network, weights, weights_carried};
pub use fireclay_runtime::kernels::{Share, across, barrier, batch, chw, chwn16};
pub use fireclay_runtime::shape::{Dim, Plus, Shape, Times};
pub use fireclay_runtime::{Dtype, ValueRange};
#[cfg(feature = "std")]
pub use std::boxed::Box;
pub use typenum::Const;

/// The constants that kernels take.
pub mod k {
    pub use fireclay_runtime::kernels::geometry::*;
}

/// Where pieces of these lengths start that stand one after another from `first` on; last, where the next would.
#[must_use]
pub const fn starts<const N: usize, const M: usize>(first: usize, lens: [usize; N]) -> [usize; M] {
    assert!(M == N + 1);
    let mut starts = [first; M];
    let mut i = 0;
    while i < N {
        starts[i + 1] = starts[i] + lens[i];
        i += 1;
    }
    starts
}

/// Bytes of a panel of so many numbers of this size: whole lines.
#[must_use]
pub const fn panel_bytes(len: usize, size: usize) -> usize {
    fireclay_runtime::aligned(len.saturating_mul(size))
}

/// Copies runs of numbers: from, to, how many.
///
/// # Safety
/// Both sides are valid for all runs and do not overlap.
pub unsafe fn take(from: *const f32, runs: &[[usize; 3]], to: *mut f32) {
    for [at, to_at, len] in runs {
        // SAFETY: the caller's promise.
        unsafe { core::ptr::copy_nonoverlapping(from.add(*at), to.add(*to_at), *len) };
    }
}

/// A block without numbers; aligned as if it had some, since it is seen as a slice of them.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(4))]
pub struct Empty;

// SAFETY: no numbers, no size.
unsafe impl Block for Empty {}

/// Copies the gradient that a loss left, before more is added to it.
///
/// # Safety
/// So many numbers each.
#[cfg(feature = "train")]
pub unsafe fn copy_gradient(from: *const f32, to: *mut f32, numbers: usize) {
    // SAFETY: the caller's promise; generated code gives distinct buffers.
    unsafe { core::ptr::copy_nonoverlapping(from, to, numbers) };
}

/// Clears a gradient that nobody wrote.
///
/// # Safety
/// So many numbers.
#[cfg(feature = "train")]
pub unsafe fn clear_gradient(to: *mut f32, numbers: usize) {
    // SAFETY: the caller's promise.
    unsafe { to.write_bytes(0, numbers) };
}

/// Memory for steps in this layout whatever would be chosen; `None` where the network does not train so. For tests and benchmarks of a form.
#[cfg(all(feature = "std", feature = "train"))]
#[must_use]
pub fn memory_in<N: Network>(layout: Layout, batch: usize) -> Option<Memory<N>> {
    let sample = N::TRAIN_SAMPLE.map(|sample| &sample.functions);
    [Some(N::TRAIN), sample].into_iter().flatten().find(|plan| plan.layout == layout).map(|plan| Memory::planned(plan, batch))
}

/// What stands for a network that did not compile.
pub mod broken {
    use super::{InferFunctions, Info, Micro, StepFunctions};

    unsafe fn nothing(_: &Micro<'_>) {}
    #[cfg(feature = "std")]
    unsafe fn pack(_: *const f32, _: *const f32, _: *mut f32) {}
    #[cfg(feature = "std")]
    unsafe fn pack_panels(_: *const f32, _: *mut f32) {}

    /// With an error for its number: what is not known of the network.
    #[derive(Debug)]
    pub struct Unknown<const N: usize>;

    /// Gives a type of which rustc says nothing when [`Unknown`] is an error.
    pub trait Known {
        /// No type.
        type Type;
    }

    impl<const N: usize> Known for Unknown<N> {
        type Type = ();
    }

    /// No tables.
    pub const INFO: Info = Info {
        name: "",
        inputs: &[],
        input_names: &[],
        outputs: &[],
        tensors: &[],
        layers: &[],
        parameters: 0,
        trainable: 0,
        macs: 0,
        memory: 0,
    };

    /// No code.
    pub const INFER: InferFunctions =
        InferFunctions { arena: 0, one: nothing, packed: 0, packed_arena: 0, packed_sample: nothing };

    /// No code for batches.
    #[cfg(feature = "std")]
    pub const BATCH: super::BatchFunctions = super::BatchFunctions {
        packed_chwn16: nothing,
        sample_cost: usize::MAX,
        arena: 0,
        sample_arena: 0,
        share_scratch: 0,
        pack,
        panels: 0,
        pack_panels,
    };

    /// No weights.
    #[must_use]
    pub const fn packed<N: super::Network>() -> super::Packed<N> {
        super::Packed::from_image(&[])
    }

    /// No step.
    pub const STEP: StepFunctions = StepFunctions { state: 0, arena: 0, one: nothing, packed_sample: None };

    /// No values within, of which nothing is said.
    #[cfg(feature = "train")]
    pub const INNER: super::InnerFunctions = super::InnerFunctions { functions: TRAIN, values: &[], broken: true };

    /// No training code.
    #[cfg(feature = "train")]
    pub const TRAIN: super::TrainFunctions = super::TrainFunctions {
        layout: super::Layout::Chwn16,
        arena: 0,
        stats: 0,
        shared: 0,
        scratch: 0,
        forward: &[],
        backward: &[],
        batch: None,
        slots: &[],
        added: &[],
        trained: &[],
        several: None,
    };
}

/// What a name stands for, where no more is known of it: for editors.
#[derive(Debug, Clone, Copy)]
pub struct EditorValue;

/// No value: code for editors is never run.
pub fn editor_value<T>() -> T {
    unreachable!("code for editors")
}
