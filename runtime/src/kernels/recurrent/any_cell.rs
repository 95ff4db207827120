//! The kernels that no cell differs in: they read the number of gates in the geometry.

#[cfg(feature = "train")]
use super::backward::{recurrent_backward_input, recurrent_backward_last, recurrent_backward_state};
#[cfg(feature = "train")]
use super::forward::recurrent_dropout_backward;
use super::forward::recurrent_dropout_forward;
#[cfg(feature = "train")]
use super::length::{recurrent_length_backward, recurrent_length_last_backward};
use super::length::{recurrent_length_forward, recurrent_length_last};
#[cfg(feature = "train")]
use super::weight::recurrent_backward_weight;

fireclay_ir::recurrent_kernels!(layout_entries);
