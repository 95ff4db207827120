//! Weights that are no parameters: they are made of parameters once per batch, and where weights are packed.

use super::{Graph, Init, Size, TensorId};
use crate::layers::ParamSpec;
use fireclay_ir::geometry::WeightRows;
use proc_macro2::TokenStream;
use quote::quote;

/// How a weight is made of parameters. The rows that a norm goes over are the slices along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normalization {
    /// Each row is a direction of length 1 times a magnitude (Salimans and Kingma 2016, arXiv 1602.07868).
    Weight {
        /// The axis of the rows.
        axis: usize,
    },
    /// The rows as a matrix, by its largest singular value (Miyato et al. 2018, arXiv 1802.05957).
    Spectral {
        /// The axis of the rows.
        axis: usize,
    },
}

/// A weight that is made of other tensors: those of [`Normalization::parts`], in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalized {
    /// How.
    pub norm: Normalization,
    /// Of what.
    pub from: Vec<TensorId>,
}

impl Normalization {
    /// The axis of the weight along which it is cut into rows.
    pub(crate) fn axis(self) -> usize {
        let (Self::Weight { axis } | Self::Spectral { axis }) = self;
        axis
    }

    /// The parameters and buffers that a weight is made of: magnitude and direction; or the matrix, and the buffers `u` and `v`, which the power
    /// iteration takes to its singular vectors.
    #[must_use]
    pub fn parts(self, weight: &ParamSpec) -> Vec<ParamSpec> {
        let part = |name: &str, dims: Vec<Size>, init: Init, buffer: bool| ParamSpec {
            name: format!("{}.{name}", weight.name),
            dims,
            init,
            buffer,
            norm: None,
        };
        let dims = weight.dims.clone();
        let only = |place: usize, size: &Size| if place == self.axis() { size.clone() } else { Size::Num(1) };
        match self {
            // As PyTorch's: the other axes stay, with one number each.
            Self::Weight { .. } => vec![
                part("g", dims.iter().enumerate().map(|(place, size)| only(place, size)).collect(), Init::Constant(1.0), false),
                part("v", dims, weight.init.clone(), false),
            ],
            Self::Spectral { .. } => {
                let [outer, rows, inner] = self.sizes(&dims).map(Size::from);
                let columns = outer.times(&inner);
                vec![
                    part("original", dims, weight.init.clone(), false),
                    part("u", vec![rows], Init::Constant(0.0), true),
                    part("v", vec![columns], Init::Normal(0.0, 1.0), true),
                ]
            }
        }
    }

    /// The constant that kernels take for a weight of these sizes.
    #[must_use]
    pub fn geometry(self, dims: &[Size]) -> TokenStream {
        let [outer, rows, inner] = self.sizes(dims).map(|count| count.value());
        quote!(&__f::k::WeightRows { outer: #outer, rows: #rows, inner: #inner })
    }

    /// The same as numbers, where all sizes are.
    #[must_use]
    pub fn rows(self, dims: &[Size]) -> Option<WeightRows> {
        let [outer, rows, inner] = self.sizes(dims).map(|count| count.num());
        Some(WeightRows { outer: outer?, rows: rows?, inner: inner? })
    }

    fn sizes(self, dims: &[Size]) -> [super::Count; 3] {
        let (before, rest) = dims.split_at(self.axis());
        [super::Count::product(before), super::Count::product(&rest[..1]), super::Count::product(&rest[1..])]
    }

    /// The numbers that the gradient is made with, behind the weight: σ, `u` and `v`.
    #[must_use]
    pub fn saved(self, dims: &[Size]) -> super::Count {
        match self {
            Self::Weight { .. } => super::Count::default(),
            Self::Spectral { .. } => {
                let [outer, rows, inner] = self.sizes(dims);
                super::Count::from(1).plus(&rows).plus(&outer.times(&inner))
            }
        }
    }
}

impl Graph {
    /// The weights that are made of parameters, in the order of their memory.
    pub fn normalized(&self) -> impl Iterator<Item = (TensorId, &Normalized)> {
        self.tensors.iter().enumerate().filter_map(|(id, tensor)| Some((id, tensor.normalized.as_ref()?)))
    }
}
