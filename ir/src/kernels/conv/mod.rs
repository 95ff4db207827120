//! Convolutions, an algorithm each file.

#[macro_use]
mod depthwise;
#[macro_use]
mod direct;
#[macro_use]
mod sequence;
#[macro_use]
mod small_channel;
#[macro_use]
mod weight_gradient;
#[macro_use]
mod winograd;
