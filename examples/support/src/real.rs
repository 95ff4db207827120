//! Data that programs learn from: what ships with the project, or larger real data of `--data`.

use crate::{Args, Result};
use fireclay::data::Mnist;
use fireclay::prelude::*;
use std::path::{Path, PathBuf};

/// Where Debian's package dataset-fashion-mnist puts the four files of Fashion-MNIST.
pub const FASHION_MNIST: &str = "/usr/share/datasets/fashion-mnist";

/// The book of Genesis (King James version).
static GENESIS: &str = include_str!("../../data/genesis.txt");

impl Args {
    /// Digits to learn from and to test with: those that ship with the crate; with `--data` MNIST's (or Fashion-MNIST's clothes) from a folder with the four
    /// files, brought to 8×8 pixels as those that ship were: 32×32 pixels, of which each 4×4 become their mean.
    ///
    /// # Errors
    /// If a file is missing or damaged: the error names it.
    pub fn digits(&self) -> Result<(Digits, Digits)> {
        let Some(folder) = &self.data else { return Ok(Digits::split()?) };
        let (train, test) = Mnist::load(folder)?;
        Ok((small(&train), small(&test)))
    }

    /// A folder of files that a program ships in `examples/data`; with `--data` that folder.
    #[must_use]
    pub fn folder(&self, name: &str) -> PathBuf {
        let ships = || Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data")).join(name);
        self.data.clone().unwrap_or_else(ships)
    }

    /// A text to learn from: the book of Genesis; with `--data` all files of that folder whose names end in `.txt`, in order of their names.
    ///
    /// # Errors
    /// If there is none, or one is not UTF-8: the error names it.
    pub fn text(&self) -> Result<String> {
        let Some(folder) = &self.data else { return Ok(GENESIS.to_owned()) };
        let named = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let entries = std::fs::read_dir(folder).map_err(|error| named(folder, &error))?;
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        let mut files: Vec<PathBuf> = paths.collect::<std::io::Result<_>>().map_err(|error| named(folder, &error))?;
        files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
        files.sort();
        if files.is_empty() {
            return Err(named(folder, &"has no file whose name ends in .txt").into());
        }
        let mut text = String::new();
        for path in files {
            text += &std::fs::read_to_string(&path).map_err(|error| named(&path, &error))?;
        }
        Ok(text)
    }
}

/// 28×28 pixels in a frame of two, each 4×4 as their mean.
fn small(large: &Mnist) -> Digits {
    const BLOCK: usize = 4;
    let mean = |image: &Tensor<shape![1, 28, 28]>, i: usize| {
        let (top, left) = (i / 8 * BLOCK, i % 8 * BLOCK);
        let pixels = (top..top + BLOCK).flat_map(|y| (left..left + BLOCK).map(move |x| (y, x)));
        // The frame is black.
        let inside = pixels.filter_map(|(y, x)| image[0].get(y.checked_sub(2)?)?.get(x.checked_sub(2)?).copied());
        inside.sum::<f32>() / (BLOCK * BLOCK) as f32
    };
    large.iter().map(|(image, class)| (Tensor::from_fn(|i| mean(image, i)), *class)).collect()
}
