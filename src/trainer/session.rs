//! A training that is stepped through by hand.

use super::feed::{Feed, Plan};
use super::listener::{Listener, Outcome};
use super::progress::ProgressView;
use super::run::Run;
use super::settings::Settings;
use super::validation::{Measured, Validate};
use super::{Epoch, History, Step, Teaches};
use crate::data::Dataset;
use crate::init::Initialize;
use crate::loss::{Loss, Tally, warnings};
use crate::network::{Block, Grads, Memory, Network, Train};
use crate::optim::{Progress, Schedule};
use crate::{Error, Result, Values, narrow};
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

/// Seconds of an epoch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    /// In training, without validation.
    pub trained: Duration,
    /// Of them, without data.
    pub waited: Duration,
}

/// A training without its data: all that goes on from step to step.
pub(super) struct State<'n, N: Network, L, V, C> {
    pub run: Run<'n, N>,
    pub loss: L,
    pub settings: Settings,
    pub schedule: Option<Box<dyn Schedule>>,
    pub validation: V,
    pub listeners: C,
    pub memory: Memory<N>,
    /// Where batches are accumulated: the sum of their gradients.
    pub sum: Option<Box<Grads<N>>>,
    pub tally: Tally,
    pub clock: Clock,
    pub plan: Plan,
    pub shown: ProgressView,
    pub begin: Instant,
    /// What the data has to be kept with the network.
    #[cfg(feature = "safetensors")]
    pub metadata: Vec<(String, String)>,
    #[cfg(feature = "safetensors")]
    pub saved: super::checkpoint::LastSave,
    /// The types of the loss, the algorithm and the schedule.
    #[cfg(feature = "safetensors")]
    pub kinds: [&'static str; 3],
    /// The learning rate that the optimizer was made with.
    #[cfg(feature = "safetensors")]
    pub made_with: f32,
}

/// A training that is stepped through by hand; made by [`Trainer::start`](super::Trainer::start). It dereferences to its [`Run`]: the network, the history, the rate,
/// `stop`.
///
/// ```
/// use fireclay::prelude::*;
/// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc1: Dense(24) -> Relu -> fc2: Dense(10) } }
/// let (train, test) = Digits::split()?;
/// let mut net = Small::init(&mut rng(1));
/// let trainer = Trainer::new(CrossEntropy, Adam::new(5e-3)).epochs(5).progress(ProgressBar::Off);
/// let mut run = trainer.start(&mut net, &train)?;
/// while let Some(step) = run.step()? {
///     if step.number % 20 == 0 && run.net().evaluate(&test, Accuracy) > 0.8 {
///         run.stop();
///     }
/// }
/// assert!(net.evaluate(&test, Accuracy) > 0.8);
/// # Ok::<(), fireclay::Error>(())
/// ```
#[must_use = "nothing is trained before `step`"]
pub struct Session<'n, 'd, N: Network, L, D: Dataset<N::Input>, V, C, How> {
    state: State<'n, N, L, V, C>,
    feed: Feed<'d, 'd, N::Input, D>,
    over: bool,
    how: PhantomData<fn() -> How>,
}

impl<'n, 'd, N, L, D, V, C, How> Session<'n, 'd, N, L, D, V, C, How>
where
    N: Network,
    D: Teaches<N, L>,
    V: Validate<N, L, How>,
    C: Listener<N>,
{
    pub(super) fn new(state: State<'n, N, L, V, C>, feed: Feed<'d, 'd, N::Input, D>) -> Self {
        Self { state, feed, over: false, how: PhantomData }
    }

    /// One step: forward, loss and backward of a batch (of several with [`accumulate`](super::Trainer::accumulate)), and the update. After the last step of an epoch also what
    /// belongs to its end: validation, early stopping, the history. `None` when the training is over: the network then is as it was after its best epoch (without
    /// validation: after the last).
    ///
    /// # Errors
    /// As [`Trainer::fit`](super::Trainer::fit). The training is over then.
    pub fn step(&mut self) -> Result<Option<Step>> {
        self.step_with(|_, _| ())
    }

    /// As [`step`](Session::step), with a place between the gradients and the update (and before [`clip_norm`](super::Trainer::clip_norm)): where they are averaged over machines, for example.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }
    /// let data = fireclay::data::Samples::new(vec![Tensor::from([1.0])], vec![Tensor::from([3.0])])?;
    /// let mut net = Line::init(&mut rng(1));
    /// let before = net.fc.bias[0];
    /// let mut run = Trainer::new(Mse, Sgd::new(0.1)).epochs(5).progress(ProgressBar::Off).start(&mut net, &data)?;
    /// while let Some(_) = run.step_with(|grads, _| grads.fc.bias[0] = 0.0)? {}
    /// assert_eq!(net.fc.bias[0], before);
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Trainer::fit`](super::Trainer::fit), and what the function gives.
    pub fn step_with<R: Outcome>(&mut self, between: impl FnOnce(&mut Grads<N>, &N) -> R) -> Result<Option<Step>> {
        if self.over {
            return Ok(None);
        }
        if self.state.run.stopping || self.state.is_over() {
            let closed = self.state.stop_between::<D, How>().map(|()| self.state.say_why());
            self.end();
            return closed.map(|()| None);
        }
        let step = self.try_step(between);
        if step.is_ok() && self.state.is_over() {
            self.state.say_why();
        }
        if step.is_err() || self.state.is_over() {
            self.end();
        }
        step.map(Some)
    }

    /// Ends the training, where it is not over yet, and gives its history. What there is of an epoch in hand is validated and counts as one.
    ///
    /// # Errors
    /// As [`Trainer::fit`](super::Trainer::fit).
    pub fn finish(mut self) -> Result<History> {
        self.state.run.stop();
        self.step()?;
        Ok(self.state.run.history)
    }

    fn try_step<R: Outcome>(&mut self, between: impl FnOnce(&mut Grads<N>, &N) -> R) -> Result<Step> {
        let state = &mut self.state;
        state.follow_schedule()?;
        let start = Instant::now();
        let (loss, samples) = state.gradients(&mut self.feed)?;
        let run = &mut state.run;
        state.listeners.on_gradients(&mut run.grads, run.net)?;
        between(&mut run.grads, run.net).result()?;
        if let Some(most) = state.settings.clip_norm {
            run.optimizer.clip_norm(&mut run.grads, most);
        }
        run.optimizer.update(run.net, &run.grads);
        run.at.step += 1;
        state.clock.trained += start.elapsed();
        let step = Step {
            number: run.at.steps(),
            epoch: run.at.epoch + 1,
            loss,
            learning_rate: run.optimizer.learning_rate(),
            samples,
            ends_epoch: run.at.step == run.at.steps_per_epoch,
        };
        let tally = &state.tally;
        state.shown.step(samples, || tally.loss());
        state.listeners.on_step(&step, run)?;
        // Of the weights as callbacks leave them.
        if let Some(ema) = &mut run.ema {
            ema.update(run.net);
        }
        run.stopping |= state.settings.budget.is_some_and(|budget| state.begin.elapsed() >= budget);
        state.after_step::<D, How>(step.ends_epoch)?;
        Ok(step)
    }

    /// The network as after its best epoch, once.
    fn end(&mut self) {
        if !self.over {
            self.over = true;
            self.state.run.net.copy_from(&self.state.run.best.net);
            self.state.shown.end();
        }
    }
}

impl<'n, N: Network, L, D: Dataset<N::Input>, V, C, How> Session<'n, '_, N, L, D, V, C, How> {
    #[cfg(feature = "safetensors")]
    pub(super) fn state_mut(&mut self) -> Option<&mut State<'n, N, L, V, C>> {
        (!self.over).then_some(&mut self.state)
    }
}

impl<N: Network, L, V, C> State<'_, N, L, V, C> {
    fn is_over(&self) -> bool {
        let Run { at, best, stopping, .. } = &self.run;
        at.at_end() || (*stopping && at.step == 0) || self.settings.patience.is_some_and(|patience| best.since >= patience)
    }

    fn say_why(&self) {
        if let Some(why) = self.why_early() {
            self.shown.note(&why);
        }
    }

    /// Why the training ends before its last epoch.
    fn why_early(&self) -> Option<String> {
        let Run { at, best, stopping, .. } = &self.run;
        let (epochs, since) = (at.epoch, best.since);
        let spent = self.settings.budget.filter(|budget| self.begin.elapsed() >= *budget);
        if at.at_end() {
            None
        } else if self.settings.patience.is_some_and(|patience| since >= patience) {
            let best = epochs - since;
            Some(format!("stopped early: {since} epochs without a better validation; the network is that of epoch {best}"))
        } else if let Some(budget) = spent {
            Some(format!("stopped in epoch {epochs}: `.for_at_most({budget:?})` is over"))
        } else {
            stopping.then(|| format!("stopped in epoch {epochs}, as the program asked"))
        }
    }

    fn progress(&self) -> Progress {
        let at = self.run.at;
        Progress { step: at.steps(), steps: at.epochs.saturating_mul(at.steps_per_epoch), epoch: at.epoch, epochs: at.epochs }
    }

    /// Sets the rate and the momentum of the next step.
    fn follow_schedule(&mut self) -> Result<()> {
        let Some(schedule) = &self.schedule else { return Ok(()) };
        let (at, base) = (self.progress(), self.run.base);
        let (learning_rate, momentum) = (schedule.learning_rate(base, at), schedule.momentum(at));
        let rate_fits = learning_rate >= 0.0 && learning_rate.is_finite();
        if !rate_fits || momentum.is_some_and(|m| !(0.0..1.0).contains(&m)) {
            let momentum = momentum.map(|m| format!(" and the momentum {m}")).unwrap_or_default();
            let (epoch, step) = (at.epoch + 1, self.run.at.step + 1);
            return Err(Error::Setting(format!(
                "the schedule gives the learning rate {learning_rate}{momentum} in epoch {epoch}, step {step}: a learning rate is finite and at least 0, a momentum at least 0 and less than 1"
            )));
        }
        self.run.optimizer.set_learning_rate(learning_rate);
        if let Some(momentum) = momentum {
            self.run.optimizer.set_momentum(momentum);
        }
        Ok(())
    }

    fn diverged<D: Teaches<N, L>>(&self, of: &'static str, loss: f32, step: usize) -> Error {
        let note = D::against(&self.loss).domain(loss);
        Error::Diverged { loss, of, epoch: self.run.at.epoch + 1, step, note }
    }

    /// The gradients of a step: of a batch, or of several, weighed as one batch of all their samples would weigh them. Their loss, and how many samples there were.
    fn gradients<D: Teaches<N, L>>(&mut self, feed: &mut Feed<'_, '_, N::Input, D>) -> Result<(f32, usize)> {
        let first = self.run.at.step * self.settings.accumulate;
        let batches = (self.plan.per_epoch() - first).min(self.settings.accumulate);
        let (mut loss, mut weight, mut samples) = (0.0, 0.0, 0);
        for batch in 0..batches {
            let asked = Instant::now();
            let prepared = feed.next()?;
            self.clock.waited += asked.elapsed();
            self.run.grads.zero();
            let (inputs, targets) = (N::Input::refs(&prepared.inputs), D::Target::refs(&prepared.targets));
            let of = D::against(&self.loss);
            let value = self.run.net.train(inputs, self.tally.hear(&of), targets, &mut self.memory, &mut self.run.grads);
            if !value.is_finite() {
                drop(of);
                let sample = prepared.not_finite("the training data");
                return Err(sample.unwrap_or_else(|| self.diverged::<D>("the loss", value, self.run.at.step + 1)));
            }
            self.tally.add(&of, prepared.samples(), targets);
            samples += prepared.samples();
            if self.run.at.steps() == 0 && batch == 0 {
                warnings::<N, _>(&of, targets).iter().for_each(|warning| self.shown.warn(warning));
            }
            let Some(sum) = &mut self.sum else { return Ok((value, samples)) };
            if batch == 0 {
                sum.zero();
            }
            let divisor = weight_of(&of, prepared.samples(), targets)?;
            let own = divisor.unwrap_or(1.0);
            for (sum, new) in sum.as_mut_slice().iter_mut().zip(self.run.grads.as_slice()) {
                *sum += narrow(own) * new;
            }
            loss += own * f64::from(value);
            weight += divisor.unwrap_or_default();
        }
        let scale = if weight > 0.0 { 1.0 / weight } else { 1.0 };
        if let Some(sum) = &self.sum {
            for (grad, sum) in self.run.grads.as_mut_slice().iter_mut().zip(sum.as_slice()) {
                *grad = narrow(scale) * sum;
            }
        }
        Ok((narrow(loss * scale), samples))
    }

    /// Stopped before another step: what there is of the epoch in hand is closed, and a checkpoint written.
    fn stop_between<D: Teaches<N, L>, How>(&mut self) -> Result<()>
    where
        V: Validate<N, L, How>,
        C: Listener<N>,
    {
        if self.run.stopping && self.run.at.step > 0 {
            return self.after_step::<D, How>(false);
        }
        #[cfg(feature = "safetensors")]
        self.checkpoint(true)?;
        Ok(())
    }

    /// The end of the epoch, if this was its last step or the training stops; a checkpoint, if one is due.
    fn after_step<D: Teaches<N, L>, How>(&mut self, ends_epoch: bool) -> Result<()>
    where
        V: Validate<N, L, How>,
        C: Listener<N>,
    {
        let partly = self.run.stopping && !ends_epoch;
        // Who resumes goes on in the middle of the epoch: it is saved before it is closed.
        #[cfg(feature = "safetensors")]
        if !ends_epoch {
            self.checkpoint(partly)?;
        }
        if ends_epoch || partly {
            self.close::<D, How>()?;
        }
        #[cfg(feature = "safetensors")]
        if ends_epoch {
            self.checkpoint(self.is_over())?;
        }
        Ok(())
    }

    /// The end of an epoch: validation, the best so far, the history, callbacks.
    fn close<D: Teaches<N, L>, How>(&mut self) -> Result<()>
    where
        V: Validate<N, L, How>,
        C: Listener<N>,
    {
        let run = &mut self.run;
        let net = match &mut run.ema {
            Some(ema) => &mut *ema.net,
            None => &mut *run.net,
        };
        let scores = self.validation.scores(net, &self.loss, &mut self.memory)?;
        let numbers = run.net.params().as_slice().iter().all(|p| p.is_finite());
        let loss = self.tally.loss();
        let validation = scores.map(|s| s.loss).filter(|loss| !loss.is_finite());
        if !numbers || validation.is_some() {
            return Err(self.diverged::<D>("the validation loss", validation.unwrap_or(loss), self.run.at.step));
        }
        let (number, samples) = (self.run.at.epoch + 1, self.samples_so_far());
        let run = &mut self.run;
        run.at.epoch = number;
        run.at.step = 0;
        let at = self.progress();
        if let Some(schedule) = &mut self.schedule {
            let watched = scores.map_or(loss, |s| if schedule.watches_metric() { s.metric } else { s.loss });
            schedule.observe(watched, at);
        }
        let run = &mut self.run;
        let better = match &run.ema {
            Some(ema) => run.best.see(scores, &ema.net),
            None => run.best.see(scores, run.net),
        };
        let epoch = Epoch {
            number,
            loss,
            penalty: run.optimizer.penalty(run.net),
            validation_loss: scores.map(|s| s.loss),
            metric: scores.map(|s| s.metric),
            measured: scores.map_or_else(Measured::default, |s| s.all),
            learning_rate: run.optimizer.learning_rate(),
            seconds: self.clock.trained.as_secs_f64(),
            waited: self.clock.waited.as_secs_f64(),
            samples,
        };
        self.clock = Clock::default();
        self.tally.clear();
        self.shown.epoch(&epoch, run.history.shown_metrics());
        run.history.push(epoch, better);
        if scores.is_some() {
            self.listeners.on_validation(&epoch, run)?;
        }
        self.listeners.on_epoch(&epoch, run)
    }

    /// Of the epoch in hand.
    fn samples_so_far(&self) -> usize {
        (self.run.at.step * self.settings.accumulate * self.plan.batch).min(self.plan.samples)
    }
}

/// What a batch weighs among those that are accumulated: what its loss is divided by. `None`: it is a sum, and so is that of all.
///
/// A loss of several terms that are divided by several numbers is weighed by its samples: where all are means over samples, that is exact.
fn weight_of<O: Values, T: Copy>(loss: &impl Loss<O, T>, samples: usize, targets: T) -> Result<Option<f64>> {
    let divisors = || (0..loss.count()).map(|term| loss.divisor(term, samples, targets));
    let (sums, all) = (divisors().filter(Option::is_none).count(), loss.count());
    if sums != 0 && sums != all {
        return Err(Error::Setting(
            "`.accumulate(…)` of a loss of which one term is a sum and another a mean: their gradients cannot be weighed together\n  help: make all of them sums, or all of them means"
                .to_owned(),
        ));
    }
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let by_samples = samples as f64;
    Ok(if sums == all {
        None
    } else if all == 1 {
        divisors().next().flatten()
    } else {
        Some(by_samples)
    })
}

impl<'n, N: Network, L, D: Dataset<N::Input>, V, C, How> Deref for Session<'n, '_, N, L, D, V, C, How> {
    type Target = Run<'n, N>;
    fn deref(&self) -> &Run<'n, N> {
        &self.state.run
    }
}

impl<'n, N: Network, L, D: Dataset<N::Input>, V, C, How> DerefMut for Session<'n, '_, N, L, D, V, C, How> {
    fn deref_mut(&mut self) -> &mut Run<'n, N> {
        &mut self.state.run
    }
}

impl<N: Network, L, D: Dataset<N::Input>, V, C, How> core::fmt::Debug for Session<'_, '_, N, L, D, V, C, How> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.state.run.fmt(f)
    }
}
