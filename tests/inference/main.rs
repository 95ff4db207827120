//! Inference in every form, and networks in files.
//!
//! One program for many files: each program that is linked costs seconds.

mod kept_weights;
mod one_sample;
mod transfer;
mod weights;
mod weights_macro;
