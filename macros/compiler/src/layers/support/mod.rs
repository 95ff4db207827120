//! What layers share: reading arguments and inputs, axes, size formulas, windows over images, tokens of emitted code.

pub(crate) mod args;
pub(crate) mod axis;
pub mod formula;
pub(crate) mod groups;
pub(crate) mod init;
pub(crate) mod input;
pub(crate) mod pad;
pub(crate) mod param;
pub(crate) mod tokens;
pub(crate) mod weight;
pub(crate) mod window;

pub(crate) use input::tensor;
