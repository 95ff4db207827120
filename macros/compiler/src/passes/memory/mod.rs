//! Memory: what a value takes in its layout ([`Room`]), buffers with the time that each is alive ([`Buffers`]), and their places in one arena
//! ([`Arena`]). Every plan assigns its buffers by these.

mod arena;
mod buffers;
mod room;

pub use arena::Arena;
pub use buffers::{Buffers, Place};
pub use room::Room;
