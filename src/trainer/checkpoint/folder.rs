//! When checkpoints are written, and where.

use crate::setting;
use crate::trainer::run::Position;
use crate::{Error, Result};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often a checkpoint is written, and how many of them are kept: [`Trainer::checkpoint`](crate::Trainer::checkpoint).
///
/// ```
/// use fireclay::trainer::Every;
/// let every = Every::steps(500).keep(3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Every {
    unit: Unit,
    keep: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Epochs(usize),
    Steps(usize),
    Time(Duration),
}

impl Every {
    /// After every so many epochs. All are kept, without [`keep`](Every::keep).
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub const fn epochs(epochs: usize) -> Self {
        setting::at_least_one("Every: epochs", epochs);
        Self { unit: Unit::Epochs(epochs), keep: None }
    }

    /// After every so many steps, counted over all epochs.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub const fn steps(steps: usize) -> Self {
        setting::at_least_one("Every: steps", steps);
        Self { unit: Unit::Steps(steps), keep: None }
    }

    /// After the first step that ends this long or longer after the last checkpoint.
    pub const fn duration(time: Duration) -> Self {
        Self { unit: Unit::Time(time), keep: None }
    }

    /// Keeps the newest so many and deletes those before them.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub const fn keep(mut self, newest: usize) -> Self {
        setting::at_least_one("Every: keep", newest);
        self.keep = Some(newest);
        self
    }

    /// After a step that has led here.
    pub(super) fn is_due(&self, at: &Position, saved: &LastSave) -> bool {
        match self.unit {
            Unit::Epochs(epochs) => at.step == 0 && at.epoch.is_multiple_of(epochs),
            Unit::Steps(steps) => at.steps().is_multiple_of(steps),
            Unit::Time(time) => saved.time.elapsed() >= time,
        }
    }
}

/// The last checkpoint of this run.
#[derive(Debug, Clone, Copy)]
pub(in crate::trainer) struct LastSave {
    /// After so many steps.
    at: Option<usize>,
    time: Instant,
}

impl LastSave {
    pub fn none() -> Self {
        Self { at: None, time: Instant::now() }
    }

    pub fn note(&mut self, at: &Position) {
        *self = Self { at: Some(at.steps()), time: Instant::now() };
    }

    pub fn is_of(&self, at: &Position) -> bool {
        self.at == Some(at.steps())
    }
}

/// Where checkpoints stand.
#[derive(Debug, Clone)]
pub(in crate::trainer) struct Folder {
    path: PathBuf,
    pub(super) every: Every,
}

impl Folder {
    pub fn new(path: PathBuf, every: Every) -> Self {
        Self { path, every }
    }

    pub fn path_of(&self, steps: usize) -> PathBuf {
        self.path.join(format!("step-{steps:08}.safetensors"))
    }

    /// All checkpoints, the newest last.
    fn all(&self) -> Result<Vec<(usize, PathBuf)>> {
        let of = |path: PathBuf| {
            let name = path.file_name()?.to_str()?;
            let steps = name.strip_prefix("step-")?.strip_suffix(".safetensors")?.parse().ok()?;
            // Nothing that is only called alike.
            (self.path_of(steps) == path && path.is_file()).then_some((steps, path))
        };
        let mut all: Vec<_> = self.files()?.into_iter().filter_map(of).collect();
        all.sort_unstable();
        Ok(all)
    }

    /// What stands in the folder; nothing where there is none.
    fn files(&self) -> Result<Vec<PathBuf>> {
        let io = |source| Error::Io { path: self.path.clone(), source };
        match fs::read_dir(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            entries => entries.map_err(io)?.map(|entry| entry.map(|entry| entry.path()).map_err(io)).collect(),
        }
    }

    /// Makes the folder, if it is not there.
    pub fn make(&self) -> Result<()> {
        fs::create_dir_all(&self.path).map_err(|source| Error::Io { path: self.path.clone(), source })
    }

    pub fn newest(&self) -> Result<Option<PathBuf>> {
        Ok(self.all()?.pop().map(|(_, path)| path))
    }

    /// What is said of a damaged checkpoint, with the way out where there is an older one.
    pub fn before(&self, path: &Path, error: Error) -> Error {
        let Error::Safetensors { file, reason } = error else { return error };
        let older = self.all().ok().and_then(|all| all.into_iter().rev().map(|(_, path)| path).find(|other| other != path));
        let help = older.map(|older| format!("\n  help: delete it to go on from {}", older.display())).unwrap_or_default();
        Error::Safetensors { file, reason: format!("{reason}{help}") }
    }

    /// Deletes those that are not to be kept.
    pub fn prune(&self) -> Result<()> {
        let Some(keep) = self.every.keep else { return Ok(()) };
        let all = self.all()?;
        all.iter().rev().skip(keep).try_for_each(|(_, path)| delete(path))
    }

    /// Deletes what a run that was killed while it wrote has left.
    pub fn sweep(&self) -> Result<()> {
        let left = |path: &&PathBuf| path.file_name().and_then(|name| name.to_str()).is_some_and(crate::replace::is_temporary);
        self.files()?.iter().filter(left).try_for_each(|path| delete(path))
    }
}

fn delete(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        deleted => deleted.map_err(|source| Error::Io { path: path.to_owned(), source }),
    }
}
