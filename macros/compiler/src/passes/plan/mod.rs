//! Plans: what runs in which order, and where everything lies.
//!
//! | file | plans |
//! |---|---|
//! | `infer.rs` | inference in one layout for all values: `chw`, one sample, or `chwn16`, sixteen side by side |
//! | `chw16c.rs` | inference of one sample with packed weights, channels in blocks where that pays |
//! | `packed.rs` | where packed weights lie |
//! | `train/` | training: phases, forward and backward |

pub mod chw16c;
pub mod infer;
pub mod packed;
pub mod train;
