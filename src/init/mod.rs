//! What a network starts as.

#[cfg(feature = "random")]
mod fill;

#[cfg(feature = "random")]
use crate::Rng;
use crate::network::{Block, Network, Parts, TensorInfo};

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
            tensor.init.fill(tensor.dims, numbers, rng);
        }
        if let Some(start) = Self::START {
            let [params, buffers] = net.parts_mut().numbers_mut();
            // SAFETY: the numbers that the plan speaks of.
            unsafe { start(params, buffers) };
        }
        net
    }

    /// Fills parameters by a function of one's own, which is given each parameter's name and extents and its numbers, in their order in `INFO.tensors`; what it does not write stays
    /// as it is. (PyTorch's `apply`. A single parameter is a field: `net.fc.weight.as_mut_slice().fill_with(|| …)`.)
    ///
    /// ```
    /// use fireclay::{Initialize, prelude::*};
    /// network! { pub Deep(x: [9]) -> [2] { x -> fc1: Dense(400) -> Tanh -> fc2: Dense(2) } }
    ///
    /// let (mut net, mut rng) = (Deep::zeros(), rng(1));
    /// net.fill_with(|tensor, numbers| {
    ///     // Standard deviation 1 / √n, where n numbers go into each output.
    ///     if let [_, inputs] = tensor.dims {
    ///         numbers.fill_with(|| rng.normal() / (*inputs as f32).sqrt());
    ///     }
    /// });
    /// let variance = net.fc1.weight.as_slice().iter().map(|x| x * x).sum::<f32>() / 3600.0;
    /// assert!((variance - 1.0 / 9.0).abs() < 0.01);
    /// assert_eq!(net.fc1.bias.as_slice()[0], 0.0);
    /// ```
    fn fill_with(&mut self, mut fill: impl FnMut(&TensorInfo, &mut [f32])) {
        let params = self.params_mut().as_mut_slice();
        for tensor in Self::INFO.tensors.iter().filter(|tensor| !tensor.buffer) {
            fill(tensor, &mut params[tensor.offset..tensor.offset + tensor.len]);
        }
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
    label = "a network is made by `init(&mut rng(42))` or `zeros()`, a batch by `zeros(samples)` or from samples; losses, metrics and layers are written by name alone: `CrossEntropy`"
)]
pub trait MadeByNew: Network {
    const NEVER: core::convert::Infallible;
}
