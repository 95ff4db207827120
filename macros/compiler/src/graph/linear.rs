//! Products of weights as data: what is to be computed. How, selection decides (`passes/select`).

use super::{Call, Count, Panel};
use fireclay_ir::geometry::Conv;
use fireclay_ir::kernels::Kernel as Declared;

/// A product of weights. Parameter 0 is the weight, parameter 1 the bias, where there is one.
#[derive(Debug, Clone)]
pub enum Linear {
    /// A convolution; `exact`: its sums as they stand, no Winograd.
    Conv {
        /// Its sizes.
        g: Conv,
        /// `#[fireclay(exact)]`
        exact: bool,
    },
    /// A transposed convolution: the input gradient of this convolution.
    ConvTranspose {
        /// The convolution's sizes, which leads from its output to its input.
        g: Conv,
        /// `#[fireclay(exact)]`
        exact: bool,
    },
    /// A dense layer; sizes that are types are `None`.
    Dense {
        /// Features that it reads.
        inputs: Option<usize>,
        /// Features that it yields.
        outputs: Option<usize>,
    },
    /// A factor and a summand for each channel: a batch norm by its running statistics.
    PerChannel {
        /// Channels.
        channels: usize,
        /// How both are packed for `chw16c`.
        panel: Panel,
    },
}

/// A product for one sample with packed weights, by the layouts from which it may read.
#[derive(Debug, Clone)]
pub struct Product {
    /// From `chw16c`.
    pub blocks: Kernel,
    /// From `chw`, where that is better than to convert first.
    pub chw: Option<Kernel>,
}

/// A kernel that computes a product to `chw16c`, with what it can do besides.
#[derive(Debug, Clone)]
pub struct Kernel {
    /// Its weights.
    pub panel: Panel,
    /// Multiplications of a hundred that direct sums would take, with what its transforms take besides.
    pub share: usize,
    /// `max(low, product + add)`
    pub forward: Forward,
    /// The same to `chw`, with nothing added.
    pub to_chw: Option<Forward>,
    /// The largest of each 2×2 of that, with nothing added: to `chw` where [`Kernel::to_chw`] is there, to `chw16c` elsewhere.
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
        assert!(super::kernels::is_product(kernel), "{} is not a product", kernel.name);
        Self { kernel, scratch }
    }
}

impl Kernel {
    /// A kernel without scratch.
    #[must_use]
    pub fn new(panel: Panel, kernel: &'static Declared) -> Self {
        Self::with_scratch(panel, kernel, Count::default())
    }

    /// A kernel without variants.
    #[must_use]
    pub fn with_scratch(panel: Panel, kernel: &'static Declared, scratch: Count) -> Self {
        Self { panel, share: 100, forward: Forward::new(kernel, scratch), to_chw: None, pooled: None }
    }
}

/// How a value is computed in `chw16c`.
#[derive(Debug, Clone)]
pub enum Blocked {
    /// A product of packed weights.
    Product(Box<Product>),
    /// Channel by channel.
    Channelwise(Vec<Call>),
}

/// What an operation does to the product before it that this could do itself: an epilogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epilogue {
    /// Zero where it is negative.
    Relu,
    /// Another value added.
    Add,
    /// The largest of each 2×2, what does not fill a window left out.
    Pool,
}
