//! All of a training as bytes, and back.
//!
//! A checkpoint is a safetensors file. The network's tensors stand in it by their own names; what else has as many numbers as there are parameters, under names that begin
//! with `fireclay:`; everything else in its metadata, as JSON, numbers by their bits. A checksum guards both.

use super::super::Epoch;
use super::super::session::{Clock, State};
use super::super::validation::{Measured, Scores};
use crate::io::{Numbers, bytes_of, refusal};
use crate::network::Network;
use crate::optim::Saved;
use crate::{Error, Result, Save};
use fireclay_weight_file::{self as weight_file, OWN, Wanted};
use safetensors::tensor::TensorView;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Of this format; a file of another one is refused.
const VERSION: u32 = 1;

const STATE: &str = "fireclay:checkpoint";
const CHECKSUM: &str = "fireclay:crc32";
const OPTIMIZER: &str = "fireclay:optimizer";
const BEST: &str = "fireclay:best.";
const EMA: &str = "fireclay:ema.";

/// The version alone: of a file of another one nothing else is known.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// What must be the same for a training to go on, by the names that users know.
#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Same {
    batch: usize,
    /// Of the data.
    samples: usize,
    accumulate: usize,
    seed: u64,
    shuffle: bool,
    metrics: Vec<String>,
    /// The decay of the moving average, by its bits.
    ema: Option<u32>,
    clip_norm: Option<u32>,
    /// The loss, the algorithm of the optimizer and the schedule, by their types.
    kinds: [String; 3],
    /// That the optimizer was made with, by its bits.
    learning_rate: u32,
}

/// An epoch by the bits of its numbers.
#[derive(Serialize, Deserialize)]
struct EpochBits {
    loss: u32,
    penalty: u32,
    validation_loss: Option<u32>,
    metrics: Vec<u32>,
    learning_rate: u32,
    seconds: u64,
    waited: u64,
    samples: usize,
}

/// Of the best epoch.
#[derive(Serialize, Deserialize)]
struct ScoresBits {
    loss: u32,
    higher_is_better: bool,
    metrics: Vec<u32>,
}

/// All that is not a row of numbers.
#[derive(Serialize, Deserialize)]
struct Rest {
    version: u32,
    same: Same,
    epoch: usize,
    step: usize,
    base: u32,
    learning_rate: u32,
    momentum: Option<u32>,
    /// The optimizer's steps, those that each tensor did not take, and what algorithms count.
    updates: u64,
    counted: u64,
    taken: Vec<(u64, u64)>,
    frozen: Vec<(bool, String)>,
    schedule: Vec<u64>,
    dropout: u64,
    tally: Vec<(u64, Option<u64>)>,
    trained: u64,
    waited: u64,
    history: Vec<EpochBits>,
    best_epoch: usize,
    best: Option<ScoresBits>,
    since_best: usize,
    ema_updates: u64,
    /// What the data has to be kept.
    metadata: Vec<(String, String)>,
}

/// The network's tensors and those of the same shape.
fn named<'a, N: Network>(net: &'a N, prefix: &'a str) -> impl Iterator<Item = (String, Numbers<'a>)> {
    N::INFO.tensors.iter().map(move |tensor| (format!("{prefix}{}", tensor.path), Numbers::of(net, tensor)))
}

/// The bytes of a checkpoint.
pub(super) fn bytes<N: Network, L, V, C>(state: &State<'_, N, L, V, C>, path: &Path) -> Result<Vec<u8>> {
    let run = &state.run;
    let optimizer = run.optimizer.saved();
    let moments = [optimizer.moments.len()];
    let mut tensors: Vec<(String, Numbers<'_>)> = named(&*run.net, "").chain(named(&*run.best.net, BEST)).collect();
    tensors.extend(run.ema.iter().flat_map(|ema| named(&*ema.net, EMA)));
    if moments[0] > 0 {
        tensors.push((OPTIMIZER.to_owned(), Numbers::new(&moments, &optimizer.moments)));
    }
    let rest = Rest::of(state, &optimizer);
    let json = serde_json::to_string(&rest).map_err(|error| damaged(path, error.to_string()))?;
    let metadata = |numbers: &[u8]| {
        let own = [(CHECKSUM.to_owned(), checksum(&json, [numbers])), (STATE.to_owned(), json)];
        rest.metadata.into_iter().chain(own)
    };
    bytes_of(tensors, metadata, || path.display().to_string())
}

/// Of the state and of all tensors, by their names.
fn checksum<'a>(json: &str, numbers: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut sum = crc32fast::Hasher::new();
    sum.update(json.as_bytes());
    numbers.into_iter().for_each(|numbers| sum.update(numbers));
    format!("{:08x}", sum.finalize())
}

fn damaged(path: &Path, reason: String) -> Error {
    Error::Safetensors { file: path.display().to_string(), reason }
}

fn same<N: Network, L, V, C>(state: &State<'_, N, L, V, C>) -> Same {
    let (settings, history) = (&state.settings, &state.run.history);
    Same {
        batch: state.plan.batch,
        samples: state.plan.samples,
        accumulate: settings.accumulate,
        seed: settings.seed,
        shuffle: settings.shuffle,
        metrics: history.metric_names().map(str::to_owned).collect(),
        ema: settings.ema.map(f32::to_bits),
        clip_norm: settings.clip_norm.map(f32::to_bits),
        kinds: state.kinds.map(str::to_owned),
        learning_rate: state.made_with.to_bits(),
    }
}

impl Same {
    /// Each setting that differs, in a sentence.
    fn differs(&self, now: &Self) -> Option<String> {
        let shown = |same: &Self| {
            let shuffle = if same.shuffle { "shuffled" } else { "in order" };
            let metrics = if same.metrics.is_empty() { "no metrics".to_owned() } else { same.metrics.join(", ") };
            let number = |bits: Option<u32>| bits.map_or_else(|| "none".to_owned(), |bits| f32::from_bits(bits).to_string());
            let [loss, algorithm, schedule] = &same.kinds;
            [
                format!("batches of {}", same.batch),
                format!("{} samples", same.samples),
                format!("{} batches a step", same.accumulate),
                format!("seed {}", same.seed),
                format!("samples {shuffle}"),
                metrics,
                format!("a moving average by {}", number(same.ema)),
                format!("gradients clipped to {}", number(same.clip_norm)),
                format!("the loss {loss}"),
                format!("the optimizer {algorithm}"),
                format!("the learning rate {}", f32::from_bits(same.learning_rate)),
                format!("the schedule {schedule}"),
            ]
        };
        let pairs = shown(self).into_iter().zip(shown(now)).filter(|(file, now)| file != now);
        let all: Vec<String> = pairs.map(|(file, now)| format!("{file}, not {now}")).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

impl Rest {
    fn of<N: Network, L, V, C>(state: &State<'_, N, L, V, C>, optimizer: &Saved<'_>) -> Self {
        let run = &state.run;
        let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect();
        Self {
            version: VERSION,
            same: same(state),
            epoch: run.at.epoch,
            step: run.at.step,
            base: run.base.to_bits(),
            learning_rate: optimizer.learning_rate.to_bits(),
            updates: optimizer.steps,
            momentum: optimizer.momentum.map(f32::to_bits),
            counted: optimizer.counted,
            taken: optimizer.taken.clone(),
            frozen: run.frozen.clone(),
            schedule: state.schedule.as_ref().map(|schedule| schedule.state()).unwrap_or_default(),
            dropout: state.memory.steps(),
            tally: state.tally.bits(),
            trained: nanoseconds(state.clock.trained),
            waited: nanoseconds(state.clock.waited),
            history: run.history.epochs().iter().map(EpochBits::of).collect(),
            best_epoch: run.history.best().map_or(0, |epoch| epoch.number),
            best: run.best.scores.map(|scores| ScoresBits {
                loss: scores.loss.to_bits(),
                higher_is_better: scores.higher_is_better,
                metrics: bits(scores.all.as_slice()),
            }),
            since_best: run.best.since,
            ema_updates: run.ema.as_ref().map_or(0, |ema| ema.updates),
            metadata: state.metadata.clone(),
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn floats(bits: &[u32]) -> Vec<f32> {
    bits.iter().map(|bits| f32::from_bits(*bits)).collect()
}

impl EpochBits {
    fn of(epoch: &Epoch) -> Self {
        Self {
            loss: epoch.loss.to_bits(),
            penalty: epoch.penalty.to_bits(),
            validation_loss: epoch.validation_loss.map(f32::to_bits),
            metrics: epoch.metrics().iter().map(|x| x.to_bits()).collect(),
            learning_rate: epoch.learning_rate.to_bits(),
            seconds: epoch.seconds.to_bits(),
            waited: epoch.waited.to_bits(),
            samples: epoch.samples,
        }
    }

    fn epoch(&self, number: usize) -> Epoch {
        let metrics = floats(&self.metrics);
        Epoch {
            number,
            loss: f32::from_bits(self.loss),
            penalty: f32::from_bits(self.penalty),
            validation_loss: self.validation_loss.map(f32::from_bits),
            metric: metrics.first().copied(),
            measured: Measured::of(&metrics),
            learning_rate: f32::from_bits(self.learning_rate),
            seconds: f64::from_bits(self.seconds),
            waited: f64::from_bits(self.waited),
            samples: self.samples,
        }
    }
}

/// A checkpoint that was read and found whole, and of this network.
pub(super) struct Snapshot<'f> {
    rest: Rest,
    /// The network's tensors, in its order: as they are, after the best epoch, averaged.
    now: Vec<TensorView<'f>>,
    best: Vec<TensorView<'f>>,
    ema: Option<Vec<TensorView<'f>>>,
    moments: Vec<f32>,
}

impl<'f> Snapshot<'f> {
    /// Reads it and changes nothing.
    pub fn parse<N: Network>(bytes: &'f [u8], path: &Path) -> Result<Self> {
        let refuse = |fault| refusal(fault, &path.display().to_string(), N::INFO.name);
        let tensors = weight_file::read(bytes).map_err(refuse)?;
        let metadata = weight_file::metadata(bytes).map_err(refuse)?;
        let Some(json) = metadata.get(STATE) else {
            let help = "`net.load(…)` reads weights; `.resume()` reads what `.checkpoint(…)` wrote";
            return Err(wrong(path, "it holds weights and no state of a training".to_owned(), help));
        };
        let unread = |error: serde_json::Error| damaged(path, format!("its state of the training cannot be read: {error}"));
        let Version { version } = serde_json::from_str(json).map_err(unread)?;
        if version != VERSION {
            let reason = format!("it is a checkpoint of version {version}; this version of Fireclay reads version {VERSION}");
            return Err(wrong(path, reason, "the version of Fireclay that wrote it reads it"));
        }
        let rest: Rest = serde_json::from_str(json).map_err(unread)?;
        let of = |prefix: &str| -> Result<Vec<TensorView<'f>>> {
            let part: BTreeMap<String, TensorView<'f>> = tensors
                .iter()
                .filter_map(|(name, view)| Some((name.strip_prefix(prefix)?.to_owned(), view.clone())))
                .filter(|(name, _)| !name.starts_with(OWN))
                .collect();
            let wanted: Vec<_> = N::INFO.tensors.iter().map(|tensor| Wanted { name: tensor.path, dims: tensor.dims }).collect();
            weight_file::fit_tensors(part, &wanted).map_err(refuse)
        };
        let (now, best) = (of("")?, of(BEST)?);
        let ema = if rest.same.ema.is_some() { Some(of(EMA)?) } else { None };
        let mut moments = vec![0.0; tensors.get(OPTIMIZER).map_or(0, |view| view.shape().iter().product())];
        if let Some(view) = tensors.get(OPTIMIZER) {
            weight_file::copy(view, &mut moments);
        }
        if metadata.get(CHECKSUM) != Some(&checksum(json, tensors.values().map(TensorView::data))) {
            return Err(damaged(path, "its checksum is not that of its numbers".to_owned()));
        }
        Ok(Self { rest, now, best, ema, moments })
    }

    /// Puts it in the place of what a training begins with; an error, and the network stays as it is, where it is of a training with other settings.
    pub fn put<N: Network, L, V, C>(self, state: &mut State<'_, N, L, V, C>, path: &Path) -> Result<()> {
        let Self { rest, now, best, ema, moments } = self;
        let help = "a training goes on with the settings it began with; a folder of its own begins another one";
        if let Some(differs) = rest.same.differs(&same(state)) {
            return Err(wrong(path, format!("it is of a training with {differs}"), help));
        }
        if rest.metadata != state.metadata {
            let reason = "it is of a training on data that was normalized by other numbers".to_owned();
            return Err(wrong(
                path,
                reason,
                "`Normalization::from_metadata(\"input\", fireclay::metadata(path)?)` has the numbers of the checkpoint",
            ));
        }
        if let Some(schedule) = &mut state.schedule
            && !schedule.restore(&rest.schedule)
        {
            return Err(wrong(path, "it is of a training with another schedule".to_owned(), help));
        }
        let run = &mut state.run;
        for (freeze, pattern) in &rest.frozen {
            if *freeze { run.optimizer.freeze(pattern)? } else { run.optimizer.unfreeze(pattern)? }
        }
        let saved = Saved {
            steps: rest.updates,
            learning_rate: f32::from_bits(rest.learning_rate),
            moments: moments.into(),
            momentum: rest.momentum.map(f32::from_bits),
            counted: rest.counted,
            taken: rest.taken,
        };
        if !run.optimizer.restore(&saved) {
            return Err(wrong(
                path,
                "it is of a training with another optimizer, or other groups of parameters".to_owned(),
                help,
            ));
        }
        if !state.tally.restore(&rest.tally) {
            return Err(damaged(path, "it counts terms of a loss that there are not".to_owned()));
        }
        put_tensors(run.net, &now);
        put_tensors(&mut *run.best.net, &best);
        if let (Some(own), Some(tensors)) = (&mut run.ema, &ema) {
            put_tensors(&mut *own.net, tensors);
            own.updates = rest.ema_updates;
        }
        (run.base, run.frozen) = (f32::from_bits(rest.base), rest.frozen);
        (run.at.epoch, run.at.step) = (rest.epoch, rest.step);
        run.best.since = rest.since_best;
        run.best.scores = rest.best.map(|best| {
            let all = Measured::of(&floats(&best.metrics));
            let metric = all.as_slice().first().copied().unwrap_or(f32::NAN);
            Scores { loss: f32::from_bits(best.loss), metric, higher_is_better: best.higher_is_better, all }
        });
        for (i, epoch) in rest.history.iter().enumerate() {
            run.history.push(epoch.epoch(i + 1), i + 1 == rest.best_epoch);
        }
        state.memory.set_steps(rest.dropout);
        state.clock = Clock { trained: Duration::from_nanos(rest.trained), waited: Duration::from_nanos(rest.waited) };
        state.plan.done =
            run.at.epoch * state.plan.per_epoch() + (run.at.step * state.settings.accumulate).min(state.plan.per_epoch());
        Ok(())
    }
}

fn wrong(path: &Path, reason: String, help: &'static str) -> Error {
    Error::Checkpoint { path: path.to_owned(), reason, help }
}

fn put_tensors<N: Network>(net: &mut N, tensors: &[TensorView<'_>]) {
    for (tensor, view) in N::INFO.tensors.iter().zip(tensors) {
        if let Some(numbers) = net.tensor_mut(tensor.path) {
            weight_file::copy(view, numbers);
        }
    }
}
