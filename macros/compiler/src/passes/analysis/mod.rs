//! Facts about a graph, which change nothing in it.

mod live;
mod range;
mod roots;

pub use live::reaching;
pub use range::range;
pub use roots::roots;
