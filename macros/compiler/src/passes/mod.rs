//! From a checked graph to what runs where: passes over plain data, none of which knows layer kinds.
//!
//! | folder | what it has |
//! |---|---|
//! | `analysis/` | facts about a graph that change nothing: what reaches what, which values are one memory |
//! | `rewrite/` | patterns of operations, and what takes their place |
//! | `select/` | which algorithm computes a product, and which layout a value has, by one cost model |
//! | `memory/` | buffers: from what a value takes in its layout to a place in the arena |
//! | `plan/` | what runs in which order: training, inference with plain and with packed weights |

pub mod analysis;
pub mod memory;
pub mod plan;
pub mod rewrite;
pub mod select;
