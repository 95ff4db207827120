//! Sounds from WAV files.

use super::Dataset;
use super::files::wrong;
use super::folder::{self, Kind, Listed};
use crate::{Const, Error, Index, Result, Tensor};
use hound::{SampleFormat, WavReader};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const KIND: Kind = Kind {
    what: "sounds",
    ends: &["wav"],
    others: &["mp3", "flac", "ogg", "opus", "m4a", "aif", "aiff", "aifc"],
    from: "a data set of sounds has a folder for each class, as Google's Speech Commands has, whose home page is TensorFlow's",
};

/// Sounds in WAV files, a folder for each class, read when they are asked for: channels are averaged, numbers scaled to -1…1, what is longer than `LEN` is cut off and what is shorter ends in silence.
///
/// ```no_run
/// use fireclay::{data::WavFolder, prelude::*};
/// network! { pub Commands(sound: [16000]) -> [35] { sound -> fc1: Dense(64) -> Relu -> fc2: Dense(35) } }
/// let data = WavFolder::<16000, 35>::open("speech_commands", 16_000)?; // one second
/// let (train, test) = data.split_stratified(0.8, 1)?;
/// Trainer::new(CrossEntropy, Adam::new(1e-3)).fit(&mut Commands::init(&mut rng(1)), &train)?;
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Clone)]
pub struct WavFolder<const LEN: usize, const CLASSES: usize> {
    files: Vec<(PathBuf, usize)>,
    classes: Vec<String>,
    rate: u32,
}

impl<const LEN: usize, const CLASSES: usize> WavFolder<LEN, CLASSES> {
    /// The sounds of a folder that has a folder for each class, the first by name being class 0, of so many numbers a second.
    ///
    /// # Errors
    /// If there is no such folder, it has not as many folders as there are classes, or one of these has no sounds or one that is no WAV file.
    pub fn open(folder: impl AsRef<Path>, rate: u32) -> Result<Self> {
        let Listed { files, classes } = folder::classes(folder.as_ref(), CLASSES, &KIND)?;
        Ok(Self { files, classes, rate })
    }

    /// The names of the classes, in their order.
    #[must_use]
    pub fn class_names(&self) -> &[String] {
        &self.classes
    }

    /// The file of the i-th sound.
    ///
    /// # Panics
    /// If there are not that many.
    #[must_use]
    pub fn path(&self, i: usize) -> &Path {
        &self.files[i].0
    }
}

impl<const LEN: usize, const CLASSES: usize> Dataset<Tensor<(Const<LEN>,)>> for WavFolder<LEN, CLASSES> {
    type Target = Index<CLASSES>;
    fn len(&self) -> usize {
        self.files.len()
    }
    fn fill(&self, i: usize, _: u64, input: &mut Tensor<(Const<LEN>,)>, class: &mut Index<CLASSES>) -> Result<()> {
        let path = self.path(i);
        read(path, self.rate, input.as_mut_slice()).map_err(|error| match error {
            hound::Error::IoError(source) if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
                Error::Io { path: path.to_owned(), source }
            }
            hound::Error::Unsupported => wrong(path, "is a WAV file that is packed in a way that is not read: save it as PCM"),
            other => wrong(path, format!("is not a whole WAV file: {other}")),
        })??;
        self.fill_target(i, class)
    }
    fn fill_target(&self, i: usize, class: &mut Index<CLASSES>) -> Result<()> {
        // The bound was checked when the files were listed.
        *class = Index::new(self.files[i].1).unwrap_or_default();
        Ok(())
    }
}

/// Reads a file; the inner error is about what it holds.
fn read(path: &Path, rate: u32, to: &mut [f32]) -> std::result::Result<Result<()>, hound::Error> {
    let mut reader = WavReader::open(path)?;
    let spec = reader.spec();
    if spec.sample_rate != rate {
        let reason =
            format!("has {} numbers a second, not {rate}: convert it, or open the folder with its rate", spec.sample_rate);
        return Ok(Err(wrong(path, reason)));
    }
    let channels = usize::from(spec.channels);
    if channels == 0 || reader.len() == 0 {
        return Ok(Err(wrong(path, "has no sound")));
    }
    let share = 1.0 / channels as f32;
    to.fill(0.0);
    let numbers = to.len().saturating_mul(channels);
    match spec.sample_format {
        SampleFormat::Int => {
            let scale = share / (1_u64 << (spec.bits_per_sample.max(1) - 1)) as f32;
            for (i, sample) in reader.samples::<i32>().take(numbers).enumerate() {
                to[i / channels] += sample? as f32 * scale;
            }
        }
        SampleFormat::Float => {
            for (i, sample) in reader.samples::<f32>().take(numbers).enumerate() {
                let sample = sample?;
                if !sample.is_finite() {
                    return Ok(Err(wrong(path, format!("number {i} is {sample}"))));
                }
                to[i / channels] += sample * share;
            }
        }
    }
    Ok(Ok(()))
}

impl<const LEN: usize, const CLASSES: usize> core::fmt::Debug for WavFolder<LEN, CLASSES> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} sounds of {LEN}, {CLASSES} classes", self.files.len())
    }
}
