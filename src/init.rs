//! What a network starts as.

use crate::network::{Block, Network, Parts};
#[cfg(feature = "random")]
use crate::{Rng, network::Init};

/// New networks, on the heap: nothing large ever stands on the stack.
pub trait Initialize: Network {
    /// Every number zero.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }
    /// assert_eq!(Line::zeros().predict(&Tensor::from([7.0])).as_slice(), [0.0]);
    /// ```
    #[must_use]
    fn zeros() -> Box<Self> {
        const {
            assert!(
                size_of::<Self>() == size_of::<Parts<Self>>() && align_of::<Self>() == align_of::<Parts<Self>>(),
                "a network is its parts and nothing else"
            );
        }
        let mut net = Box::<Self>::new_zeroed();
        // SAFETY: a network is its parts (the trait's contract), which `set_up` makes of zeroed memory.
        unsafe {
            Parts::<Self>::set_up(net.as_mut_ptr().cast());
            net.assume_init()
        }
    }

    /// Every tensor as its layer starts it: weights by what follows them (He 2015 before ReLU and its relatives, Glorot 2010 otherwise), biases
    /// 0, or as `init = …` says. Tensors are filled in their order in `INFO.tensors`: the same generator gives the same bits.
    #[cfg(feature = "random")]
    #[must_use]
    fn init(rng: &mut Rng) -> Box<Self> {
        let mut net = Self::zeros();
        for tensor in Self::INFO.tensors {
            let range = tensor.offset..tensor.offset + tensor.len;
            let numbers = match tensor.buffer {
                false => &mut net.params_mut().as_mut_slice()[range],
                true => &mut net.buffers_mut().as_mut_slice()[range],
            };
            fill(numbers, tensor.init, rng);
        }
        net
    }

    /// A copy of the whole network, parameters and buffers, made on the heap: what `net.clone()` gives, for code over any network.
    #[must_use]
    fn boxed_clone(&self) -> Box<Self> {
        let mut net = Self::zeros();
        net.copy_from(self);
        net
    }

    /// Takes the numbers of another one, parameters and buffers, without allocation: what `net.clone_from(&other)` does, for code over any
    /// network.
    fn copy_from(&mut self, other: &Self) {
        self.params_mut().copy_from(other.params());
        self.buffers_mut().copy_from(other.buffers());
    }
}

impl<N: Network> Initialize for N {}

/// `Net::new()`, which other libraries have: so that rustc says what is called instead.
#[doc(hidden)]
pub trait New: Sized {
    fn new() -> Box<Self>;
}

impl<N: MadeByNew> New for N {
    fn new() -> Box<Self> {
        match N::NEVER {}
    }
}

/// No network is.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `new`",
    label = "a network is made by `init(&mut rng(42))` or `zeros()`; losses, metrics and layers are written by name alone: `CrossEntropy`"
)]
pub trait MadeByNew: Network {
    const NEVER: core::convert::Infallible;
}

/// Fills a tensor.
#[cfg(feature = "random")]
#[expect(clippy::cast_precision_loss, reason = "a fan of more than 2^24 is rounded")]
fn fill(numbers: &mut [f32], init: Init, rng: &mut Rng) {
    let normal = |numbers: &mut [f32], rng: &mut Rng, mean: f32, deviation: f32| {
        for x in numbers {
            *x = mean + deviation * rng.normal();
        }
    };
    let uniform = |numbers: &mut [f32], rng: &mut Rng, low: f32, high: f32| {
        for x in numbers {
            *x = low + (high - low) * rng.uniform();
        }
    };
    match init {
        Init::Constant(value) => numbers.fill(value),
        Init::ButZeros { rest, first, len } => {
            fill(numbers, *rest, rng);
            numbers[first..first + len].fill(0.0);
        }
        Init::Normal { mean, variance } => normal(numbers, rng, mean, variance.sqrt()),
        Init::Uniform { low, high } => uniform(numbers, rng, low, high),
        Init::VarianceNormal { gain, fan } => normal(numbers, rng, 0.0, (gain / fan as f32).sqrt()),
        Init::VarianceUniform { gain, fan } => {
            let bound = (3.0 * gain / fan as f32).sqrt();
            uniform(numbers, rng, -bound, bound);
        }
    }
}
