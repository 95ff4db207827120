//! Data sets made of others.

mod cache;
mod concat;
mod map;
mod one_hot;
mod pool;
mod subset;

pub use cache::Cache;
pub use concat::Concat;
pub use map::Map;
pub use one_hot::OneHot;
pub(super) use pool::Pool;
pub use subset::Subset;
#[cfg(feature = "random")]
pub(super) use subset::stratified;
