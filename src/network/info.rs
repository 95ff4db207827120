//! What is known of a network: its tensors and its layers, as constant tables.

use core::fmt;

/// A network's tables.
#[derive(Debug, Clone, Copy)]
pub struct Info {
    /// `LeNet`
    pub name: &'static str,
    /// The types of the inputs.
    pub inputs: &'static [crate::ValueType],
    /// The names of the inputs.
    pub input_names: &'static [&'static str],
    /// The outputs of training, in order.
    pub outputs: &'static [OutputInfo],
    /// Parameters and buffers.
    pub tensors: &'static [TensorInfo],
    /// The layers, in the order they run.
    pub layers: &'static [LayerInfo],
    /// Learned numbers.
    pub parameters: usize,
    /// Learned numbers that get gradients.
    pub trainable: usize,
    /// Multiply-accumulates for one sample.
    pub macs: usize,
    /// Bytes that one inference works in.
    pub memory: usize,
}

/// An output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutputInfo {
    /// Its name; empty where outputs have none.
    pub name: &'static str,
    /// `#[train]`: inference does not give it.
    pub train: bool,
    /// What is known of its numbers, from the layer that gives them: the activation at the end.
    pub range: crate::ValueRange,
    /// The layer that gives it, counted as in [`LayerInfo::inputs`].
    pub source: usize,
}

/// A parameter or buffer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TensorInfo {
    /// PyTorch's name: `layer1.0.conv1.weight`.
    pub path: &'static str,
    /// Its extents.
    pub dims: &'static [usize],
    /// How many numbers.
    pub len: usize,
    /// Its first number in the flat view of its block.
    pub offset: usize,
    /// Running statistics, not learned: it stands in the buffers.
    pub buffer: bool,
    /// Its first number in the flat gradients; `None` where it gets none.
    pub grad: Option<usize>,
    /// What it starts as.
    pub init: Init,
}

/// What a tensor starts as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// All equal.
    Constant(f32),
    /// Normal.
    Normal {
        /// Its mean.
        mean: f32,
        /// Its variance.
        variance: f32,
    },
    /// Uniform.
    Uniform {
        /// From here
        low: f32,
        /// to here.
        high: f32,
    },
    /// Like this, but some of the numbers are zero.
    ButZeros {
        /// The others.
        rest: &'static Self,
        /// The first that is zero.
        first: usize,
        /// How many are.
        len: usize,
    },
    /// Normal with mean 0 and variance `gain / fan`.
    VarianceNormal {
        /// 2 for He, 1 for LeCun and Xavier.
        gain: f32,
        /// Inputs of one output (or the mean of inputs and outputs for Xavier, doubled gain).
        fan: usize,
    },
    /// Uniform with mean 0 and variance `gain / fan`.
    VarianceUniform {
        /// As for [`Init::VarianceNormal`].
        gain: f32,
        /// As for [`Init::VarianceNormal`].
        fan: usize,
    },
    /// Normal, drawn again where beyond two bounds, between which the mean lies.
    TruncatedNormal {
        /// Its mean, before it is cut.
        mean: f32,
        /// Its standard deviation, before it is cut.
        deviation: f32,
        /// From here
        low: f32,
        /// to here.
        high: f32,
    },
    /// A matrix of as many rows as the first extent, of which rows or columns, whichever are fewer, have length `gain` and stand at right angles to each other
    /// (Saxe et al. 2014, arXiv 1312.6120).
    Orthogonal {
        /// The length of each.
        gain: f32,
    },
}

/// A line of the summary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerInfo {
    /// Its label's path.
    pub name: &'static str,
    /// `Conv(6, 5, pad = 2)`
    pub layer: &'static str,
    /// The extents of its (first) output.
    pub output: &'static [usize],
    /// The dtype of that.
    pub dtype: crate::Dtype,
    /// Learned numbers of its own; 0 where it reuses others'.
    pub parameters: usize,
    /// Multiply-accumulates for one sample.
    pub macs: usize,
    /// Bytes of its outputs for one sample; 0 where it works in place.
    pub memory: usize,
    /// What it reads: the network's inputs count first, in order, and then its layers.
    pub inputs: &'static [usize],
    /// Which algorithms the compiler chose for it, and why: a line for each phase, as in `docs/selection.md`. Empty where there was nothing to
    /// choose, and on machines without `std`.
    pub algorithms: &'static str,
}

/// Digits in groups of three.
fn grouped(n: usize) -> impl fmt::Display {
    struct Grouped(usize);
    impl fmt::Display for Grouped {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let mut buffer = [0_u8; 27];
            let (mut n, mut at, mut digits) = (self.0, buffer.len(), 0);
            loop {
                if digits > 0 && digits % 3 == 0 {
                    at -= 1;
                    buffer[at] = b',';
                }
                at -= 1;
                buffer[at] = b'0' + u8::try_from(n % 10).unwrap_or(0);
                n /= 10;
                digits += 1;
                if n == 0 {
                    break;
                }
            }
            f.pad(core::str::from_utf8(&buffer[at..]).unwrap_or(""))
        }
    }
    Grouped(n)
}

/// `[1, 28, 28]`, `[16, 5, 5] i8`, to be padded.
struct Dims(&'static [usize], crate::Dtype);

impl Dims {
    fn width(&self) -> usize {
        let digits = |mut n: usize| {
            let mut d = 1;
            while n >= 10 {
                n /= 10;
                d += 1;
            }
            d
        };
        let dtype = if self.1 == crate::Dtype::F32 { 0 } else { 1 + self.1.name().len() };
        2 + self.0.iter().map(|n| digits(*n)).sum::<usize>() + 2 * self.0.len().saturating_sub(1) + dtype
    }
}

#[cfg(feature = "std")]
impl LayerInfo {
    /// The shape of its first output, as the summary has it.
    pub(super) fn shape(&self) -> impl fmt::Display {
        Dims(self.output, self.dtype)
    }
}

impl fmt::Display for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            crate::Dtype::F32 => write!(f, "{:?}", self.0),
            dtype => write!(f, "{:?} {dtype}", self.0),
        }
    }
}

/// The layer table, for people.
///
/// ```
/// use fireclay::prelude::*;
/// network! { pub Xor(x: [2]) -> [1] { x -> hidden: Dense(8) -> Tanh -> out: Dense(1) } }
/// let table = Xor::summary().to_string();
/// assert!(table.contains("hidden") && table.contains("33 parameters"));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Summary {
    pub(crate) info: &'static Info,
    /// The layout and the bytes of training with a batch.
    #[cfg(all(feature = "std", feature = "train"))]
    pub(crate) training: fn(usize) -> (crate::Layout, usize),
    #[cfg(all(feature = "std", feature = "train"))]
    pub(crate) batch: Option<usize>,
}

#[cfg(all(feature = "std", feature = "train"))]
impl Summary {
    /// The table with what training with batches of so many samples takes on one thread: its [`Memory::bytes`](super::Memory::bytes), and how the samples lie.
    ///
    /// # Panics
    /// If there are none.
    #[must_use]
    #[track_caller]
    pub fn batch(mut self, samples: usize) -> Self {
        crate::setting::at_least_one("Summary: batch", samples);
        self.batch = Some(samples);
        self
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.info;
        let layers = info.layers;
        let widest = |of: fn(&LayerInfo) -> usize, least: usize| layers.iter().map(of).max().unwrap_or(0).max(least);
        let name = widest(|l| l.name.chars().count(), 4);
        let layer = widest(|l| l.layer.chars().count(), 5);
        let output = widest(|l| Dims(l.output, l.dtype).width(), 6);
        write!(f, "{}", info.name)?;
        for input in info.inputs {
            write!(f, "  {input}")?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "{:name$}  {:layer$}  {:output$}  {:>12}  {:>14}  {:>12}",
            "name", "layer", "output", "parameters", "MACs", "bytes"
        )?;
        for l in layers {
            let dims = Dims(l.output, l.dtype);
            write!(f, "{:name$}  {:layer$}  {dims}", l.name, l.layer)?;
            for _ in dims.width()..output {
                write!(f, " ")?;
            }
            writeln!(f, "  {:>12}  {:>14}  {:>12}", grouped(l.parameters), grouped(l.macs), grouped(l.memory))?;
        }
        write!(f, "{} parameters", grouped(info.parameters))?;
        if info.trainable != info.parameters {
            write!(f, " ({} trained)", grouped(info.trainable))?;
        }
        write!(f, ", {} MACs, {} bytes for one inference", grouped(info.macs), grouped(info.memory))?;
        #[cfg(all(feature = "std", feature = "train"))]
        if let Some(batch) = self.batch {
            let (layout, bytes) = (self.training)(batch);
            let how = if layout == crate::Layout::Chw { "one at a time" } else { "sixteen side by side" };
            write!(f, "; {} bytes for training with a batch of {batch}, samples {how}", grouped(bytes))?;
        }
        Ok(())
    }
}
