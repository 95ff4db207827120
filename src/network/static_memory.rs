//! Memory in a `static`.

use super::claim::Claim;
use super::{InferMemory, Network};

/// Memory of an inference in a `static`, for machines without a heap.
///
/// ```
/// use fireclay::prelude::*;
/// network! { pub Tiny(x: [2]) -> [1] { x -> fc: Dense(1) } }
/// static MEMORY: StaticMemory<Tiny> = StaticMemory::new();
/// let memory = MEMORY.take().expect("nobody took it before");
/// assert!(MEMORY.take().is_none());
/// # let _ = memory;
/// ```
pub struct StaticMemory<N: Network> {
    claim: Claim,
    memory: core::cell::UnsafeCell<core::mem::MaybeUninit<InferMemory<N>>>,
}

// SAFETY: `take` gives the memory away once.
unsafe impl<N: Network> Sync for StaticMemory<N> {}

impl<N: Network> core::fmt::Debug for StaticMemory<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "StaticMemory of {}: {} bytes", N::INFO.name, N::MEMORY)
    }
}

impl<N: Network> StaticMemory<N> {
    /// Not yet taken.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default value of a static makes no sense")]
    pub const fn new() -> Self {
        Self { claim: Claim::new(), memory: core::cell::UnsafeCell::new(core::mem::MaybeUninit::zeroed()) }
    }

    /// The memory, once; then `None`.
    ///
    /// On a machine without atomic swap (Cortex-M0) neither of two that ask at the very same moment, a program and the interrupt that breaks
    /// in, may get it; never both.
    #[expect(clippy::mut_from_ref, reason = "given out once, which the claim sees to")]
    pub fn take(&'static self) -> Option<&'static mut InferMemory<N>> {
        if !self.claim.take() {
            return None;
        }
        let place: *mut InferMemory<N> = self.memory.get().cast();
        // SAFETY: the claim gives it to nobody else; the place is zeroed.
        unsafe {
            InferMemory::set_up(place);
            Some(&mut *place)
        }
    }
}
