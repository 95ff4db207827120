//! The kernels of an operation over a single sample in `chw16c`, once they are chosen (`product.rs`).

use super::Choice;
use crate::graph::kernels::is_product;
use crate::graph::{Call, Count, Panel};
use fireclay_ir::kernels::Kernel;

/// The kernels of an operation in `chw16c`.
#[derive(Debug, Clone)]
pub enum Chw16cKernels {
    /// A product with packed weights.
    Product(Box<ProductKernels>),
    /// Calls of `chwn16` kernels, which take channels for samples.
    Channelwise(Vec<Call>),
}

/// The kernels of a product with packed weights, by the layout of the input.
#[derive(Debug, Clone)]
pub struct ProductKernels {
    /// From `chw16c`.
    pub from_chw16c: ProductKernel,
    /// From `chw`, where that is better than to convert first.
    pub from_chw: Option<ProductKernel>,
}

/// A kernel of a product with packed weights, with its variants.
#[derive(Debug, Clone)]
pub struct ProductKernel {
    /// The packed weights.
    pub panel: Panel,
    /// The algorithm, its price, and what else was considered.
    pub choice: Choice,
    /// The product to `chw16c`.
    pub to_chw16c: Variant,
    /// The product to `chw`, without epilogue `Add`.
    pub to_chw: Option<Variant>,
    /// The product with the epilogue `Pool`, without `Add`: to `chw` where [`Self::to_chw`] is there, to `chw16c` elsewhere.
    pub pooled: Option<Variant>,
}

/// A variant of a product's kernel, which computes `max(low, weight · x + bias + add)`.
#[derive(Debug, Clone)]
pub struct Variant {
    /// The kernel. It may take the weight as it stands too, for what it cannot compute by transforms.
    pub kernel: &'static Kernel,
    /// Floats of scratch.
    pub scratch: Count,
}

impl Variant {
    /// A variant with so much scratch.
    ///
    /// # Panics
    /// If the kernel is no product: a mistake of the compiler's own.
    #[must_use]
    pub fn new(kernel: &'static Kernel, scratch: Count) -> Self {
        assert!(is_product(kernel), "{} is not a product", kernel.name);
        Self { kernel, scratch }
    }
}

impl ProductKernel {
    /// A kernel without scratch.
    #[must_use]
    pub fn new(choice: Choice, panel: Panel, kernel: &'static Kernel) -> Self {
        Self::with_scratch(choice, panel, kernel, Count::default())
    }

    /// A kernel without other variants.
    #[must_use]
    pub fn with_scratch(choice: Choice, panel: Panel, kernel: &'static Kernel, scratch: Count) -> Self {
        Self { choice, panel, to_chw16c: Variant::new(kernel, scratch), to_chw: None, pooled: None }
    }
}
