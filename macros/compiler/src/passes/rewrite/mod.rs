//! Rewrites: what concerns two operations, one file a pattern and what takes its place.
//!
//! | file | pattern | becomes |
//! |---|---|---|
//! | `initialization.rs` | weights whose first values the declaration leaves open | He normal before the ReLU family, Xavier uniform otherwise |
//! | `copy_outputs.rs` | an output that shares memory with an input or another output | a copy between |
//! | `batch_norm_relu.rs` | batch norm, ReLU, while training | one operation |
//! | `embedding_recurrent.rs` | embedding, recurrent layer, while training | one operation over symbols |
//! | `fold_batch_norm.rs` | product of weights, batch norm, while inferring | the product with folded weights |
//! | `epilogue.rs` | product of weights; addition, ReLU, 2×2 pool, for one sample | the product with an epilogue |
//! | `concat_in_place.rs` | values, joined along the channels, for one sample | parts written where they are joined |

pub mod batch_norm_relu;
pub mod concat_in_place;
pub mod copy_outputs;
pub mod embedding_recurrent;
pub mod epilogue;
pub mod fold_batch_norm;
pub mod initialization;
