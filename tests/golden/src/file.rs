//! Golden files: what PyTorch computed, and from what. (Also part of the build script.)

use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// A tensor, whatever its numbers were.
#[derive(Debug, Clone)]
pub struct Array {
    /// Its extents; none for a single number.
    pub dims: Vec<usize>,
    /// Its numbers.
    pub values: Vec<f64>,
}

impl Array {
    /// As the library takes them.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "they were f32, or are rates")]
    pub fn f32(&self) -> Vec<f32> {
        self.values.iter().map(|x| *x as f32).collect()
    }

    /// The largest absolute value.
    #[must_use]
    pub fn largest(&self) -> f64 {
        self.values.iter().fold(0.0, |a, x| x.abs().max(a))
    }
}

/// A golden file.
#[derive(Debug, Clone)]
pub struct Golden {
    /// Where it is.
    pub path: PathBuf,
    /// Which operation.
    pub op: String,
    /// Its arguments, as PyTorch calls them.
    pub config: Value,
    /// How far PyTorch's own f32 result lies off, where it says so.
    pub torch_f32_err: Option<f64>,
    /// Everything, by name.
    pub tensors: BTreeMap<String, Array>,
}

impl Golden {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or is not of this form; the text names the file.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, String> {
        let path = path.as_ref();
        let wrong = |what: &dyn Display| format!("{}: {what}", path.display());
        let bytes = std::fs::read(path).map_err(|e| wrong(&e))?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| wrong(&e))?;
        let about = header.metadata().as_ref().and_then(|m| m.get("golden")).ok_or_else(|| wrong(&"no metadata `golden`"))?;
        let about: Value = serde_json::from_str(about).map_err(|e| wrong(&e))?;
        let op = about["op"].as_str().ok_or_else(|| wrong(&"no `op`"))?.to_owned();
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| wrong(&e))?;
        let tensors = tensors
            .iter()
            .map(|(name, view)| {
                let values =
                    numbers(view.dtype(), view.data()).ok_or_else(|| wrong(&format_args!("{name} holds {:?}", view.dtype())))?;
                Ok((name.to_owned(), Array { dims: view.shape().to_vec(), values }))
            })
            .collect::<Result<_, String>>()?;
        Ok(Self {
            path: path.to_owned(),
            op,
            config: about["config"].clone(),
            torch_f32_err: about["torch_f32_err"].as_f64(),
            tensors,
        })
    }

    /// A tensor.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Array> {
        self.tensors.get(name)
    }

    /// The extents of a tensor; none where there is no such tensor.
    #[must_use]
    pub fn dims(&self, name: &str) -> &[usize] {
        self.get(name).map_or(&[], |array| &array.dims)
    }
}

#[expect(clippy::cast_precision_loss, reason = "indices are small")]
fn numbers(dtype: Dtype, data: &[u8]) -> Option<Vec<f64>> {
    Some(match dtype {
        Dtype::F32 => data.as_chunks().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect(),
        Dtype::F64 => data.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
        Dtype::I64 => data.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b) as f64).collect(),
        Dtype::I32 => data.as_chunks().0.iter().map(|b| f64::from(i32::from_le_bytes(*b))).collect(),
        Dtype::U8 | Dtype::BOOL => data.iter().map(|b| f64::from(*b)).collect(),
        _ => return None,
    })
}
