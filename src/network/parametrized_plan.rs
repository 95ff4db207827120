//! What `network!` hands to the library of weights that are made of parameters.

/// Weights that are made of parameters: once per batch, before all else.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ParametrizedWeights {
    /// Floats of them, with what their gradients are made with.
    pub numbers: usize,
    /// Floats of their gradients.
    pub gradients: usize,
    /// `(params, buffers, to, train)`: makes them; in training it moves the buffers on first.
    pub make: unsafe fn(*const f32, *mut f32, *mut f32, bool),
    /// `(params, made, from, grads)`: adds the gradients of the parameters, when those of the weights are there. `from` is where they would begin if all
    /// others stood before them.
    pub backward: unsafe fn(*const f32, *const f32, *const f32, *mut f32),
}
