//! Values that come of nothing (`zeros`, `ones`, `Param`) or of indices (`OneHot`), and the end of a gradient (`stop_gradient`).

mod filled;
mod one_hot;
mod param;
mod stop;

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] =
    &[&param::Learned, &one_hot::OneHot, &filled::Filled::Zeros, &filled::Filled::Ones, &stop::StopGradient];
