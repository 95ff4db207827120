//! Geometries: the constant sizes that a kernel is called with. Emitted code holds each as a `&'static` constant.
//!
//! The compiler makes them after all shapes are checked, so that sizes of y are given and never computed again.

mod axis;
mod axis_norm;
mod batch_norm;
mod binary;
mod blocks;
mod conv;
mod conv1d;
mod dense;
mod dropout;
mod embedding;
mod glu;
mod group_norm;
mod lrn;
mod mask;
mod maxout;
mod mean;
mod pad;
mod per_channel;
mod pool;
mod quant;
mod recurrent;
mod roi;
mod softmax;
mod strided;
mod unpool;
mod upsample;

pub use axis::{Axis, Taps};
pub use axis_norm::{AxisNorm, AxisNormKind};
pub use batch_norm::{BatchNorm, Fold};
pub use binary::{Binary, BinaryOp};
pub use blocks::Blocks;
pub use conv::Conv;
pub use conv1d::Conv1d;
pub use dense::Dense;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use glu::Glu;
pub use group_norm::GroupNorm;
pub use lrn::Lrn;
pub use mask::Mask;
pub use maxout::Maxout;
pub use mean::Mean;
pub use pad::{Pad, PadMode};
pub use per_channel::PerChannel;
pub use pool::Pool;
pub use quant::Quant;
pub use recurrent::{CellKind, HALF_LANES, Recurrent, Symbols, recurrent_packed_len};
pub use roi::Roi;
pub use softmax::Softmax;
pub use strided::Strided;
pub use unpool::Unpool;
pub use upsample::Upsample;
