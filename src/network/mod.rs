//! A declared network: its parameters, what is known of it, and what it does.
//!
//! # Code over any network
//!
//! `fn f<N: Network>(net: &N)` takes every network, and [`AsNetwork`] also a box of one. All that a network does are methods of traits that hold for each of
//! them, so that `N: Network` is bound enough; `use fireclay::prelude::*` has them in sight.
//!
//! | with `N: Network` | |
//! |---|---|
//! | [`Network`] | its tables, [`INFO`](Network::INFO), [`PARAMETERS`](Network::PARAMETERS), [`summary`](Network::summary), [`diagram`](Network::diagram); [`params`](Network::params) and [`buffers`](Network::buffers), as fields or as one row of numbers ([`Block`]) |
//! | [`Initialize`](crate::Initialize) | `N::init(&mut rng(42))`, `N::zeros()`, `boxed_clone`, `copy_from` |
//! | [`Infer`] | `infer`, `predict`, `infer_batch`, `pack` |
//! | [`Evaluate`](crate::metrics::Evaluate) | `evaluate`, `measure`, `predict_all` |
//! | [`Train`] | `N::memory(batch)`, `N::grads()`, `forward`, `backward`, `train`, gradients of inputs |
//! | [`Save`](crate::Save) | `save`, `load`, `to_bytes`, `from_bytes`, `tensor("conv1.weight")` |
//!
//! What flows in and out is [`Input`](Network::Input), [`Output`](Network::Output) and, with the `#[train]` outputs, [`TrainOutput`](Network::TrainOutput). A bound says what they
//! are, as far as the code needs to know:
//!
//! | bound | gives |
//! |---|---|
//! | `N: Network<Input = Tensor<shape![1, 8, 8]>>` | one sample is made and read as a tensor, a batch is a `Batch` |
//! | `N: Network<Input = Tensor<S>>, S: Shape` | the same of any one shape |
//! | `N::Input: Values` (holds always) | batches are [`<N::Input as Values>::Batch`](crate::Values::Batch), handed over as [`Refs`](crate::Values::Refs) |
//! | `D: Dataset<N::Input>` | data for it, to predict |
//! | `D: Teaches<N, L>` ([`trainer::Teaches`](crate::trainer::Teaches)) | data whose targets the loss `L` takes for its outputs, to train on |
//! | `M: Metric<N::Output, D::Target>` ([`metrics::Metric`](crate::metrics::Metric)) | a metric of its outputs against those targets |
//! | `T: TargetsOf<L, N::TrainOutput>` ([`loss::TargetsOf`](crate::loss::TargetsOf)) | a batch of targets that the loss `L` takes, for steps by hand |
//!
//! One function that trains, tests and saves whatever it is given:
//!
//! ```
//! use fireclay::{Result, metrics::Metric, prelude::*, trainer::Teaches};
//!
//! fn run<N, D, T>(train: &D, test: &T) -> Result<(f32, Vec<u8>)>
//! where
//!     N: Network,
//!     D: Teaches<N, CrossEntropy>,
//!     T: Dataset<N::Input>,
//!     Accuracy: Metric<N::Output, T::Target>,
//! {
//!     let mut net = N::init(&mut rng(1));
//!     println!("{}: {} parameters", N::INFO.name, N::PARAMETERS);
//!     Trainer::new(CrossEntropy, Adam::new(5e-3)).epochs(4).progress(ProgressBar::Off).fit(&mut net, train)?;
//!     Ok((net.evaluate(test, Accuracy), net.to_bytes()?)) // or net.save("net.safetensors")?
//! }
//!
//! network! {
//!     pub Linear(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) }
//!     pub Deep(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc1: Dense(32) -> Relu -> fc2: Dense(10) }
//! }
//! let (train, test) = Digits::split()?;
//! let (linear, _) = run::<Linear, _, _>(&train, &test)?;
//! let (deep, bytes) = run::<Deep, _, _>(&train, &test)?;
//! assert!(linear > 0.7 && deep > 0.7);
//! let net = Deep::from_bytes(&bytes)?;
//! assert_eq!(net.evaluate(&test, Accuracy), deep);
//! # Ok::<(), fireclay::Error>(())
//! ```
//!
//! Single samples of a known shape, and steps by hand on whatever the network takes:
//!
//! ```
//! use fireclay::{Values, loss::TargetsOf, prelude::*};
//!
//! /// The class with the highest score.
//! fn class<N: Network<Input = Tensor<shape![4]>, Output = Tensor<shape![3]>>>(net: &N, x: [f32; 4]) -> usize {
//!     net.predict(&Tensor::from(x)).argmax()
//! }
//!
//! /// So many steps on one batch; the loss of the last.
//! fn steps<N, L, T>(net: &mut N, inputs: <N::Input as Values>::Refs<'_>, loss: L, targets: T, steps: usize) -> f32
//! where
//!     N: Network,
//!     L: Copy,
//!     T: TargetsOf<L, N::TrainOutput> + Send + Sync,
//! {
//!     let (mut memory, mut grads) = (N::memory(N::Input::samples(inputs)), N::grads());
//!     let mut optimizer = Sgd::new(0.1).on(net);
//!     let mut last = f32::NAN;
//!     for _ in 0..steps {
//!         grads.zero();
//!         last = net.train(inputs, loss, targets, &mut memory, &mut grads);
//!         optimizer.step(net, &grads);
//!     }
//!     last
//! }
//!
//! network! {
//!     pub Small(x: [4]) -> [3] { x -> fc: Dense(3) }
//!     pub Pair(a: [4], b: [2]) -> [3] { concat(a, b) -> fc: Dense(3) }
//! }
//! let (mut small, mut pair) = (Small::init(&mut rng(1)), Pair::init(&mut rng(1)));
//! let (x, more, classes) = (Batch::normal(8, &mut rng(2)), Batch::zeros(8), IndexBatch::from_indices(&[0, 1, 2, 0, 1, 2, 0, 1])?);
//! let first = steps(&mut *small, &x, &CrossEntropy, &classes, 1);
//! assert!(steps(&mut *small, &x, &CrossEntropy, &classes, 50) < first);
//! assert!(steps(&mut *pair, (&x, &more), &CrossEntropy, &classes, 50) < first);
//! assert!(class(&*small, [1.0, 0.0, 0.0, 0.0]) < 3);
//! # Ok::<(), fireclay::Error>(())
//! ```

#[cfg(all(feature = "std", feature = "train"))]
mod batch_work;
mod block;
mod claim;
#[cfg(feature = "std")]
mod diagram;
#[cfg(feature = "std")]
pub(crate) mod exec;
#[cfg(all(feature = "std", feature = "train"))]
mod grads;
mod infer;
mod info;
#[cfg(all(feature = "std", feature = "train"))]
mod inner;
mod inner_plan;
#[cfg(all(feature = "std", feature = "train"))]
mod memory;
mod packed;
#[cfg(feature = "std")]
mod packed_cache;
#[cfg(all(feature = "std", feature = "train"))]
mod parametrized;
mod parametrized_plan;
mod parts;
#[cfg(all(feature = "std", feature = "train"))]
mod passes;
#[cfg(all(feature = "std", feature = "train"))]
pub(crate) mod pieces;
mod plan;
mod static_memory;
mod step;
#[cfg(feature = "std")]
mod team;
/// Without threads there is none.
#[cfg(not(feature = "std"))]
mod team {
    #[derive(Debug)]
    pub(crate) enum Team {}

    impl Team {
        pub unsafe fn run(&self, _: *mut f32, _: &dyn Fn(*mut f32, crate::kernels::Share)) {
            match *self {}
        }
    }
}
#[cfg(all(feature = "std", feature = "train"))]
mod train;

#[cfg(feature = "std")]
pub use block::HeapStore;
pub use block::{Block, InlineStore, Store};
#[cfg(all(feature = "std", feature = "train"))]
pub use grads::Grads;
#[cfg(feature = "std")]
pub use infer::{Infer, predict};
pub use infer::{InferMemory, infer, infer_plain};
pub use info::{Info, Init, LayerInfo, OutputInfo, Summary, TensorInfo};
#[cfg(all(feature = "std", feature = "train"))]
pub use inner::InnerValue;
pub use inner_plan::{InnerFunctions, InnerPlace};
#[cfg(all(feature = "std", feature = "train"))]
pub use memory::Memory;
pub use packed::Packed;
pub use parametrized_plan::ParametrizedWeights;
pub use parts::Parts;
#[cfg(feature = "profile")]
pub use pieces::Piece;
pub use plan::{
    Across, Barrier, BatchWork, InferFunctions, Micro, Phase, SampleTraining, StepFunctions, TrainFunctions, Trained,
};
#[cfg(feature = "std")]
pub use plan::{BatchFunctions, StepPanels};
pub use static_memory::StaticMemory;
pub use step::{State, StepByStep, Stepping, run_step, state_bytes, step_plain};
#[cfg(all(feature = "std", feature = "train"))]
pub use train::{Forward, Train};

use crate::Values;

/// Whether batch statistics and dropout are at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Batch norm takes the batch's statistics and updates the running ones; dropout drops.
    Train,
    /// Batch norm takes the running statistics; dropout does nothing.
    Eval,
}

/// The fields of a network, apart from what it does (so that a network's struct can name their types).
#[doc(hidden)]
pub trait Declared {
    /// What is learned.
    type Params: Block;
    /// What is only kept: running statistics.
    type Buffers: Block;
}

/// A network declared by [`network!`](macro@crate::network). Only the macro implements this.
///
/// # Safety
/// The plans (`INFER`, `TRAIN`) reach only memory that the types and sizes here give them. The type is `#[repr(transparent)]` over its
/// [`Parts`].
///
/// ```
/// use fireclay::prelude::*;
/// network! {
///     pub Classifier(image: [1, 8, 8]) -> [10] {
///         image -> conv: Conv(4, 3) -> Relu -> Flatten -> fc: Dense(10)
///     }
/// }
/// let net = Classifier::init(&mut rng(1));
/// let logits = net.predict(&Tensor::zeros());
/// assert_eq!(logits.as_slice().len(), 10);
/// assert_eq!(Classifier::PARAMETERS, 4 * 9 + 4 + 10 * 144 + 10);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a network declared by `network!`",
    label = "not a network",
    note = "`backward` and `zeros` are functions of networks: `net.backward(&mut memory, &mut grads)`, `Net::zeros()`; a batch of indices is made by `IndexBatch::from_indices(&[0, 1])`"
)]
pub unsafe trait Network: Declared + AsNetwork<Network = Self> + Sized + Send + Sync + 'static {
    /// What it takes: `Tensor<shape![1, 28, 28]>`, or a tuple.
    type Input: Values;
    /// What inference yields.
    type Output: Values;
    /// What training yields: with the `#[train]` outputs.
    type TrainOutput: Values;
    /// Gradients of the trained parameters, in the parameters' order.
    type GradFields: Block;
    /// Working memory of one inference.
    #[doc(hidden)]
    type InferStore: Store;
    /// Packed weights.
    #[doc(hidden)]
    type PackedStore: Store;

    /// Its tables.
    const INFO: &'static Info;
    /// Learned numbers.
    const PARAMETERS: usize = Self::INFO.parameters;
    /// Multiply-accumulates for one sample.
    const MACS: usize = Self::INFO.macs;
    /// Bytes that one inference works in.
    const MEMORY: usize = Self::INFO.memory;

    /// How it infers.
    #[doc(hidden)]
    const INFER: &'static InferFunctions;
    /// How it infers batches.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    const BATCH: &'static BatchFunctions;
    /// How it trains.
    #[cfg(feature = "train")]
    #[doc(hidden)]
    const TRAIN: &'static TrainFunctions;
    /// How it trains one sample at a time, if it does.
    #[cfg(feature = "train")]
    #[doc(hidden)]
    const TRAIN_SAMPLE: Option<&'static SampleTraining>;

    /// How it is looked into, if it is.
    #[cfg(feature = "train")]
    #[doc(hidden)]
    const INNER: Option<&'static InnerFunctions> = None;

    /// `(params, buffers)`: what it begins with beside the numbers that were drawn, if anything.
    #[doc(hidden)]
    const START: Option<unsafe fn(*mut f32, *mut f32)> = None;

    /// Its weights that are made of parameters, if there are any.
    #[cfg(feature = "train")]
    #[doc(hidden)]
    const PARAMETRIZED: Option<&'static ParametrizedWeights> = None;

    /// What it consists of.
    #[doc(hidden)]
    fn parts(&self) -> &Parts<Self>;
    /// What it consists of, to be changed.
    #[doc(hidden)]
    fn parts_mut(&mut self) -> &mut Parts<Self>;
    /// Of what training yields, what inference yields too.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn inferred(all: <Self::TrainOutput as Values>::Refs<'_>) -> <Self::Output as Values>::Refs<'_>;

    /// This network with the parameters of another one, which is the same at other sizes: `pub Sliding = Window(image: [1, 64, 64]);`.
    /// Nothing is copied: what it learns, the other one has learned.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! {
    ///     pub Window(image: [1, 6, 6]) -> [2, 1, 1] { image -> c1: Conv(4, 3) -> Relu -> c2: Conv(2, 4) }
    ///     pub Sliding = Window(image: [1, 9, 8]);
    /// }
    /// let window = Window::init(&mut rng(1));
    /// let scores: Box<Tensor<shape![2, 4, 3]>> = Sliding::of(&window).predict(&Tensor::zeros());
    /// ```
    #[must_use]
    fn of<A: AsNetwork>(other: &A) -> &Self
    where
        A::Network: Declared<Params = Self::Params, Buffers = Self::Buffers>,
    {
        let other: *const A::Network = other.network();
        // SAFETY: both are `repr(transparent)` over their `Parts` (what implements this trait promises it), which are `repr(C)` and of the
        // same types: parameters and buffers by the bound, and a cache that is of no network. The reference lives as long as that to the other.
        unsafe { &*other.cast() }
    }

    /// The same, to be changed: a network may be trained at several sizes.
    #[must_use]
    fn of_mut<A: AsNetwork>(other: &mut A) -> &mut Self
    where
        A::Network: Declared<Params = Self::Params, Buffers = Self::Buffers>,
    {
        let other: *mut A::Network = other.network_mut();
        // SAFETY: as above; and nobody else has the other one meanwhile.
        unsafe { &mut *other.cast() }
    }

    /// What is learned.
    #[inline]
    fn params(&self) -> &Self::Params {
        self.parts().params()
    }
    /// What is learned, to be changed.
    #[inline]
    fn params_mut(&mut self) -> &mut Self::Params {
        self.parts_mut().params_mut()
    }
    /// What is only kept: running statistics.
    #[inline]
    fn buffers(&self) -> &Self::Buffers {
        self.parts().buffers()
    }
    /// What is only kept, to be changed.
    #[inline]
    fn buffers_mut(&mut self) -> &mut Self::Buffers {
        self.parts_mut().buffers_mut()
    }

    /// The layer table: name, layer, output shape, parameters, MACs, bytes.
    #[must_use]
    fn summary() -> Summary {
        Summary {
            info: Self::INFO,
            #[cfg(all(feature = "std", feature = "train"))]
            training: |batch| {
                let mut memory = Memory::<Self>::new(batch);
                (memory.layout(), memory.threads(1).bytes())
            },
            #[cfg(all(feature = "std", feature = "train"))]
            batch: None,
        }
    }

    /// The graph of the layers, to be drawn: as SVG, for Graphviz, for Mermaid.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Xor(x: [2]) -> [1] { x -> hidden: Dense(8) -> Tanh -> out: Dense(1) } }
    /// let diagram = Xor::diagram();
    /// assert!(diagram.svg().starts_with("<svg"));
    /// assert!(diagram.graphviz().contains("Dense(8)") && diagram.mermaid().starts_with("flowchart TD"));
    /// ```
    #[cfg(feature = "std")]
    #[must_use]
    fn diagram() -> crate::Diagram {
        diagram::of(Self::INFO)
    }

    /// Writes the drawing of the layers into an SVG file, in which large networks have their blocks as boxes ([`Diagram::BOXES`](crate::Diagram::BOXES)).
    ///
    /// # Errors
    /// If the file cannot be written.
    #[cfg(feature = "std")]
    fn svg(&self, path: impl AsRef<std::path::Path>) -> crate::Result<()> {
        let path = path.as_ref();
        std::fs::write(path, Self::diagram().folded(crate::Diagram::BOXES).svg())
            .map_err(|source| crate::Error::Io { path: path.to_owned(), source })
    }
}

/// A network, or a box of one: what functions such as [`Trainer::fit`](crate::Trainer::fit) take.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a network declared by `network!`", label = "not a network")]
pub trait AsNetwork {
    /// The network.
    type Network: Network;
    /// Borrows it.
    fn network(&self) -> &Self::Network;
    /// Borrows it to be changed.
    fn network_mut(&mut self) -> &mut Self::Network;
}

#[cfg(feature = "std")]
impl<T: AsNetwork + ?Sized> AsNetwork for Box<T> {
    type Network = T::Network;
    fn network(&self) -> &T::Network {
        (**self).network()
    }
    fn network_mut(&mut self) -> &mut T::Network {
        (**self).network_mut()
    }
}
