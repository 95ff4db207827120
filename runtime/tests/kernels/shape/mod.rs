//! Copies, and from layout to layout.

mod chw16c;
mod copy;
mod pad;
mod strided;
