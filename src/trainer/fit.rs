//! The loop itself.

use super::feed::{Batches, Feed, Plan};
use super::progress::ProgressView;
use super::validation::{Measured, OnEpoch, Scores, Validate};
use super::{Epoch, History, Trainer};
use crate::data::Dataset;
use crate::init::Initialize;
use crate::loss::{Loss, LossOn, Tally};
use crate::network::{AsNetwork, Block, Memory, Network, Train};
use crate::optim::{Algorithm, Progress, clip_norm};
use crate::{Error, Result, Values};
use std::time::{Duration, Instant};

/// Batches that each thread prepares ahead where nobody says otherwise.
const AHEAD: usize = 2;

/// What a schedule gave that no optimizer takes.
fn no_learning_rate(learning_rate: f32, momentum: Option<f32>, epoch: usize, step: usize) -> Error {
    let momentum = momentum.map(|m| format!(" and the momentum {m}")).unwrap_or_default();
    Error::Setting(format!(
        "the schedule gives the learning rate {learning_rate}{momentum} in epoch {epoch}, step {step}: a learning rate is finite and at least 0, a momentum at least 0 and less than 1"
    ))
}

/// Data whose inputs a network `N` takes and whose targets a loss `L` takes for its outputs: [`Dataset`] and [`LossOn`], asked of the data.
/// (Asked of the loss, rustc would answer before it has looked at them.)
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not yield inputs that `{N}` takes",
    label = "a data set with other inputs than the network takes, or none",
    note = "pairs of an input and a target become a data set by `.into_iter().collect::<fireclay::data::Samples<_, _>>()`"
)]
pub trait Teaches<N: Network, L>: Dataset<N::Input> {
    /// The loss.
    #[doc(hidden)]
    fn against(loss: &L) -> impl for<'a> Loss<N::TrainOutput, <Self::Target as Values>::Refs<'a>>;
}

impl<N: Network, L: LossOn<N::TrainOutput, D::Target>, D: Dataset<N::Input>> Teaches<N, L> for D {
    fn against(loss: &L) -> impl for<'a> Loss<N::TrainOutput, <D::Target as Values>::Refs<'a>> {
        loss.against()
    }
}

impl<L, A: Algorithm, V, C> Trainer<L, A, V, C> {
    /// Trains a network, in place.
    ///
    /// Where the last batch of an epoch would be one sample and a batch norm sees a single value per channel in it, that batch is left out (which
    /// the progress says once).
    ///
    /// With [`validate`](Trainer::validate) it ends as it was after its best epoch, else as after the last.
    ///
    /// # Errors
    /// If there are no samples, if early stopping or a schedule that watches the metric was asked for without validation, if a schedule gives a
    /// rate that is none, if batches of 1 sample have no statistics for a batch norm, if a metric of the validation data has no value (ROC-AUC of
    /// targets that are all of one class), if a sample cannot be had (a file), or if the loss is no longer a number: the network then is as it was after the best epoch so far (without validation: the last whole one), or at the start.
    pub fn fit<B, D, How>(self, net: &mut B, data: &D) -> Result<History>
    where
        B: AsNetwork + ?Sized,
        D: Teaches<B::Network, L>,
        V: Validate<B::Network, L, How>,
        C: OnEpoch<B::Network>,
    {
        self.check::<B::Network, D, How>(data)?;
        let net = net.network_mut();
        let batch = self.batch.min(data.len());
        // A last batch of one sample may have no statistics: it is left out, another sample in each epoch.
        let left_out = B::Network::TRAIN.several.filter(|_| data.len() % batch == 1);
        let samples = data.len() - usize::from(left_out.is_some());
        let mut memory = B::Network::memory(batch);
        memory.seed(self.seed);
        if let Some(threads) = self.threads {
            memory.threads(threads);
        }
        let shown = ProgressView::new(self.progress, self.epochs, samples);
        if let Some(layer) = left_out {
            shown.note(&format!(
                "the last batch of each epoch would be one sample, of which `{layer}` has no statistics: it is left out (batches of another size would take all {})",
                data.len()
            ));
        }
        let plan = Plan { batch, samples, epochs: self.epochs, seed: self.seed, layout: memory.layout() };
        let batches = || Batches::new(data, plan);
        // What lies in memory is copied faster than handed over.
        let usual = if data.lend(0).is_some() || self.threads == Some(1) { 0 } else { AHEAD * self.workers };
        match self.prefetch.unwrap_or(usual) {
            0 => self.run::<B::Network, D, How>(net, memory, plan, Feed::here(batches()), shown),
            ahead => std::thread::scope(|scope| {
                let feed = Feed::beside(scope, batches, ahead, self.workers);
                self.run::<B::Network, D, How>(net, memory, plan, feed, shown)
            }),
        }
    }

    /// All epochs.
    fn run<N, D, How>(
        mut self,
        net: &mut N,
        mut memory: Memory<N>,
        plan: Plan,
        mut feed: Feed<'_, '_, N::Input, D>,
        mut shown: ProgressView,
    ) -> Result<History>
    where
        N: Network,
        D: Teaches<N, L>,
        V: Validate<N, L, How>,
        C: OnEpoch<N>,
    {
        let Plan { batch, samples, .. } = plan;
        let steps = samples.div_ceil(batch);
        let mut grads = N::grads();
        let base = self.algorithm.learning_rate();
        let mut optimizer = self.algorithm.clone().on(net);
        if let Some(threads) = self.threads {
            optimizer.threads(threads);
        }
        let mut kept = net.boxed_clone();
        let mut best: Option<Scores> = None;
        let mut since_best = 0;
        let mut history = History::new(self.validation.metrics());
        let loss = D::against(&self.loss);
        let note = loss.domain();
        let diverged = |loss: f32, epoch, step| Error::Diverged { loss, epoch, step, note: note.filter(|_| loss.is_nan()) };
        let mut tally = Tally::new(batch, memory.layout());
        let epochs = self.epochs;
        let at = |epoch, step| Progress { step: epoch * steps + step, steps: epochs * steps, epoch, epochs };
        for epoch in 0..epochs {
            let start = Instant::now();
            let mut waited = Duration::ZERO;
            tally.clear();
            for step in 0..steps {
                if let Some(schedule) = &self.schedule {
                    let at = at(epoch, step);
                    let (learning_rate, momentum) = (schedule.learning_rate(base, at), schedule.momentum(at));
                    if !(learning_rate >= 0.0 && learning_rate.is_finite()) || momentum.is_some_and(|m| !(0.0..1.0).contains(&m))
                    {
                        net.copy_from(&kept);
                        return Err(no_learning_rate(learning_rate, momentum, epoch + 1, step + 1));
                    }
                    optimizer.set_learning_rate(learning_rate);
                    if let Some(momentum) = momentum {
                        optimizer.set_momentum(momentum);
                    }
                }
                let asked = Instant::now();
                let prepared = match feed.next() {
                    Ok(prepared) => prepared,
                    Err(error) => {
                        net.copy_from(&kept);
                        return Err(error);
                    }
                };
                waited += asked.elapsed();
                grads.zero();
                let (inputs, targets) = (N::Input::refs(&prepared.inputs), D::Target::refs(&prepared.targets));
                let value = net.train(inputs, tally.hear(&loss), targets, &mut memory, &mut grads);
                if !value.is_finite() {
                    net.copy_from(&kept);
                    return Err(diverged(value, epoch + 1, step + 1));
                }
                tally.add(&loss, prepared.samples, targets);
                if let Some(most) = self.clip_norm {
                    clip_norm(grads.as_mut_slice(), most);
                }
                optimizer.step(net, &grads);
                shown.step(prepared.samples, || tally.loss());
            }
            let seconds = start.elapsed().as_secs_f64();
            let scores = match self.validation.scores(net, &self.loss, &mut memory) {
                Ok(scores) => scores,
                Err(error) => {
                    net.copy_from(&kept);
                    return Err(error);
                }
            };
            let numbers = net.params().as_slice().iter().all(|p| p.is_finite());
            if !numbers || scores.is_some_and(|s| !s.loss.is_finite()) {
                net.copy_from(&kept);
                return Err(diverged(scores.map_or_else(|| tally.loss(), |s| s.loss), epoch + 1, steps));
            }
            let value = tally.loss();
            if let Some(schedule) = &mut self.schedule {
                let watched = scores.map_or(value, |s| if schedule.watches_metric() { s.metric } else { s.loss });
                schedule.observe(watched, at(epoch + 1, 0));
            }
            let better = scores.is_none_or(|s| best.is_none_or(|b| s.better_than(&b)));
            if better {
                (best, since_best) = (scores, 0);
                kept.copy_from(net);
            } else {
                since_best += 1;
            }
            let epoch = Epoch {
                number: epoch + 1,
                loss: value,
                validation_loss: scores.map(|s| s.loss),
                metric: scores.map(|s| s.metric),
                measured: scores.map_or_else(Measured::default, |s| s.all),
                learning_rate: optimizer.learning_rate(),
                seconds,
                waited: waited.as_secs_f64(),
                samples,
            };
            shown.epoch(&epoch, history.shown_metrics());
            self.on_epoch.call(&epoch, net);
            history.push(epoch, better);
            if self.patience.is_some_and(|patience| since_best >= patience) {
                break;
            }
        }
        shown.end();
        net.copy_from(&kept);
        Ok(history)
    }

    fn check<N: Network, D: Dataset<N::Input>, How>(&self, data: &D) -> Result<()>
    where
        V: Validate<N, L, How>,
    {
        let wrong = |what: &str| Err(Error::Setting(what.to_owned()));
        if let (Some(layer), 1) = (N::TRAIN.several, self.batch.min(data.len())) {
            return wrong(&format!(
                "batches of 1 sample have one value per channel for `{layer}`, of which there is no variance: train with at least 2 samples, \
                 `.batch(2)` or more"
            ));
        }
        if data.is_empty() {
            return Err(Error::Empty { what: "the training data" });
        }
        self.validation.check()?;
        let unwatched = self.validation.metrics().is_empty();
        if self.patience.is_some() && unwatched {
            return wrong("early stopping watches validation data: `.validate(&data, Accuracy)` before `.early_stop(…)`");
        }
        if self.schedule.as_ref().is_some_and(|s| s.watches_metric()) && unwatched {
            return wrong("the schedule watches the metric of validation data: `.validate(&data, Accuracy)` sets both");
        }
        Ok(())
    }
}
