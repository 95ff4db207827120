//! A declared network: its parameters, what is known of it, and what it does.

#[cfg(all(feature = "std", feature = "train"))]
mod batch_work;
mod block;
mod claim;
#[cfg(feature = "std")]
pub(crate) mod exec;
mod infer;
mod info;
#[cfg(all(feature = "std", feature = "train"))]
mod inner;
#[cfg(all(feature = "std", feature = "train"))]
mod memory;
mod packed;
mod parts;
#[cfg(all(feature = "std", feature = "train"))]
mod passes;
#[cfg(all(feature = "std", feature = "train"))]
pub(crate) mod pieces;
mod plan;
mod step;
#[cfg(all(feature = "std", feature = "train"))]
mod train;

#[cfg(feature = "std")]
pub use block::HeapStore;
pub use block::{Block, InlineStore, Store};
#[cfg(feature = "std")]
pub use infer::{Infer, predict};
pub use infer::{InferMemory, StaticMemory, infer, infer_plain};
pub use info::{Info, Init, LayerInfo, OutputInfo, Summary, TensorInfo};
#[cfg(all(feature = "std", feature = "train"))]
pub use inner::InnerValue;
#[cfg(all(feature = "std", feature = "train"))]
pub use memory::Memory;
pub use packed::Packed;
pub use parts::Parts;
#[cfg(feature = "profile")]
pub use pieces::Piece;
pub use plan::{
    Across, Barrier, BatchWork, InferFunctions, InnerFunctions, InnerPlace, Micro, Phase, SampleTraining, StepFunctions,
    TrainFunctions, Trained,
};
#[cfg(feature = "std")]
pub use plan::{BatchFunctions, StepPanels};
pub use step::{State, StepByStep, Stepping, run_step, state_bytes, step_plain};
#[cfg(all(feature = "std", feature = "train"))]
pub use train::{Forward, Grads, Train};

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
#[diagnostic::on_unimplemented(message = "`{Self}` is not a network declared by `network!`", label = "not a network")]
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
