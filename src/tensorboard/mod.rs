//! Event files of TensorBoard.

mod event;
mod histogram;
mod listener;
mod message;
mod picture;

use crate::network::{AsNetwork, Grads, Network, TensorInfo};
use crate::trainer::{Epoch, History};
use crate::{Block, Error, Result, Shape, Tensor};
use histogram::Histogram;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Curves, histograms and images for TensorBoard: an event file in a folder, one folder for each run. `tensorboard --logdir runs` shows them all.
///
/// ```
/// use fireclay::{TensorBoard, prelude::*};
/// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
/// let (train, validation) = Digits::split()?;
/// let mut net = Small::init(&mut rng(1));
/// # let runs = std::env::temp_dir().join(format!("fireclay-runs-{}", std::process::id()));
/// # let runs = runs.to_str().expect("a path");
/// # let mut board = TensorBoard::create(format!("{runs}/small"))?;
/// # /*
/// let mut board = TensorBoard::create("runs/small")?;
/// # */
/// let trainer = Trainer::new(CrossEntropy, Adam::new(5e-3)).epochs(2).progress(ProgressBar::Off).validate(&validation, Accuracy);
/// trainer.listen(&mut board).fit(&mut net, &train)?;
/// # std::fs::remove_dir_all(runs).expect("removed");
/// # Ok::<(), fireclay::Error>(())
/// ```
///
/// What is logged at one time goes to the system at once: a program that is killed leaves a file that can be read, with all that it logged. A tag such as `loss/training` shows
/// beside others that begin with `loss/`. Each `create` begins a file of its own; files in one folder are one run.
#[derive(Debug)]
pub struct TensorBoard {
    file: File,
    path: PathBuf,
    /// Bytes of whole records.
    length: u64,
}

impl TensorBoard {
    /// A new event file in a folder, which is made if it is missing.
    ///
    /// ```
    /// # let folder = std::env::temp_dir().join(format!("fireclay-create-{}", std::process::id()));
    /// let board = fireclay::TensorBoard::create(&folder)?;
    /// assert!(board.path().is_file());
    /// # std::fs::remove_dir_all(folder).expect("removed");
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// If folder or file cannot be made.
    pub fn create(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        fs::create_dir_all(folder).map_err(|source| Error::Io { path: folder.to_owned(), source })?;
        let (mut count, seconds) = (0_u64, wall_time() as u64);
        let (file, path) = loop {
            // As TensorFlow names them, which adds the name of the machine.
            let path = folder.join(format!("events.out.tfevents.{seconds:010}.fireclay.{}.{count}", std::process::id()));
            match OpenOptions::new().append(true).create_new(true).open(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => count += 1,
                Err(source) => return Err(Error::Io { path, source }),
                Ok(file) => break (file, path),
            }
        };
        let mut board = Self { file, path, length: 0 };
        board.write(&event::version(wall_time()))?;
        Ok(board)
    }

    /// The event file.
    ///
    /// ```
    /// # let folder = std::env::temp_dir().join(format!("fireclay-path-{}", std::process::id()));
    /// let board = fireclay::TensorBoard::create(&folder)?;
    /// assert!(board.path().starts_with(&folder));
    /// # std::fs::remove_dir_all(folder).expect("removed");
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A point of a curve.
    ///
    /// ```
    /// # let folder = std::env::temp_dir().join(format!("fireclay-scalar-{}", std::process::id()));
    /// # let mut board = fireclay::TensorBoard::create(&folder)?;
    /// for (step, loss) in [2.3, 1.7, 1.2].into_iter().enumerate() {
    ///     board.scalar("loss/training", step, loss)?;
    /// }
    /// # std::fs::remove_dir_all(folder).expect("removed");
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn scalar(&mut self, tag: &str, step: usize, value: f32) -> Result<()> {
        self.write(&event::event(wall_time(), step, &event::scalar(tag, value)))
    }

    /// How numbers are distributed. Infinite ones and NaN are in no bucket and are left out.
    ///
    /// ```
    /// # let folder = std::env::temp_dir().join(format!("fireclay-histogram-{}", std::process::id()));
    /// # let mut board = fireclay::TensorBoard::create(&folder)?;
    /// board.histogram("outputs", 0, &[0.5, -1.0, 2.0])?;
    /// # std::fs::remove_dir_all(folder).expect("removed");
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// If no number is finite, or the file cannot be written.
    pub fn histogram(&mut self, tag: &str, step: usize, numbers: &[f32]) -> Result<()> {
        self.write(&histogram(wall_time(), tag, step, numbers)?)
    }

    /// An image: a tensor `[height, width]`, or `[channels, height, width]` of one channel (gray), three (red, green, blue) or four (and opacity), checked while compiling. Numbers
    /// from 0 to 1 become bytes from 0 to 255; what lies outside is cut.
    ///
    /// ```
    /// # use fireclay::prelude::*;
    /// # let folder = std::env::temp_dir().join(format!("fireclay-image-{}", std::process::id()));
    /// # let mut board = fireclay::TensorBoard::create(&folder)?;
    /// let (_, test) = Digits::split()?;
    /// board.image("digits/first", 0, test.input(0))?;
    /// # std::fs::remove_dir_all(folder).expect("removed");
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// Two channels are no image:
    ///
    /// ```compile_fail
    /// # fn show(board: &mut fireclay::TensorBoard) -> fireclay::Result<()> {
    /// use fireclay::prelude::*;
    /// board.image("pair", 0, &Tensor::<shape![2, 8, 8]>::zeros())
    /// # }
    /// # fn main() { show(&mut fireclay::TensorBoard::create("/dev/null/none").unwrap()).unwrap() }
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn image<S: Shape>(&mut self, tag: &str, step: usize, image: &Tensor<S>) -> Result<()> {
        const {
            assert!(
                picture::is_image(S::DIMS),
                "an image is [height, width] or [channels, height, width], with 1, 3 or 4 channels"
            )
        }
        let extents = picture::extents(S::DIMS);
        let png = picture::png(extents, image.as_slice())
            .map_err(|reason| Error::Setting(format!("TensorBoard: image `{tag}`: {reason}")))?;
        self.write(&event::event(wall_time(), step, &event::image(tag, extents, &png)))
    }

    /// A histogram of each parameter, `weights/conv1.weight` and so on.
    ///
    /// ```
    /// # use fireclay::prelude::*;
    /// # let folder = std::env::temp_dir().join(format!("fireclay-board-weights-{}", std::process::id()));
    /// # let mut board = fireclay::TensorBoard::create(&folder)?;
    /// network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
    /// board.weights(0, &Line::init(&mut rng(1)))?; // `weights/fc.weight` and `weights/fc.bias`
    /// # std::fs::remove_dir_all(folder).expect("removed");
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// If no number of a parameter is finite, or the file cannot be written.
    pub fn weights<A: AsNetwork + ?Sized>(&mut self, step: usize, net: &A) -> Result<()> {
        let params = net.network().params().as_slice();
        let of = |tensor: &TensorInfo| (!tensor.buffer).then_some(tensor.offset);
        self.tensors::<A::Network>("weights", step, params, of)
    }

    /// A histogram of the gradient of each parameter, `gradients/conv1.weight` and so on.
    ///
    /// ```
    /// # use fireclay::prelude::*;
    /// # let folder = std::env::temp_dir().join(format!("fireclay-board-gradients-{}", std::process::id()));
    /// # let mut board = fireclay::TensorBoard::create(&folder)?;
    /// network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }
    /// board.gradients(0, &Line::grads())?; // `gradients/fc.weight` and `gradients/fc.bias`
    /// # std::fs::remove_dir_all(folder).expect("removed");
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// If no number of a gradient is finite, or the file cannot be written.
    pub fn gradients<N: Network>(&mut self, step: usize, grads: &Grads<N>) -> Result<()> {
        self.tensors::<N>("gradients", step, grads.as_slice(), |tensor| tensor.grad)
    }

    /// The scalars of an epoch: `loss/training`, `loss/validation`, `metrics/…`, `learning rate` and `samples per second`, at its number. Names of metrics are those that
    /// [`History::metric_names`] gives.
    ///
    /// ```
    /// # use fireclay::prelude::*;
    /// # fn show(board: &mut fireclay::TensorBoard, epoch: &fireclay::trainer::Epoch) -> fireclay::Result<()> {
    /// board.epoch(epoch, ["accuracy", "macro F1"])
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn epoch<'n>(&mut self, epoch: &Epoch, metrics: impl IntoIterator<Item = &'n str>) -> Result<()> {
        self.write(&records_of(epoch, metrics))
    }

    /// The scalars of all epochs, as [`TensorBoard::epoch`].
    ///
    /// ```
    /// # use fireclay::{TensorBoard, prelude::*};
    /// # fn show(history: &fireclay::trainer::History) -> fireclay::Result<()> {
    /// TensorBoard::create("runs/lenet")?.history(history)
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn history(&mut self, history: &History) -> Result<()> {
        let records: Vec<u8> = history.epochs().iter().flat_map(|epoch| records_of(epoch, history.metric_names())).collect();
        self.write(&records)
    }

    /// Histograms of those tensors that have a place in `numbers`.
    fn tensors<N: Network>(
        &mut self,
        what: &str,
        step: usize,
        numbers: &[f32],
        place: impl Fn(&TensorInfo) -> Option<usize>,
    ) -> Result<()> {
        let (mut records, time) = (Vec::new(), wall_time());
        for tensor in N::INFO.tensors {
            if let Some(at) = place(tensor) {
                records.extend(histogram(time, &format!("{what}/{}", tensor.path), step, &numbers[at..at + tensor.len])?);
            }
        }
        self.write(&records)
    }

    /// All of it or nothing: whatever followed half a record could not be read.
    fn write(&mut self, records: &[u8]) -> Result<()> {
        let written = self.file.write_all(records);
        if written.is_err() {
            let _ = self.file.set_len(self.length);
        }
        written.map_err(|source| Error::Io { path: self.path.clone(), source })?;
        self.length += records.len() as u64;
        Ok(())
    }
}

/// A record of a histogram.
fn histogram(wall_time: f64, tag: &str, step: usize, numbers: &[f32]) -> Result<Vec<u8>> {
    let histogram = Histogram::of(numbers).ok_or_else(|| {
        let reason = if numbers.is_empty() { "there are no numbers" } else { "every number is infinite or NaN" };
        Error::Setting(format!("TensorBoard: histogram `{tag}` at step {step}: {reason}"))
    })?;
    Ok(event::event(wall_time, step, &event::histogram(tag, &histogram)))
}

/// Records of the numbers of an epoch.
fn records_of<'n>(epoch: &Epoch, metrics: impl IntoIterator<Item = &'n str>) -> Vec<u8> {
    let losses = [("loss/training", Some(epoch.loss)), ("loss/validation", epoch.validation_loss)];
    #[expect(clippy::cast_possible_truncation, reason = "scalars are f32")]
    let others = [("learning rate", Some(epoch.learning_rate)), ("samples per second", Some(epoch.speed() as f32))];
    let plain = losses.into_iter().chain(others).filter_map(|(tag, value)| Some((tag.to_owned(), value?)));
    let metrics = metrics.into_iter().zip(epoch.metrics()).map(|(name, value)| (format!("metrics/{name}"), *value));
    let time = wall_time();
    plain.chain(metrics).flat_map(|(tag, value)| event::event(time, epoch.number, &event::scalar(&tag, value))).collect()
}

/// Seconds since 1970.
fn wall_time() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}
