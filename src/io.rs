//! Networks in files: safetensors with PyTorch's names.

use crate::error::{Error, Result, TensorProblem};
use crate::init::Initialise;
use crate::network::{Block, Network, TensorInfo};
use safetensors::{Dtype, SafeTensors, View};
use std::borrow::Cow;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

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
    /// written beside its place and moved there.
    ///
    /// # Errors
    /// When the file cannot be written.
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let temporary = beside(path);
        let io = |source| Error::Io { path: path.to_owned(), source };
        // safetensors leaves a file that only its owner may read; a new file's permissions are what users expect.
        let written = File::create(&temporary).and_then(|file| file.metadata()).map_err(io).and_then(|usual| {
            safetensors::serialize_to_file(views(self), metadata(), &temporary).map_err(|error| match error {
                safetensors::SafeTensorError::IoError(source) => io(source),
                error => Error::Safetensors { file: path.display().to_string(), reason: error.to_string() },
            })?;
            fs::set_permissions(&temporary, usual.permissions()).map_err(io)?;
            File::open(&temporary).and_then(|file| file.sync_all()).map_err(io)?;
            fs::rename(&temporary, path).map_err(io)
        });
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    /// Takes parameters and buffers from a safetensors file, by name. Everything is checked first: after an error the network is as it
    /// was. PyTorch's `num_batches_tracked` is passed over.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or a tensor is missing, superfluous, of another shape or type.
    fn load(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
        read(self, &bytes, &path.display().to_string())
    }

    /// A new network from a safetensors file.
    ///
    /// # Errors
    /// As [`Save::load`].
    fn open(path: impl AsRef<Path>) -> Result<Box<Self>> {
        let mut net = Self::zeros();
        net.load(path)?;
        Ok(net)
    }

    /// The bytes that [`Save::save`] writes.
    ///
    /// # Errors
    /// When the names alone are larger than the format allows (100 MB).
    fn to_bytes(&self) -> Result<Vec<u8>> {
        safetensors::serialize(views(self), metadata())
            .map_err(|error| Error::Safetensors { file: Self::INFO.name.to_owned(), reason: error.to_string() })
    }

    /// Takes parameters and buffers from the bytes of a safetensors file.
    ///
    /// # Errors
    /// As [`Save::load`].
    fn load_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        read(self, bytes, "the given data")
    }

    /// A new network from the bytes of a safetensors file.
    ///
    /// # Errors
    /// As [`Save::load`].
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

/// A file beside `path`, of this process alone.
fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    name.push(format!(".{}.{count}", std::process::id()));
    path.with_file_name(name)
}

/// As PyTorch's own files say.
fn metadata() -> Option<std::collections::HashMap<String, String>> {
    Some([("format".to_owned(), "pt".to_owned())].into())
}

/// A tensor, to be written.
struct Numbers<'a> {
    dims: &'static [usize],
    numbers: &'a [f32],
}

impl View for Numbers<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }
    fn shape(&self) -> &[usize] {
        self.dims
    }
    fn data(&self) -> Cow<'_, [u8]> {
        self.numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>().into()
    }
    fn data_len(&self) -> usize {
        size_of_val(self.numbers)
    }
}

fn views<N: Network>(net: &N) -> impl Iterator<Item = (&'static str, Numbers<'_>)> {
    N::INFO.tensors.iter().map(|tensor| (tensor.path, Numbers { dims: tensor.dims, numbers: numbers(net, tensor) }))
}

/// Checks everything, then writes.
fn read<N: Network>(net: &mut N, bytes: &[u8], file: &str) -> Result<()> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| Error::Safetensors {
        file: file.to_owned(),
        reason: damage(bytes).unwrap_or_else(|| error.to_string()),
    })?;
    let mut problems = Vec::new();
    for tensor in N::INFO.tensors {
        let (name, network) = (tensor.path.to_owned(), tensor.dims.to_owned());
        match tensors.tensor(tensor.path) {
            Err(_) => problems.push(TensorProblem::Missing { tensor: name, network }),
            Ok(view) if view.dtype() != Dtype::F32 => {
                problems.push(TensorProblem::Type { tensor: name, file: format!("{:?}", view.dtype()) });
            }
            Ok(view) if view.shape() != tensor.dims => {
                problems.push(TensorProblem::Shape { tensor: name, file: view.shape().to_owned(), network });
            }
            Ok(_) => {}
        }
    }
    let mut extra: Vec<_> = tensors.iter().filter(|(name, _)| named::<N>(name).is_none() && !is_counter(name)).collect();
    extra.sort_by_key(|(name, _)| *name);
    problems.extend(
        extra.into_iter().map(|(name, view)| TensorProblem::Extra { tensor: name.to_owned(), file: view.shape().to_owned() }),
    );
    if !problems.is_empty() {
        return Err(Error::Weights { file: file.to_owned(), network: N::INFO.name, problems });
    }
    for tensor in N::INFO.tensors {
        if let Ok(view) = tensors.tensor(tensor.path) {
            for (to, from) in numbers_mut(net, tensor).iter_mut().zip(view.data().as_chunks::<4>().0) {
                *to = f32::from_le_bytes(*from);
            }
        }
    }
    Ok(())
}

/// PyTorch counts the batches that a batch norm has seen; nothing needs it.
fn is_counter(name: &str) -> bool {
    name == "num_batches_tracked" || name.ends_with(".num_batches_tracked")
}

/// Names the tensor that a damaged file is damaged at, if its header can be read.
fn damage(bytes: &[u8]) -> Option<String> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let Some((header, data)) = rest.split_at_checked(length) else {
        return Some(format!("it ends within its header, which should have {length} bytes"));
    };
    let header: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(header).ok()?;
    let number = |value: &serde_json::Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
    let mut tensors: Vec<_> = header.iter().filter(|(name, _)| *name != "__metadata__").collect();
    tensors.sort_by_key(|(_, tensor)| number(&tensor["data_offsets"][0]));
    for (name, tensor) in tensors {
        let (from, to) = (number(&tensor["data_offsets"][0])?, number(&tensor["data_offsets"][1])?);
        let dims: Vec<usize> = tensor["shape"].as_array()?.iter().map(number).collect::<Option<_>>()?;
        if to > data.len() {
            return Some(format!(
                "{name} {dims:?} is truncated: it ends at byte {to} of the data, the file after {}",
                data.len()
            ));
        }
        let needs = dims.iter().try_fold(4_usize, |n, dim| n.checked_mul(*dim));
        if tensor["dtype"] == "F32" && needs != to.checked_sub(from) {
            return Some(format!("{name} {dims:?} does not have the bytes that its shape needs"));
        }
    }
    None
}
