//! CIFAR-10 and CIFAR-100: the binary version of their files.

use super::Dataset;
use super::files::{contents, instead, read, wrong};
use crate::{Index, Result, Tensor, shape};
use std::path::{Path, PathBuf};

/// Bytes of an image: 32×32 pixels, red, green and blue one after the other.
const PIXELS: usize = 3 * 32 * 32;

/// As many images as one of these files has at most, and some.
const MOST: usize = 100_000;

/// CIFAR-10 (Krizhevsky 2009): 60,000 images of 32×32 pixels in color, scaled to 0…1, of ten classes. They lie in memory as bytes, a quarter of what numbers take.
#[derive(Debug, Clone)]
pub struct Cifar10(Records<1>);

/// CIFAR-100 (Krizhevsky 2009): 60,000 images of 32×32 pixels in color, scaled to 0…1, of a hundred classes, which are of twenty coarse ones.
#[derive(Debug, Clone)]
pub struct Cifar100(Records<2>);

impl Cifar10 {
    /// The classes, in their order.
    pub const CLASSES: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// The 50,000 to learn from and the 10,000 to test with, from a folder with `data_batch_1.bin` … `data_batch_5.bin` and `test_batch.bin`, each plain
    /// or compressed with gzip, or from the folder in which the archive's own, `cifar-10-batches-bin`, lies.
    ///
    /// # Errors
    /// If a file is missing, cut short, or not of this form: the error names it, and the image.
    pub fn load(folder: impl AsRef<Path>) -> Result<(Self, Self)> {
        let batches = ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"];
        let part = |names| Records::load(folder.as_ref(), "cifar-10-batches-bin", names, [10], "CIFAR-10").map(Self);
        Ok((part(&batches)?, part(&["test_batch.bin"])?))
    }
}

impl Cifar100 {
    /// The 50,000 to learn from and the 10,000 to test with, from a folder with `train.bin` and `test.bin`, each plain or compressed with gzip, or from
    /// the folder in which the archive's own, `cifar-100-binary`, lies.
    ///
    /// # Errors
    /// As [`Cifar10::load`].
    pub fn load(folder: impl AsRef<Path>) -> Result<(Self, Self)> {
        let part = |name| Records::load(folder.as_ref(), "cifar-100-binary", &[name], [20, 100], "CIFAR-100").map(Self);
        Ok((part("train.bin")?, part("test.bin")?))
    }

    /// The coarse class of the i-th image, one of twenty.
    ///
    /// # Panics
    /// If there are not that many.
    #[must_use]
    pub fn coarse(&self, i: usize) -> Index<20> {
        self.0.class(i, 0)
    }
}

/// Records of class bytes and pixels.
#[derive(Clone)]
struct Records<const CLASSES: usize>(Vec<u8>);

impl<const CLASSES: usize> Records<CLASSES> {
    const LEN: usize = CLASSES + PIXELS;

    /// All records of these files, whose class bytes are below these bounds.
    fn load(folder: &Path, own: &str, names: &[&str], bounds: [usize; CLASSES], set: &str) -> Result<Self> {
        let mut records = Vec::new();
        for name in names {
            let path = find(folder, own, name, set)?;
            let bytes = read(&path, MOST * Self::LEN)?;
            let not = |reason: String| wrong(&path, format!("{reason}; it is to be a file of the binary version of {set}"));
            if let Some(what) = instead(&bytes) {
                return Err(not(format!("is {what}")));
            }
            if bytes.is_empty() || bytes.len() % Self::LEN != 0 {
                let (whole, rest) = (bytes.len() / Self::LEN, bytes.len() % Self::LEN);
                return Err(not(format!("holds {whole} images of {} bytes and {rest} bytes more", Self::LEN)));
            }
            for (i, record) in bytes.chunks_exact(Self::LEN).enumerate() {
                if let Some((class, bound)) = record.iter().zip(bounds).find(|(class, bound)| usize::from(**class) >= *bound) {
                    return Err(not(format!("image {i} is of class {class}; there are {bound} classes")));
                }
            }
            records.extend(bytes);
        }
        Ok(Self(records))
    }

    fn len(&self) -> usize {
        self.0.len() / Self::LEN
    }

    fn record(&self, i: usize) -> &[u8] {
        &self.0[i * Self::LEN..(i + 1) * Self::LEN]
    }

    fn class<const BOUND: usize>(&self, i: usize, which: usize) -> Index<BOUND> {
        // Bounds were checked when the file was read.
        Index::new(usize::from(self.record(i)[which])).unwrap_or_default()
    }

    fn fill(&self, i: usize, image: &mut Tensor<shape![3, 32, 32]>) {
        for (to, from) in image.as_mut_slice().iter_mut().zip(&self.record(i)[CLASSES..]) {
            *to = f32::from(*from) / 255.0;
        }
    }
}

impl<const CLASSES: usize> core::fmt::Debug for Records<CLASSES> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} images of 3×32×32", self.len())
    }
}

/// A file in the folder, or in the archive's own within.
fn find(folder: &Path, own: &str, name: &str, set: &str) -> Result<PathBuf> {
    let packed = format!("{name}.gz");
    let places = [folder.join(name), folder.join(&packed), folder.join(own).join(name), folder.join(own).join(&packed)];
    if let Some(path) = places.into_iter().find(|path| path.is_file()) {
        return Ok(path);
    }
    let python = folder.join(name.trim_end_matches(".bin")).is_file();
    let python = if python { "; the files of the Python version do not do" } else { "" };
    let reason = format!(
        "is missing; {}{python}. The {set} home page of the University of Toronto has it, in the archive of the binary version",
        contents(folder)
    );
    Err(wrong(&folder.join(name), reason))
}

impl Dataset<Tensor<shape![3, 32, 32]>> for Cifar10 {
    type Target = Index<10>;
    fn len(&self) -> usize {
        self.0.len()
    }
    fn fill(&self, i: usize, _: u64, image: &mut Tensor<shape![3, 32, 32]>, class: &mut Index<10>) -> Result<()> {
        self.0.fill(i, image);
        *class = self.0.class(i, 0);
        Ok(())
    }
    fn fill_target(&self, i: usize, class: &mut Index<10>) -> Result<()> {
        *class = self.0.class(i, 0);
        Ok(())
    }
}

impl Dataset<Tensor<shape![3, 32, 32]>> for Cifar100 {
    type Target = Index<100>;
    fn len(&self) -> usize {
        self.0.len()
    }
    fn fill(&self, i: usize, _: u64, image: &mut Tensor<shape![3, 32, 32]>, class: &mut Index<100>) -> Result<()> {
        self.0.fill(i, image);
        *class = self.0.class(i, 1);
        Ok(())
    }
    fn fill_target(&self, i: usize, class: &mut Index<100>) -> Result<()> {
        *class = self.0.class(i, 1);
        Ok(())
    }
}
