//! Reductions over axes: `sum`, `max`, `min`, `argmax`; `mean` of one value. `max` and `min` of two values are taken number by number.

mod arg_max;
mod over;

pub(crate) use over::{Reduction, reduced};

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] =
    &[&over::Reduction::Sum, &over::Reduction::Max, &over::Reduction::Min, &arg_max::ArgMax];
