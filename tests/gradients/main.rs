//! Gradients and losses: against finite differences, in both forms of training, in padding lanes, at numbers that are hardly any.
//!
//! One program for many files: each program that is linked costs seconds.

mod batches;
mod denormals;
mod forms;
mod gradient_check;
mod gradient_report;
mod gradients;
mod inner_values;
mod loss_bounds;
mod loss_extremes;
mod losses;
mod not_finite;
mod own_losses;
mod padding_values;
mod parametrized_weights;
mod winograd;
mod zeroed;
