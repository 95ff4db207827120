//! Gradients of parameters.

use super::passes::PassContext;
use super::{Block, Network};
use core::cell::UnsafeCell;
use core::panic::RefUnwindSafe;
use std::sync::Once;

/// Gradients of the trained parameters of `N`: typed fields (`grads.conv1.weight`) over one flat row.
pub struct Grads<N: Network> {
    /// Done once the numbers are there. [`Grads::zero`] leaves the zeros to the next pass, which clears what it is about to add to while that is in cache, or
    /// to whoever reads before it.
    there: Once,
    fields: UnsafeCell<N::GradFields>,
}

// SAFETY: through a shared reference fields are written within `there` alone, which lets one thread do so and the others wait.
unsafe impl<N: Network> Sync for Grads<N> where N::GradFields: Sync {}

impl<N: Network> RefUnwindSafe for Grads<N> where N::GradFields: RefUnwindSafe {}

impl<N: Network> Grads<N> {
    /// All zero, on the heap.
    #[must_use]
    pub fn zeros() -> Box<Self> {
        let mut grads = Box::<Self>::new_zeroed();
        // SAFETY: a block is f32s, for which all bits zero are valid, and the other field is written.
        let grads = unsafe {
            (&raw mut (*grads.as_mut_ptr()).there).write(Once::new());
            grads.assume_init()
        };
        grads.made();
        grads
    }

    /// Sets all to zero, as before a step: `backward` and `train` add.
    pub fn zero(&mut self) {
        self.there = Once::new();
    }

    /// The numbers, in the order of the trained parameters.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        self.settled().as_slice()
    }

    /// The numbers, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        self.settled();
        self.fields.get_mut().as_mut_slice()
    }

    /// Gives a pass their place: it adds to them, or clears them on its way.
    pub(super) fn wanted_by(&mut self, pass: &mut PassContext<'_>) {
        (pass.weights, pass.overwrite) = (true, !self.there.is_completed());
        pass.grads = self.fields.get_mut().as_mut_slice().as_mut_ptr();
    }

    /// After a pass.
    pub(super) fn made(&self) {
        self.there.call_once(|| ());
    }

    fn settled(&self) -> &N::GradFields {
        // SAFETY: nobody else reads or writes before this is done, and after it nobody writes through a shared reference.
        self.there.call_once(|| unsafe { (*self.fields.get()).as_mut_slice().fill(0.0) });
        // SAFETY: as above.
        unsafe { &*self.fields.get() }
    }
}

impl<N: Network> core::ops::Deref for Grads<N> {
    type Target = N::GradFields;
    fn deref(&self) -> &N::GradFields {
        self.settled()
    }
}

impl<N: Network> core::ops::DerefMut for Grads<N> {
    fn deref_mut(&mut self) -> &mut N::GradFields {
        self.settled();
        self.fields.get_mut()
    }
}

impl<N: Network> core::fmt::Debug for Grads<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Grads of {}: {} numbers", N::INFO.name, N::GradFields::LEN)
    }
}
