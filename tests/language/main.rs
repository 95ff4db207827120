//! What is declared computes what is written: constructs, layers that are several operations, the programs of the north star.
//!
//! One program for many files: each program that is linked costs seconds.

mod clone;
mod constructs;
mod convolutions;
mod corners;
mod large;
mod north_star;
mod plumbing;
mod quantize;
mod rank_four;
mod single_values;
mod typed_sizes;
