//! What PyTorch gives for a network: a file that `tests/golden/generate/corpus.py` wrote.

use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

/// The metadata of a file.
#[derive(Debug, Clone, Deserialize)]
pub struct About {
    /// The version of PyTorch.
    pub torch: String,
    /// The samples of the batch.
    pub samples: usize,
    /// What each input is.
    pub inputs: Vec<Input>,
    /// The outputs are weighed in the loss by numbers around this, half of it wide.
    pub weight: f32,
    /// The paths of all parameters and buffers, in order.
    pub parameters: Vec<String>,
    /// The modes that were run, each with the learning rate of its step.
    pub rates: BTreeMap<Mode, f32>,
}

/// A mode of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// `model.train()`
    Train,
    /// `model.eval()`
    Eval,
}

impl Mode {
    /// As in names of tensors.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Eval => "eval",
        }
    }
}

impl From<Mode> for fireclay::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Train => Self::Train,
            Mode::Eval => Self::Eval,
        }
    }
}

/// What an input is.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Input {
    /// Numbers in [-1, 1).
    Numbers,
    /// Indices below a bound.
    Indices {
        /// The bound.
        bound: u64,
    },
    /// Regions of an image.
    Regions {
        /// Its width.
        width: u64,
        /// Its height.
        height: u64,
    },
}

/// A tensor in a few numbers, and how far PyTorch lies off where it computes in float32.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Norm, product, and the numbers that are kept.
    pub digest: &'a [f32],
    /// The deviation.
    pub torch: f32,
}

/// Tensors of one kind, such as all gradients.
#[derive(Debug, Clone)]
pub struct Group {
    numbers: Vec<f32>,
    columns: usize,
}

impl Group {
    /// The tensors at these places alone.
    #[must_use]
    pub fn only(&self, places: &[usize]) -> Self {
        let rows = self.numbers.chunks_exact(self.columns).enumerate().filter(|(i, _)| places.contains(i));
        Self { numbers: rows.flat_map(|(_, row)| row).copied().collect(), columns: self.columns }
    }

    /// With the larger of both deviations of PyTorch.
    #[must_use]
    pub fn or_as_far_off(mut self, as_: &Self) -> Self {
        for (row, other) in self.numbers.chunks_exact_mut(self.columns).zip(as_.rows()) {
            if let Some(torch) = row.last_mut() {
                *torch = torch.max(other.torch);
            }
        }
        self
    }

    /// Its tensors.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.numbers.chunks_exact(self.columns).map(|row| {
            let (torch, digest) = row.split_last().expect("a row");
            Row { digest, torch: *torch }
        })
    }
}

/// What PyTorch gives for a network.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The metadata.
    pub about: About,
    /// For each parameter and buffer the center and the half width of its numbers.
    pub widths: Vec<[f32; 2]>,
    /// The results by name: `train.gradients`.
    pub groups: BTreeMap<String, Group>,
}

impl Reference {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or is not of this form; the text names the file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let wrong = |what: &dyn Display| format!("{}: {what}", path.display());
        let bytes = std::fs::read(path).map_err(|e| wrong(&e))?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| wrong(&e))?;
        let about = header.metadata().as_ref().and_then(|all| all.get("corpus")).ok_or_else(|| wrong(&"no metadata `corpus`"))?;
        let about = serde_json::from_str(about).map_err(|e| wrong(&e))?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| wrong(&e))?;
        let mut groups = BTreeMap::new();
        for (name, view) in tensors.iter() {
            let (Dtype::F32, &[_, columns]) = (view.dtype(), view.shape()) else {
                return Err(wrong(&format_args!("{name} is no matrix of f32")));
            };
            let numbers = view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            groups.insert(name.to_owned(), Group { numbers, columns });
        }
        // What comes out after a step is the same function of other parameters: a number that unpooling sends elsewhere before the step may go there after it.
        for mode in [Mode::Train, Mode::Eval] {
            let [outputs, after] = ["outputs", "after"].map(|group| format!("{}.{group}", mode.name()));
            if let (Some(outputs), Some(group)) = (groups.get(&outputs).cloned(), groups.remove(&after)) {
                groups.insert(after, group.or_as_far_off(&outputs));
            }
        }
        let widths = groups.remove("parameters").ok_or_else(|| wrong(&"no `parameters`"))?;
        let widths = widths.numbers.as_chunks().0.to_vec();
        Ok(Self { about, widths, groups })
    }
}
