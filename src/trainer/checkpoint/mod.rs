//! Checkpoints: files from which a training goes on as if it had never stopped.

mod bits;
mod folder;
mod snapshot;

pub use folder::Every;
pub(super) use folder::{Folder, LastSave};

use super::Trainer;
use super::session::State;
use super::settings::Settings;
use crate::data::Dataset;
use crate::io::texts;
use crate::network::Network;
use crate::{Error, Result, replace::replace};
use snapshot::Snapshot;
use std::fs;
use std::path::{Path, PathBuf};

impl<L, A, V, C> Trainer<L, A, V, C> {
    /// Writes checkpoints into a folder while the training goes on, and one when it ends: `step-00000469.safetensors`, by the number of steps. A checkpoint is complete:
    /// weights, the optimizer's moments and steps, the schedule, epoch and position in it, the order of the data, what dropout counts, the best network so far and the
    /// patience that is left, the moving average, what is frozen, the history, the normalization of the data. [`resume`](Trainer::resume) goes on from it.
    ///
    /// It is written beside its place and moved there when all of it is on the disk: whatever interrupts that leaves the checkpoints before it as they are. The weights
    /// stand in it by their own names, so that [`open`](crate::Save::open) and PyTorch's `load_file` read it too: those of the last step, neither of the best epoch nor averaged.
    ///
    /// ```
    /// use fireclay::{prelude::*, trainer::Every};
    /// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
    /// # let folder = std::env::temp_dir().join(format!("fireclay-doc-{}", std::process::id()));
    /// # let folder = &folder;
    /// let (train, _) = Digits::split()?;
    /// let trainer = |epochs| {
    ///     let trainer = Trainer::new(CrossEntropy, Adam::new(5e-3)).epochs(epochs).progress(ProgressBar::Off);
    ///     trainer.checkpoint(folder, Every::epochs(1).keep(3)).resume()
    /// };
    /// trainer(2).fit(&mut Small::init(&mut rng(1)), &train)?; // or is killed on the way
    /// let mut net = Small::init(&mut rng(1));
    /// let history = trainer(4).fit(&mut net, &train)?; // goes on with the third epoch
    /// assert_eq!(history.epochs().len(), 4);
    /// # std::fs::remove_dir_all(folder).expect("ours");
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    pub fn checkpoint(mut self, folder: impl Into<PathBuf>, every: Every) -> Self {
        self.settings.checkpoints = Some(Folder::new(folder.into(), every));
        self
    }

    /// Goes on from the newest checkpoint in the folder of [`checkpoint`](Trainer::checkpoint), if there is one: with the same trainer and the same data the training ends
    /// with the same bits as one that was never stopped. `.epochs(…)` may be another number, and so may the threads, the progress bar and the callbacks. A checkpoint does
    /// not hold the state of callbacks. Loss, optimizer and schedule are compared by their types; their settings (smoothing, betas, groups, lengths), the patience and the samples themselves are those of the program; [`for_at_most`](Trainer::for_at_most) counts anew.
    pub fn resume(mut self) -> Self {
        self.settings.resume = true;
        self
    }
}

/// The checkpoint to go on from, where that was asked for and there is one, with its folder.
fn newest(settings: &Settings, metadata: &[(String, String)]) -> Result<Option<(Folder, PathBuf)>> {
    let Some(folder) = &settings.checkpoints else {
        return match settings.resume {
            false => Ok(None),
            true => Err(Error::Setting(
                "`.resume()` goes on from a folder of checkpoints: `.checkpoint(\"runs/net\", Every::epochs(1))` names it"
                    .to_owned(),
            )),
        };
    };
    let newest = folder.newest()?;
    // What could not be written later is known now.
    folder.make()?;
    texts(metadata.to_vec())?;
    match (newest, settings.resume) {
        (Some(path), false) => Err(Error::Checkpoint {
            path,
            reason: "this folder already holds checkpoints of another training".to_owned(),
            help: "`.resume()` goes on with that training; to begin anew, take another folder or delete these files",
        }),
        (None, false) => Ok(None),
        (newest, true) => {
            folder.sweep()?;
            Ok(newest.map(|path| (folder.clone(), path)))
        }
    }
}

impl<N: Network, L, V, C> State<'_, N, L, V, C> {
    /// Before the first step: goes on from the newest checkpoint, where that was asked for.
    pub fn resumed(mut self) -> Result<Self> {
        let Some((folder, path)) = newest(&self.settings, &self.metadata)? else { return Ok(self) };
        let bytes = fs::read(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
        let snapshot = Snapshot::parse(&bytes, &path, N::INFO).map_err(|error| folder.before(&path, error))?;
        snapshot.put(&mut self, &path)?;
        let at = self.run.at;
        self.saved.note(&at);
        self.shown.resumed(at.epoch, at.step, at.step * self.settings.accumulate * self.plan.batch, &path);
        Ok(self)
    }

    /// After a step: writes a checkpoint, if one is due; `last`: whatever is due.
    pub fn checkpoint(&mut self, last: bool) -> Result<()> {
        let asked = core::mem::take(&mut self.run.saving);
        let Some(folder) = &self.settings.checkpoints else { return Ok(()) };
        if self.saved.is_of(&self.run.at) || !(asked || last || folder.every.is_due(&self.run.at, &self.saved)) {
            return Ok(());
        }
        let path = folder.path_of(self.run.at.steps());
        self.write_checkpoint(&path)?;
        folder.prune()?;
        self.saved.note(&self.run.at);
        Ok(())
    }

    fn write_checkpoint(&self, path: &Path) -> Result<()> {
        let bytes = snapshot::bytes(self, path)?;
        replace(path, &mut |beside| fs::write(beside, &bytes).map_err(|source| Error::Io { path: path.to_owned(), source }))
    }
}

impl<N, L, D, V, C, How> super::Session<'_, '_, N, L, D, V, C, How>
where
    N: Network,
    D: Dataset<N::Input>,
{
    /// Writes a checkpoint now, into the folder of [`Trainer::checkpoint`]; without one, and once the training is over (which has written its last one then), nothing is written.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save_checkpoint(&mut self) -> Result<()> {
        self.state_mut().map_or(Ok(()), |state| state.checkpoint(true))
    }
}
