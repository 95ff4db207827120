//! A network as the bytes of a safetensors file.

use super::numbers;
use crate::network::{Network, TensorInfo};
use crate::{Error, Result};
use safetensors::{Dtype, View};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The length of the header stands in the first bytes.
const LENGTH: usize = 8;

/// The format allows no longer header.
const LONGEST_HEADER: usize = 100_000_000;

/// Metadata: keys and values.
pub(crate) type Texts = Vec<(String, String)>;

/// A network as a safetensors file; `file` is what an error calls it.
pub(super) fn bytes<N: Network, K: Into<String>, V: Into<String>>(
    net: &N,
    metadata: impl IntoIterator<Item = (K, V)>,
    file: &str,
) -> Result<Vec<u8>> {
    let mut tensors = Vec::with_capacity(N::INFO.tensors.len());
    for tensor in N::INFO.tensors {
        tensors.push((tensor.path.to_owned(), Numbers::of(net, tensor)));
    }
    let mut texts = Vec::new();
    for (key, value) in metadata {
        texts.push((key.into(), value.into()));
    }
    bytes_of(tensors, &mut |_| std::mem::take(&mut texts), file)
}

/// Tensors as a safetensors file, with metadata that may depend on their bytes, one after the other by their names; `file` is what an error calls it.
pub(crate) fn bytes_of(
    tensors: Vec<(String, Numbers<'_>)>,
    metadata: &mut dyn FnMut(&[u8]) -> Texts,
    file: &str,
) -> Result<Vec<u8>> {
    let wrong = |reason: String| Error::Safetensors { file: file.to_owned(), reason };
    let mut bytes = safetensors::serialize(tensors, None).map_err(|error| wrong(error.to_string()))?;
    // Written by the crate, they would stand in an order of chance, and the same network would not give the same bytes.
    let end = LENGTH + bytes.first_chunk().map_or(0, |length| u64::from_le_bytes(*length)) as usize;
    let texts = texts(metadata(&bytes[end..]))?;
    let tensors = bytes[LENGTH + 1..end].trim_ascii_end();
    let mut header = serde_json::to_vec(&BTreeMap::from([("__metadata__", texts)])).map_err(|error| wrong(error.to_string()))?;
    if tensors != b"}" {
        header.pop();
        header.push(b',');
        header.extend_from_slice(tensors);
    }
    header.resize(header.len().next_multiple_of(LENGTH), b' ');
    if header.len() > LONGEST_HEADER {
        return Err(wrong(format!("names and metadata take {} bytes; the format allows {LONGEST_HEADER}", header.len())));
    }
    let length = (header.len() as u64).to_le_bytes();
    bytes.splice(..end, length.into_iter().chain(header));
    Ok(bytes)
}

/// The metadata, and what PyTorch's own files say.
pub(crate) fn texts(metadata: Texts) -> Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
    for (key, value) in metadata {
        match texts.get(&key) {
            Some(other) if *other != value && key == "format" => {
                return Err(Error::Setting(format!(
                    "metadata: `format` is `pt`, by which PyTorch's readers know their files, and cannot be `{value}`; take another key"
                )));
            }
            Some(other) if *other != value => {
                return Err(Error::Setting(format!("metadata: `{key}` has two values, `{other}` and `{value}`; a key has one")));
            }
            _ => texts.insert(key, value),
        };
    }
    Ok(texts)
}

/// A tensor, to be written.
pub(crate) struct Numbers<'a> {
    dims: &'a [usize],
    numbers: &'a [f32],
}

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
