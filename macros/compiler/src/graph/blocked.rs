//! How operations run over one sample whose channels lie in vectors of sixteen (`kernels::blocked`).

use super::kernels::is_product;
use super::{Call, Count, Panel, ValueType};
use fireclay_ir::kernels::Kernel as Declared;

/// Channels, and the positions that each has: an image, or a vector of features with one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Vectors {
    /// Channels.
    pub channels: usize,
    /// Positions of each.
    pub map: usize,
}

impl Vectors {
    /// A value seen so, where it can be.
    #[must_use]
    pub fn of(ty: &ValueType) -> Option<Self> {
        let dims: Option<Vec<usize>> = ty.dims()?.iter().map(super::Size::num).collect();
        match dims?.as_slice() {
            [channels, height, width] => Some(Self { channels: *channels, map: height.saturating_mul(*width) }),
            [features] => Some(Self { channels: *features, map: 1 }),
            _ => None,
        }
    }

    /// How many vectors.
    #[must_use]
    pub fn count(self) -> usize {
        self.channels.div_ceil(16).saturating_mul(self.map)
    }
}

/// See [`Op::blocked`](super::Op::blocked).
#[derive(Debug, Clone)]
pub enum Blocked {
    /// Sums over channels.
    Product(Box<Product>),
    /// Channel by channel: kernels of the lanes form, which take channels for samples.
    Lanes(Vec<Call>),
}

/// A product of packed weights, by the forms in which it may read its input.
#[derive(Debug, Clone)]
pub struct Product {
    /// Vectors of channels.
    pub vectors: Kernel,
    /// A map for each channel, where that is better than to make vectors first.
    pub plain: Option<Kernel>,
}

/// One form of a product.
#[derive(Debug, Clone)]
pub struct Kernel {
    /// Its weights.
    pub panel: Panel,
    /// Multiplications of a hundred that plain sums would take, with what its transforms take besides.
    pub share: usize,
    /// To vectors of channels.
    pub forward: Forward,
    /// The same to maps, without anything added.
    pub maps: Option<Forward>,
    /// The largest of each 2×2 of that, without anything added: to maps where there is a form to maps, to vectors elsewhere.
    pub pooled: Option<Forward>,
}

/// A function that computes a product.
#[derive(Debug, Clone)]
pub struct Forward {
    /// `max(low, weight · x + bias + add)`. It may take the weight as it stands, for what it cannot compute by transforms, and scratch.
    pub kernel: &'static Declared,
    /// Floats of it.
    pub scratch: Count,
}

impl Forward {
    /// A product.
    ///
    /// # Panics
    /// If the kernel is none: a mistake of the compiler's own.
    #[must_use]
    pub fn new(kernel: &'static Declared, scratch: Count) -> Self {
        assert!(is_product(kernel), "{} is not a product", kernel.name);
        Self { kernel, scratch }
    }
}

impl Kernel {
    /// A kernel without scratch.
    #[must_use]
    pub fn new(panel: Panel, kernel: &'static Declared) -> Self {
        Self::with_scratch(panel, kernel, Count::default())
    }

    /// A kernel that has but one form.
    #[must_use]
    pub fn with_scratch(panel: Panel, kernel: &'static Declared, scratch: Count) -> Self {
        Self { panel, share: 100, forward: Forward::new(kernel, scratch), maps: None, pooled: None }
    }

    /// The same, which saves multiplications.
    #[must_use]
    pub fn share(mut self, share: usize) -> Self {
        self.share = share;
        self
    }
}

/// What an operation does to the product before it that this could do itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fuse {
    /// Zero where it is negative.
    Relu,
    /// Another value added.
    Add,
    /// The largest of each 2×2, what does not fill a window left out.
    Pool,
}
