//! Networks in files: safetensors with PyTorch's names.

use crate::network::{Block, Network, TensorInfo};
#[cfg(feature = "safetensors")]
use {
    crate::{Error, Initialize, Result, replace::replace},
    fireclay_weight_file::{self as weight_file, Fault, LoadNote, OtherFormat, Wanted},
    safetensors::{Dtype, View},
    std::borrow::Cow,
    std::path::Path,
    std::{fmt, fs},
};

/// Saving and loading, and tensors by name, for every network.
///
/// ```
/// use fireclay::prelude::*;
/// network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
/// let net = Line::init(&mut rng(1));
/// let mut other = Line::zeros();
/// other.load_bytes(&net.to_bytes()?)?;
/// assert_eq!(other.tensor("fc.weight"), net.tensor("fc.weight"));
///
/// network! { pub Longer(x: [3]) -> [1] { x -> fc: Dense(1) } }
/// let error = Longer::zeros().load_bytes(&net.to_bytes()?).unwrap_err().to_string();
/// assert!(error.ends_with("fc.weight is [1, 2] in the file, [1, 3] in the network"));
/// # Ok::<(), fireclay::Error>(())
/// ```
pub trait Save: Network {
    /// Writes parameters and buffers to a safetensors file that PyTorch reads too. The file appears whole or not at all: it is
    /// written beside its place and moved there. Folders that are missing are made.
    ///
    /// # Errors
    /// When the file cannot be written.
    #[cfg(feature = "safetensors")]
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let bytes = serialize(self, || path.display().to_string())?;
        replace(path, |beside| fs::write(beside, bytes).map_err(|source| Error::Io { path: path.to_owned(), source }))
    }

    /// Takes parameters and buffers from a safetensors file, by name. Everything is checked first: after an error the network is as it
    /// was. What had to be changed on the way is said by what comes back, [`Loaded`], which may be printed or ignored:
    ///
    /// - numbers of `F16`, `BF16` and `F64` become `f32`;
    /// - what PyTorch's wrappers put in front of every name is left out: `module.` (`DataParallel`, `DistributedDataParallel`) and
    ///   `_orig_mod.` (`torch.compile`).
    ///
    /// PyTorch's `num_batches_tracked` is passed over.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged or in another format, or a tensor is missing, superfluous, of another shape or type.
    #[cfg(feature = "safetensors")]
    fn load(&mut self, path: impl AsRef<Path>) -> Result<Loaded> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
        read(self, &bytes, &path.display().to_string())
    }

    /// A new network from a safetensors file. It takes the files that [`Save::load`] takes, and keeps its notes to itself.
    ///
    /// # Errors
    /// As [`Save::load`].
    #[cfg(feature = "safetensors")]
    fn open(path: impl AsRef<Path>) -> Result<Box<Self>> {
        let mut net = Self::zeros();
        net.load(path)?;
        Ok(net)
    }

    /// The bytes that [`Save::save`] writes.
    ///
    /// # Errors
    /// When the names alone are larger than the format allows (100 MB).
    #[cfg(feature = "safetensors")]
    fn to_bytes(&self) -> Result<Vec<u8>> {
        serialize(self, || Self::INFO.name.to_owned())
    }

    /// Takes parameters and buffers from the bytes of a safetensors file.
    ///
    /// # Errors
    /// As [`Save::load`].
    #[cfg(feature = "safetensors")]
    fn load_bytes(&mut self, bytes: &[u8]) -> Result<Loaded> {
        read(self, bytes, "the given data")
    }

    /// A new network from the bytes of a safetensors file.
    ///
    /// # Errors
    /// As [`Save::load`].
    #[cfg(feature = "safetensors")]
    fn from_bytes(bytes: &[u8]) -> Result<Box<Self>> {
        let mut net = Self::zeros();
        net.load_bytes(bytes)?;
        Ok(net)
    }

    /// A parameter or buffer by PyTorch's name.
    fn tensor(&self, name: &str) -> Option<&[f32]> {
        named::<Self>(name).map(|tensor| numbers(self, tensor))
    }

    /// A parameter or buffer by PyTorch's name, to be changed.
    fn tensor_mut(&mut self, name: &str) -> Option<&mut [f32]> {
        named::<Self>(name).map(|tensor| numbers_mut(self, tensor))
    }
}

impl<N: Network> Save for N {}

fn named<N: Network>(name: &str) -> Option<&'static TensorInfo> {
    N::INFO.tensors.iter().find(|tensor| tensor.path == name)
}

fn numbers<'a, N: Network>(net: &'a N, tensor: &TensorInfo) -> &'a [f32] {
    let block = if tensor.buffer { net.buffers().as_slice() } else { net.params().as_slice() };
    &block[tensor.offset..tensor.offset + tensor.len]
}

fn numbers_mut<'a, N: Network>(net: &'a mut N, tensor: &TensorInfo) -> &'a mut [f32] {
    let block = if tensor.buffer { net.buffers_mut().as_mut_slice() } else { net.params_mut().as_mut_slice() };
    &mut block[tensor.offset..tensor.offset + tensor.len]
}

#[cfg(feature = "train")]
impl<N: Network> crate::network::Grads<N> {
    /// The gradient of a parameter by PyTorch's name; `None` also where it gets none.
    #[must_use]
    pub fn tensor(&self, name: &str) -> Option<&[f32]> {
        let tensor = named::<N>(name)?;
        let at = tensor.grad?;
        self.as_slice().get(at..at + tensor.len)
    }
}

/// A safetensors file; `file` is what an error calls it.
#[cfg(feature = "safetensors")]
fn serialize<N: Network>(net: &N, file: impl FnOnce() -> String) -> Result<Vec<u8>> {
    // As PyTorch's own files say.
    let metadata = [("format".to_owned(), "pt".to_owned())];
    safetensors::serialize(views(net), Some(metadata.into()))
        .map_err(|error| Error::Safetensors { file: file(), reason: error.to_string() })
}

/// A tensor, to be written.
#[cfg(feature = "safetensors")]
pub(crate) struct Numbers<'a> {
    dims: &'a [usize],
    numbers: &'a [f32],
}

#[cfg(feature = "safetensors")]
impl<'a> Numbers<'a> {
    /// A network's own.
    pub fn of<N: Network>(net: &'a N, tensor: &TensorInfo) -> Self {
        Self { dims: tensor.dims, numbers: numbers(net, tensor) }
    }

    /// Another one.
    #[cfg(feature = "train")]
    pub fn new(dims: &'a [usize], numbers: &'a [f32]) -> Self {
        Self { dims, numbers }
    }

    /// As they stand in a file.
    pub fn bytes(&self) -> Vec<u8> {
        self.numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
    }
}

#[cfg(feature = "safetensors")]
impl View for Numbers<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }
    fn shape(&self) -> &[usize] {
        self.dims
    }
    fn data(&self) -> Cow<'_, [u8]> {
        self.bytes().into()
    }
    fn data_len(&self) -> usize {
        size_of_val(self.numbers)
    }
}

#[cfg(feature = "safetensors")]
fn views<N: Network>(net: &N) -> impl Iterator<Item = (&'static str, Numbers<'_>)> {
    N::INFO.tensors.iter().map(|tensor| (tensor.path, Numbers::of(net, tensor)))
}

/// What [`Save::load`] changed on the way from the file into the network. It prints a line for each change, and nothing where the file
/// was taken as it is.
///
/// ```
/// use fireclay::prelude::*;
/// network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
/// let mut net = Line::zeros();
/// let loaded = net.load_bytes(&Line::init(&mut rng(1)).to_bytes()?)?;
/// assert!(loaded.notes.is_empty());
/// # Ok::<(), fireclay::Error>(())
/// ```
#[cfg(feature = "safetensors")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// Each change.
    pub notes: Vec<LoadNote>,
}

#[cfg(feature = "safetensors")]
impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, note) in self.notes.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{note}")?;
        }
        Ok(())
    }
}

/// A file that is not taken.
#[cfg(feature = "safetensors")]
pub(crate) fn refused<N: Network>(fault: Fault, file: &str) -> Error {
    let file = file.to_owned();
    match fault {
        Fault::Format(OtherFormat { what, help }) => Error::OtherFormat { file, what, help },
        Fault::Damaged(reason) => Error::Safetensors { file, reason },
        Fault::Misfit { problems, help } => Error::Weights { file, network: N::INFO.name, problems, help },
    }
}

/// Checks everything, then writes.
#[cfg(feature = "safetensors")]
fn read<N: Network>(net: &mut N, bytes: &[u8], file: &str) -> Result<Loaded> {
    let wanted: Vec<_> = N::INFO.tensors.iter().map(|tensor| Wanted { name: tensor.path, dims: tensor.dims }).collect();
    let (tensors, notes) = weight_file::fit(bytes, &wanted).map_err(|fault| refused::<N>(fault, file))?;
    for (tensor, view) in N::INFO.tensors.iter().zip(&tensors) {
        weight_file::copy(view, numbers_mut(net, tensor));
    }
    Ok(Loaded { notes })
}
