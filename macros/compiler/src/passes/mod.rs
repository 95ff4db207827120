//! From a checked graph to what runs where: passes over plain data, none of which knows layer kinds.

pub mod arena;
pub mod infer;
pub mod init;
pub mod live;
pub mod packed;
mod place;
mod reverse;
pub mod rewrite;
pub mod select;
pub mod train;
