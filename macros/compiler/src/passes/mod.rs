//! From a checked graph to what runs where: passes over plain data, none of which knows layer kinds.

pub mod arena;
pub mod blocked;
pub mod copy;
pub mod fuse;
pub mod infer;
pub mod init;
pub mod join;
pub mod live;
pub mod packed;
pub mod per_sample;
mod place;
mod reverse;
pub mod train;
