//! Weights that are made of parameters: made once per batch, before all else, in memory of their own, where their gradients lie too until those of the
//! parameters are made of them.

use super::parametrized_plan::ParametrizedWeights;
use super::passes::{Core, PassContext};
use super::pieces::{Piece, timed};
use crate::LANES;
use crate::batch::{Line, bytes_of, lines};

/// Their memory.
pub(super) struct Parametrized {
    functions: &'static ParametrizedWeights,
    /// The weights, with what their gradients are made with.
    made: Box<[Line]>,
    /// Their gradients, of the first slot; the others have them behind their own.
    grads: Box<[Line]>,
}

impl Parametrized {
    pub fn new(functions: &'static ParametrizedWeights) -> Self {
        let ParametrizedWeights { numbers, gradients, .. } = *functions;
        Self { functions, made: lines(bytes_of(numbers)), grads: lines(bytes_of(gradients)) }
    }

    /// Bytes of both.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.made) + size_of_val(&*self.grads)
    }
}

impl Core {
    /// Numbers from the gradients of one slot to those of the next.
    pub(super) fn slot_numbers(&self) -> usize {
        self.grads.saturating_add(self.parametrized_gradients()).next_multiple_of(LANES)
    }

    /// The gradients of such weights.
    pub(super) fn parametrized_gradients(&self) -> usize {
        self.parametrized.as_ref().map_or(0, |own| own.functions.gradients)
    }

    /// Where the weights lie, and where their gradients would begin if all others stood before them.
    pub(super) fn parametrized_places(&mut self) -> (*const f32, *mut f32) {
        match &mut self.parametrized {
            None => (core::ptr::null(), core::ptr::null_mut()),
            Some(own) => (own.made.as_ptr().cast(), own.grads.as_mut_ptr().cast::<f32>().wrapping_sub(self.grads)),
        }
    }

    /// Makes the weights; in training their buffers move on first.
    pub(super) fn parametrize(&mut self, pass: &PassContext<'_>) {
        if let Some(Parametrized { functions, made, .. }) = &mut self.parametrized {
            // SAFETY: parameters and buffers are the network's own, of which buffers are written in training alone; there is room for the weights.
            timed(Piece::Serial, || unsafe { (functions.make)(pass.params, pass.buffers, made.as_mut_ptr().cast(), self.train) });
        }
    }

    /// Their gradients are added to: they begin with zeros.
    pub(super) fn clear_parametrized_gradients(&mut self, pass: &PassContext<'_>) {
        if let Some(own) = self.parametrized.as_mut().filter(|_| pass.weights) {
            // SAFETY: lines are floats, for which all bits zero are valid.
            unsafe { own.grads.as_mut_ptr().write_bytes(0, own.grads.len()) };
        }
    }

    /// Adds the gradients of what they are made of.
    pub(super) fn parametrized_backward(&mut self, pass: &PassContext<'_>) {
        let (made, from) = self.parametrized_places();
        if let Some(Parametrized { functions, .. }) = &self.parametrized {
            // SAFETY: parameters and gradients are the caller's, and so many; the weights are those of the forward pass.
            timed(Piece::Serial, || unsafe { (functions.backward)(pass.params, made, from, pass.grads) });
        }
    }
}
