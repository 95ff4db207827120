//! Steps of optimizers that take less time with vectors.

mod adam;

pub use adam::{Adam, adam_step};
