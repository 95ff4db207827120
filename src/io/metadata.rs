//! The texts beside the weights of a file.

use super::{GIVEN, reading};
use crate::Result;
use fireclay_weight_file as weight_file;
use std::collections::BTreeMap;
use std::path::Path;

/// The metadata of a safetensors file, by keys: what [`Save::save_with`](super::Save::save_with) was given, and `format`, which is `pt`. [`Loaded`](super::Loaded) has them
/// too; this needs no network.
///
/// ```
/// use fireclay::prelude::*;
/// network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
/// let path = std::env::temp_dir().join(format!("fireclay-metadata-{}.safetensors", std::process::id()));
/// Line::zeros().save_with(&path, [("unit", "meters")])?;
/// assert_eq!(fireclay::metadata(&path)?["unit"], "meters");
/// # std::fs::remove_file(path).expect("removed");
/// # Ok::<(), fireclay::Error>(())
/// ```
///
/// # Errors
/// When the file cannot be read, is damaged or in another format.
pub fn metadata(path: impl AsRef<Path>) -> Result<BTreeMap<String, String>> {
    let path = path.as_ref();
    of(&reading::file(path)?, &path.display().to_string())
}

/// The metadata of a safetensors file, from its bytes: [`metadata`].
///
/// ```
/// use fireclay::prelude::*;
/// network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
/// let bytes = Line::zeros().to_bytes()?;
/// assert_eq!(fireclay::metadata_from_bytes(&bytes)?["format"], "pt");
/// # Ok::<(), fireclay::Error>(())
/// ```
///
/// # Errors
/// When they are damaged or in another format.
pub fn metadata_from_bytes(bytes: &[u8]) -> Result<BTreeMap<String, String>> {
    of(bytes, GIVEN)
}

fn of(bytes: &[u8], file: &str) -> Result<BTreeMap<String, String>> {
    // Nothing is compared with a network, so none is ever named.
    weight_file::metadata(bytes).map_err(|fault| reading::refusal(fault, file, ""))
}
