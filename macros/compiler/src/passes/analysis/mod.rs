//! Facts about a graph, which change nothing in it.

mod live;
mod roots;

pub use live::reaching;
pub use roots::roots;
