//! Weights that are no parameters: they are made of parameters once per batch, and where weights are packed.

use super::{Graph, Init, Size, TensorId};
use crate::layers::ParamSpec;
use fireclay_ir::geometry::{Mask, WeightRows};
use proc_macro2::TokenStream;
use quote::quote;

/// How a weight is made of parameters. The rows that a norm goes over are the slices along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parametrization {
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
    /// What the mask of a convolution leaves, and zeros.
    Mask(Mask),
}

/// A weight that is made of other tensors: those of [`Parametrization::parts`], in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parametrized {
    /// How.
    pub how: Parametrization,
    /// Of what.
    pub from: Vec<TensorId>,
}

impl Parametrization {
    /// The axis of the weight along which it is cut into rows; a mask has none.
    pub(crate) fn axis(self) -> usize {
        match self {
            Self::Weight { axis } | Self::Spectral { axis } => axis,
            Self::Mask(_) => 0,
        }
    }

    /// The parameters and buffers that a weight is made of: magnitude and direction; the matrix, and the buffers `u` and `v`, which the power
    /// iteration takes to its singular vectors; or what it is before the mask, which has the weight's own name.
    #[must_use]
    pub fn parts(self, weight: &ParamSpec) -> Vec<ParamSpec> {
        let part = |name: &str, dims: Vec<Size>, init: Init, buffer: bool| ParamSpec {
            name: format!("{}.{name}", weight.name),
            dims,
            init,
            buffer,
            parametrization: None,
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
            Self::Mask(_) => vec![ParamSpec { parametrization: None, ..weight.clone() }],
        }
    }

    /// The constant that kernels take for a weight of these sizes.
    #[must_use]
    pub fn geometry(self, dims: &[Size]) -> TokenStream {
        if let Self::Mask(Mask { filters, channels, kernel: [height, width], colors, own }) = self {
            return quote! {
                &__f::k::Mask { filters: #filters, channels: #channels, kernel: [#height, #width], colors: #colors, own: #own }
            };
        }
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
            Self::Weight { .. } | Self::Mask(_) => super::Count::default(),
            Self::Spectral { .. } => {
                let [outer, rows, inner] = self.sizes(dims);
                super::Count::from(1).plus(&rows).plus(&outer.times(&inner))
            }
        }
    }
}

impl Graph {
    /// The weights that are made of parameters, in the order of their memory.
    pub fn parametrized(&self) -> impl Iterator<Item = (TensorId, &Parametrized)> {
        self.tensors.iter().enumerate().filter_map(|(id, tensor)| Some((id, tensor.parametrized.as_ref()?)))
    }
}
