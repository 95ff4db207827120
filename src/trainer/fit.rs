//! The loop itself.

use super::validation::{OnEpoch, Scores, Validate};
use super::{Epoch, History, Trainer, progress};
use crate::data::Dataset;
use crate::init::Initialise;
use crate::loss::{Loss, LossOn};
use crate::network::{AsNetwork, Block, Network, Train};
use crate::optim::{Algorithm, Progress, clip_norm};
use crate::{Error, Result, Values};
use rand::seq::SliceRandom;
use std::time::Instant;

/// Fills batches with these samples.
pub(super) fn fill<N: Network, D: Dataset<N::Input>>(
    data: &D,
    places: impl ExactSizeIterator<Item = usize>,
    inputs: &mut <N::Input as Values>::Batch,
    targets: &mut <D::Target as Values>::Batch,
) {
    N::Input::set_samples(inputs, places.len());
    D::Target::set_samples(targets, places.len());
    for (at, place) in places.enumerate() {
        N::Input::put(inputs, at, data.input(place));
        D::Target::put(targets, at, data.target(place));
    }
}

/// Data whose inputs a network `N` takes and whose targets a loss `L` takes for its outputs: [`Dataset`] and [`LossOn`], asked of the data.
/// (Asked of the loss, rustc would answer before it has looked at them.)
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not yield inputs that `{N}` takes",
    label = "a data set with other inputs than the network takes"
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
    /// With [`validate`](Trainer::validate) it ends as it was after its best epoch, else as after the last.
    ///
    /// # Errors
    /// If there are no samples, if a batch of 0 samples or early stopping without validation was asked for, or if the loss is no longer a
    /// number: the network then is as it was after the best epoch so far (without validation: the last whole one), or at the start.
    pub fn fit<B, D>(mut self, net: &mut B, data: &D) -> Result<History>
    where
        B: AsNetwork + ?Sized,
        D: Teaches<B::Network, L>,
        V: Validate<B::Network, L>,
        C: OnEpoch<B::Network>,
    {
        self.check::<B::Network, D>(data)?;
        let net = net.network_mut();
        let batch = self.batch.min(data.len());
        let steps = data.len().div_ceil(batch);
        let mut memory = B::Network::memory(batch);
        memory.seed(self.seed);
        if let Some(threads) = self.threads {
            memory.threads(threads);
        }
        let mut grads = B::Network::grads();
        let mut inputs = <B::Network as Network>::Input::with_capacity(batch);
        let mut targets = D::Target::with_capacity(batch);
        let base = self.algorithm.rate();
        let mut optimizer = self.algorithm.clone().on(net);
        if let Some(threads) = self.threads {
            optimizer.threads(threads);
        }
        let mut order: Vec<usize> = (0..data.len()).collect();
        let mut rng = crate::rng(self.seed);

        let mut kept = net.boxed_clone();
        let mut best: Option<Scores> = None;
        let mut since_best = 0;
        let mut history = History::new(self.validation.metric());
        let mut shown = progress::Shown::new(self.progress, self.epochs, data.len());
        for epoch in 0..self.epochs {
            let start = Instant::now();
            order.shuffle(&mut rng);
            let mut sum = 0.0_f64;
            for (step, places) in order.chunks(batch).enumerate() {
                if let Some(schedule) = &self.schedule {
                    let at = Progress { step: epoch * steps + step, steps: self.epochs * steps, epoch, epochs: self.epochs };
                    optimizer.set_rate(schedule.rate(base, at));
                    if let Some(momentum) = schedule.momentum(at) {
                        optimizer.set_momentum(momentum);
                    }
                }
                fill::<B::Network, D>(data, places.iter().copied(), &mut inputs, &mut targets);
                grads.zero();
                let inputs = <B::Network as Network>::Input::refs(&inputs);
                let loss = net.train(inputs, D::against(&self.loss), D::Target::refs(&targets), &mut memory, &mut grads);
                if !loss.is_finite() {
                    net.copy_from(&kept);
                    return Err(Error::Diverged { loss, epoch: epoch + 1, step: step + 1 });
                }
                if let Some(most) = self.clip_norm {
                    clip_norm(grads.as_mut_slice(), most);
                }
                optimizer.step(net, &grads);
                sum += f64::from(loss) * places.len() as f64;
                shown.step(places.len(), loss);
            }
            let seconds = start.elapsed().as_secs_f64();
            let scores = self.validation.scores(net, &self.loss, &mut memory);
            let numbers = net.params().as_slice().iter().all(|p| p.is_finite());
            if !numbers || scores.is_some_and(|s| !s.loss.is_finite()) {
                net.copy_from(&kept);
                let loss = scores.map_or(f32::NAN, |s| s.loss);
                return Err(Error::Diverged { loss, epoch: epoch + 1, step: steps });
            }
            #[expect(clippy::cast_possible_truncation, reason = "a mean of f32")]
            let loss = (sum / data.len() as f64) as f32;
            if let Some(schedule) = &mut self.schedule {
                schedule.observe(scores.map_or(loss, |s| if schedule.watches_metric() { s.metric } else { s.loss }));
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
                loss,
                validation_loss: scores.map(|s| s.loss),
                metric: scores.map(|s| s.metric),
                rate: optimizer.rate(),
                seconds,
                samples: data.len(),
            };
            shown.epoch(&epoch, history.metric_name());
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

    fn check<N: Network, D: Dataset<N::Input>>(&self, data: &D) -> Result<()>
    where
        V: Validate<N, L>,
    {
        let wrong = |what: &str| Err(Error::Setting(what.to_owned()));
        if data.is_empty() {
            return Err(Error::Empty { what: "the training data" });
        }
        self.validation.check()?;
        if self.batch == 0 {
            return wrong("batches of 0 samples: `.batch(64)` asks for 64");
        }
        if self.threads == Some(0) {
            return wrong("0 threads: `.threads(1)` asks for one; without it all are used");
        }
        if self.patience.is_some() && self.validation.metric().is_none() {
            return wrong("early stopping watches validation data: `.validate(&data, Accuracy)` before `.early_stop(…)`");
        }
        if self.patience == Some(0) {
            return wrong("early stopping after 0 epochs without a better one: at least 1");
        }
        Ok(())
    }
}
