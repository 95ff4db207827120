//! All of a training as bytes, and back.
//!
//! A checkpoint is a safetensors file. The network's tensors stand in it by their own names; what else has as many numbers as there are parameters, under names that begin
//! with `fireclay:`; everything else in its metadata, as JSON, numbers by their bits. A checksum guards both.

use super::super::session::{Clock, State};
use super::bits::{EpochBits, ScoresBits};
use crate::io::{Numbers, bytes_of, refusal, wanted};
use crate::network::{Info, Network};
use crate::optim::Saved;
use crate::{Error, Result, Save};
use fireclay_weight_file::{self as weight_file, OWN};
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

/// The way out, where a checkpoint is not one of this training.
const OTHER_SETTINGS: &str = "a training goes on with the settings it began with; a folder of its own begins another one";

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
fn name<'a, N: Network>(net: &'a N, prefix: &str, to: &mut Vec<(String, Numbers<'a>)>) {
    for tensor in N::INFO.tensors {
        to.push(([prefix, tensor.path].concat(), Numbers::of(net, tensor)));
    }
}

/// The bytes of a checkpoint.
pub(super) fn bytes<N: Network, L, V, C>(state: &State<'_, N, L, V, C>, path: &Path) -> Result<Vec<u8>> {
    let run = &state.run;
    let optimizer = run.optimizer.saved();
    let mut tensors = Vec::new();
    name(&*run.net, "", &mut tensors);
    name(&*run.best.net, BEST, &mut tensors);
    if let Some(ema) = &run.ema {
        name(&*ema.net, EMA, &mut tensors);
    }
    written(tensors, &optimizer.moments, Rest::of(state, &optimizer), path)
}

/// As a file, whatever was trained.
fn written(tensors: Vec<(String, Numbers<'_>)>, moments: &[f32], rest: Rest, path: &Path) -> Result<Vec<u8>> {
    let (dims, mut tensors) = ([moments.len()], tensors);
    if !moments.is_empty() {
        tensors.push((OPTIMIZER.to_owned(), Numbers::new(&dims, moments)));
    }
    let json = serde_json::to_string(&rest).map_err(|error| damaged(path, error.to_string()))?;
    let mut metadata = |numbers: &[u8]| {
        let mut texts = rest.metadata.clone();
        texts.extend([(CHECKSUM.to_owned(), checksum(&json, [numbers])), (STATE.to_owned(), json.clone())]);
        texts
    };
    bytes_of(tensors, &mut metadata, &path.display().to_string())
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
            history: EpochBits::all(&run.history),
            best_epoch: run.history.best().map_or(0, |epoch| epoch.number),
            best: run.best.scores.as_ref().map(ScoresBits::of),
            since_best: run.best.since,
            ema_updates: run.ema.as_ref().map_or(0, |ema| ema.updates),
            metadata: state.metadata.clone(),
        }
    }
}

impl Rest {
    /// That a training with these settings, on data with this metadata, may go on from it.
    fn check(&self, now: &Same, metadata: &[(String, String)], path: &Path) -> Result<()> {
        if let Some(differs) = self.same.differs(now) {
            return Err(wrong(path, format!("it is of a training with {differs}"), OTHER_SETTINGS));
        }
        if self.metadata != metadata {
            let reason = "it is of a training on data that was normalized by other numbers".to_owned();
            let help = "`Normalization::from_metadata(\"input\", fireclay::metadata(path)?)` has the numbers of the checkpoint";
            return Err(wrong(path, reason, help));
        }
        Ok(())
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
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
    pub fn parse(bytes: &'f [u8], path: &Path, network: &Info) -> Result<Self> {
        let refuse = |fault| refusal(fault, &path.display().to_string(), network.name);
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
            weight_file::fit_tensors(part, &wanted(network)).map_err(refuse)
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
        rest.check(&same(state), &state.metadata, path)?;
        if let Some(schedule) = &mut state.schedule
            && !schedule.restore(&rest.schedule)
        {
            return Err(wrong(path, "it is of a training with another schedule".to_owned(), OTHER_SETTINGS));
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
                OTHER_SETTINGS,
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
        EpochBits::tell(&rest.history, rest.best_epoch, &mut run.history);
        (run.base, run.frozen) = (f32::from_bits(rest.base), rest.frozen);
        (run.at.epoch, run.at.step) = (rest.epoch, rest.step);
        run.best.since = rest.since_best;
        run.best.scores = rest.best.as_ref().map(ScoresBits::scores);
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
