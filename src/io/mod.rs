//! Networks in files: safetensors with PyTorch's names.

#[cfg(feature = "safetensors")]
mod metadata;
#[cfg(feature = "safetensors")]
mod reading;
#[cfg(feature = "safetensors")]
mod transfer;
#[cfg(feature = "safetensors")]
mod writing;

use crate::network::{Block, Network, TensorInfo};
#[cfg(feature = "safetensors")]
use {
    crate::{Error, Initialize, Result, replace::replace},
    std::fs,
    std::path::Path,
};
#[cfg(feature = "safetensors")]
pub use {
    metadata::{metadata, metadata_from_bytes},
    reading::Loaded,
    transfer::Transfer,
};
#[cfg(all(feature = "safetensors", feature = "train"))]
pub(crate) use {
    reading::{refusal, wanted},
    writing::{Numbers, bytes_of, texts},
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
        self.save_with(path, NO_METADATA)
    }

    /// [`Save::save`] with texts beside the weights, pairs of a key and a value: what inputs are normalized by, the names of classes. [`Loaded::metadata`] and [`metadata`]
    /// have them back, as Python's `safetensors.safe_open(…).metadata()` does.
    ///
    /// ```
    /// use fireclay::{data::{Method, Normalization}, prelude::*};
    /// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
    /// let (train, test) = Digits::split()?;
    /// let normalization = Normalization::fit(Method::ZScore, &train)?;
    /// let mut net = Small::init(&mut rng(1));
    /// let trainer = Trainer::new(CrossEntropy, Adam::new(5e-3)).epochs(2).progress(ProgressBar::Off);
    /// trainer.fit(&mut net, &train.normalize(&normalization))?;
    /// let path = std::env::temp_dir().join(format!("fireclay-save-with-{}.safetensors", std::process::id()));
    /// net.save_with(&path, normalization.to_metadata("input"))?;
    ///
    /// // Elsewhere.
    /// let mut net = Small::zeros();
    /// let loaded = net.load(&path)?;
    /// let normalization = Normalization::from_metadata("input", &loaded.metadata)?;
    /// assert!(net.evaluate(&test.normalize(&normalization), Accuracy) > 0.5);
    /// # std::fs::remove_file(path).expect("removed");
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the file cannot be written, a key has two values, or `format` has another one than `pt`, by which PyTorch's readers know their files.
    #[cfg(feature = "safetensors")]
    fn save_with<K: Into<String>, V: Into<String>>(
        &self,
        path: impl AsRef<Path>,
        metadata: impl IntoIterator<Item = (K, V)>,
    ) -> Result<()> {
        let path = path.as_ref();
        let bytes = writing::bytes(self, metadata, &path.display().to_string())?;
        replace(path, &mut |beside| fs::write(beside, &bytes).map_err(|source| Error::Io { path: path.to_owned(), source }))
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
        self.load_with(path, by_the_same_name)
    }

    /// [`Save::load`] from a file with other names: a function says what the network calls a tensor of the file. `None` leaves it out.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Old(x: [2]) -> [1] { x -> linear: Dense(1) } }
    /// network! { pub New(x: [2]) -> [1] { x -> fc: Dense(1) } }
    /// let path = std::env::temp_dir().join(format!("fireclay-load-with-{}.safetensors", std::process::id()));
    /// Old::init(&mut rng(1)).save(&path)?;
    /// New::zeros().load_with(&path, |name| Some(name.replace("linear", "fc")))?;
    /// # std::fs::remove_file(path).expect("removed");
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Save::load`], and if two tensors are to have the same name.
    #[cfg(feature = "safetensors")]
    fn load_with(&mut self, path: impl AsRef<Path>, mut names: impl FnMut(&str) -> Option<String>) -> Result<Loaded> {
        let path = path.as_ref();
        reading::whole(self, &reading::file(path)?, &path.display().to_string(), &mut names)
    }

    /// Takes from a safetensors file what fits by name and shape, and leaves all else as it is: for a network that begins with the layers of another one. What
    /// comes back, [`Transfer`], says what was taken and what was not, and can be printed. Numbers of other types and prefixes of PyTorch's wrappers are
    /// treated as by [`Save::load`], which is the strict form.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Digit(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc1: Dense(24) -> Relu -> fc2: Dense(10) } }
    /// network! { pub Parity(image: [1, 8, 8]) -> [2] { image -> Flatten -> fc1: Dense(24) -> Relu -> fc2: Dense(2) } }
    /// let path = std::env::temp_dir().join(format!("fireclay-matching-{}.safetensors", std::process::id()));
    /// Digit::init(&mut rng(1)).save(&path)?;
    ///
    /// let mut net = Parity::init(&mut rng(2));
    /// let transfer = net.load_matching(&path)?;
    /// println!("{transfer}");
    /// assert_eq!(transfer.matched, ["fc1.weight", "fc1.bias"]);
    /// assert_eq!(transfer.misfits[0].to_string(), "fc2.weight is [10, 24] in the file, [2, 24] in the network");
    /// # std::fs::remove_file(path).expect("removed");
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the file cannot be read, is damaged or in another format, or nothing of it fits. The network is as it was then.
    #[cfg(feature = "safetensors")]
    fn load_matching(&mut self, path: impl AsRef<Path>) -> Result<Transfer> {
        self.load_matching_with(path, by_the_same_name)
    }

    /// [`Save::load_matching`] from a file with other names: a function says what the network calls a tensor of the file. `None` leaves it out.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Features(x: [4]) -> [8] { x -> fc1: Dense(8) -> Relu } }
    /// network! { pub Classifier(x: [4]) -> [3] { x -> trunk: net Features -> head: Dense(3) } }
    /// let path = std::env::temp_dir().join(format!("fireclay-matching-with-{}.safetensors", std::process::id()));
    /// Features::init(&mut rng(1)).save(&path)?;
    ///
    /// let mut net = Classifier::init(&mut rng(2));
    /// let transfer = net.load_matching_with(&path, |name| Some(format!("trunk.{name}")))?;
    /// assert_eq!(transfer.matched, ["trunk.fc1.weight", "trunk.fc1.bias"]);
    /// # std::fs::remove_file(path).expect("removed");
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Save::load_matching`], and if two tensors are to have the same name.
    #[cfg(feature = "safetensors")]
    fn load_matching_with(&mut self, path: impl AsRef<Path>, mut names: impl FnMut(&str) -> Option<String>) -> Result<Transfer> {
        let path = path.as_ref();
        reading::part(self, &reading::file(path)?, &path.display().to_string(), &mut names)
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
        self.to_bytes_with(NO_METADATA)
    }

    /// The bytes that [`Save::save_with`] writes.
    ///
    /// ```
    /// use fireclay::{metadata_from_bytes, prelude::*};
    /// network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
    /// let bytes = Line::zeros().to_bytes_with([("unit", "meters")])?;
    /// assert_eq!(metadata_from_bytes(&bytes)?["unit"], "meters");
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// When names and metadata alone are larger than the format allows (100 MB), and as [`Save::save_with`].
    #[cfg(feature = "safetensors")]
    fn to_bytes_with<K: Into<String>, V: Into<String>>(&self, metadata: impl IntoIterator<Item = (K, V)>) -> Result<Vec<u8>> {
        writing::bytes(self, metadata, Self::INFO.name)
    }

    /// Takes parameters and buffers from the bytes of a safetensors file.
    ///
    /// # Errors
    /// As [`Save::load`].
    #[cfg(feature = "safetensors")]
    fn load_bytes(&mut self, bytes: &[u8]) -> Result<Loaded> {
        self.load_bytes_with(bytes, by_the_same_name)
    }

    /// [`Save::load_with`] from the bytes of a safetensors file.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Old(x: [2]) -> [1] { x -> linear: Dense(1) } }
    /// network! { pub New(x: [2]) -> [1] { x -> fc: Dense(1) } }
    /// let bytes = Old::init(&mut rng(1)).to_bytes()?;
    /// New::zeros().load_bytes_with(&bytes, |name| Some(name.replace("linear", "fc")))?;
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Save::load_with`].
    #[cfg(feature = "safetensors")]
    fn load_bytes_with(&mut self, bytes: &[u8], mut names: impl FnMut(&str) -> Option<String>) -> Result<Loaded> {
        reading::whole(self, bytes, GIVEN, &mut names)
    }

    /// [`Save::load_matching`] from the bytes of a safetensors file.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
    /// network! { pub Longer(x: [2]) -> [1] { x -> fc: Dense(1) -> Relu -> out: Dense(1) } }
    /// let transfer = Longer::zeros().load_matching_bytes(&Line::init(&mut rng(1)).to_bytes()?)?;
    /// assert_eq!(transfer.missing.len(), 2);
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Save::load_matching`].
    #[cfg(feature = "safetensors")]
    fn load_matching_bytes(&mut self, bytes: &[u8]) -> Result<Transfer> {
        self.load_matching_bytes_with(bytes, by_the_same_name)
    }

    /// [`Save::load_matching_with`] from the bytes of a safetensors file.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Old(x: [2]) -> [1] { x -> linear: Dense(1) } }
    /// network! { pub New(x: [2]) -> [1] { x -> fc: Dense(1) } }
    /// let bytes = Old::init(&mut rng(1)).to_bytes()?;
    /// let weight = |name: &str| (name == "linear.weight").then(|| "fc.weight".to_owned());
    /// let transfer = New::zeros().load_matching_bytes_with(&bytes, weight)?;
    /// assert_eq!(transfer.left_out, ["linear.bias"]);
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Save::load_matching_with`].
    #[cfg(feature = "safetensors")]
    fn load_matching_bytes_with(&mut self, bytes: &[u8], mut names: impl FnMut(&str) -> Option<String>) -> Result<Transfer> {
        reading::part(self, bytes, GIVEN, &mut names)
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

/// What an error calls bytes that were not read from a file.
#[cfg(feature = "safetensors")]
const GIVEN: &str = "the given data";

#[cfg(feature = "safetensors")]
const NO_METADATA: [(&str, &str); 0] = [];

/// The mapping of a file that has the network's names.
#[cfg(feature = "safetensors")]
fn by_the_same_name(name: &str) -> Option<String> {
    Some(name.to_owned())
}

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
