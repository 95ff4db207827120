//! How a training begins.

use super::ema::Ema;
use super::feed::{Batches, Feed, Plan};
use super::listener::Listener;
use super::progress::ProgressView;
use super::run::{Best, Position, Run};
use super::session::{Clock, Session, State};
use super::validation::Validate;
use super::{History, Trainer};
use crate::data::{Dataset, sorted_by_class};
use crate::init::Initialize;
use crate::loss::{Loss, LossOn, Tally};
use crate::network::{AsNetwork, Network, Train};
use crate::optim::Algorithm;
use crate::{Error, Result, Values};
#[cfg(feature = "safetensors")]
use std::any::type_name;
use std::time::Instant;

/// Batches that each thread prepares ahead where nobody says otherwise.
const AHEAD: usize = 2;

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
    /// rate that is none, if the pattern of a [group](Algorithm::group) stands for no parameter, if batches of 1 sample have no statistics for a batch norm, if a metric of the validation data has no value (ROC-AUC of
    /// targets that are all of one class), if a sample cannot be had (a file), if a checkpoint cannot be written or is not one to [resume](Trainer::resume) from, if a callback says so, or if the loss is no longer a number: the network then is as it was after the best epoch so far (without validation: the last whole one), or at the start.
    pub fn fit<B, D, How>(self, net: &mut B, data: &D) -> Result<History>
    where
        B: AsNetwork + ?Sized,
        D: Teaches<B::Network, L>,
        V: Validate<B::Network, L, How>,
        C: Listener<B::Network>,
    {
        let ahead = self.ahead(data);
        let state = self.ready::<B::Network, D, How>(net.network_mut(), data)?;
        let (plan, workers) = (state.plan, state.settings.workers);
        if ahead == 0 {
            return to_end(Session::new(state, Feed::here(Batches::new(data, plan))));
        }
        std::thread::scope(|scope| to_end(Session::new(state, Feed::beside(scope, Batches::new(data, plan), ahead, workers))))
    }

    /// Begins to train a network, step by step: [`Session::step`] does one. What is prepared on a thread of its own in [`fit`](Trainer::fit) is prepared here when
    /// its step asks for it.
    ///
    /// # Errors
    /// As [`fit`](Trainer::fit) before its first step.
    pub fn start<'n, 'd, B, D, How>(self, net: &'n mut B, data: &'d D) -> Result<Session<'n, 'd, B::Network, L, D, V, C, How>>
    where
        B: AsNetwork + ?Sized,
        D: Teaches<B::Network, L>,
        V: Validate<B::Network, L, How>,
        C: Listener<B::Network>,
    {
        let state = self.ready::<B::Network, D, How>(net.network_mut(), data)?;
        let plan = state.plan;
        Ok(Session::new(state, Feed::here(Batches::new(data, plan))))
    }

    /// Batches that are to be prepared ahead.
    fn ahead<I: Values, D: Dataset<I>>(&self, data: &D) -> usize {
        let settings = &self.settings;
        // What lies in memory is copied faster than handed over.
        let lies_in_memory = !data.is_empty() && data.lend(0).is_some();
        let usual = if lies_in_memory || settings.threads == Some(1) { 0 } else { AHEAD * settings.workers };
        settings.prefetch.unwrap_or(usual)
    }

    /// All but the data.
    fn ready<'n, N, D, How>(mut self, net: &'n mut N, data: &D) -> Result<State<'n, N, L, V, C>>
    where
        N: Network,
        D: Teaches<N, L>,
        V: Validate<N, L, How>,
    {
        self.check::<N, D, How>(data)?;
        let settings = self.settings;
        let mut optimizer = self.algorithm.clone().try_on(net)?;
        let batch = settings.batch.min(data.len());
        // A last batch of one sample may have no statistics: it is left out, another sample in each epoch.
        let left_out = N::TRAIN.several.filter(|_| data.len() % batch == 1);
        let samples = data.len() - usize::from(left_out.is_some());
        let mut memory = N::memory(batch);
        memory.seed(settings.seed);
        if let Some(threads) = settings.threads {
            memory.threads(threads);
            optimizer.threads(threads);
        }
        let plan = Plan {
            batch,
            samples,
            epochs: settings.epochs,
            seed: settings.seed,
            shuffle: settings.shuffle,
            layout: memory.layout(),
            done: 0,
        };
        let shown = ProgressView::new(settings.progress, settings.epochs, samples);
        if let Some(layer) = left_out {
            shown.note(&format!(
                "the last batch of each epoch would be one sample, of which `{layer}` has no statistics: it is left out (batches of another size would take all {})",
                data.len()
            ));
        }
        if !settings.shuffle && sorted_by_class(data)? {
            shown.warn(
                "the training data is sorted by class and `.shuffle(false)` keeps it so: each class is forgotten while the next is learned\n  help: leave `.shuffle(false)` out, or `data.shuffle(seed)` once",
            );
        }
        let steps_per_epoch = plan.per_epoch().div_ceil(settings.accumulate);
        let run = Run {
            grads: N::grads(),
            base: self.algorithm.learning_rate(),
            optimizer: Box::new(optimizer),
            at: Position { epoch: 0, step: 0, steps_per_epoch, epochs: settings.epochs },
            best: Best { net: net.boxed_clone(), scores: None, since: 0 },
            ema: settings.ema.map(|decay| Ema::new(decay, net)),
            history: History::new(self.validation.metrics()),
            frozen: Vec::new(),
            stopping: false,
            #[cfg(feature = "safetensors")]
            saving: false,
            net,
        };
        let state = State {
            run,
            loss: self.loss,
            schedule: self.schedule.take(),
            validation: self.validation,
            listeners: self.listeners,
            sum: (settings.accumulate > 1).then(N::grads),
            tally: Tally::new(batch, memory.layout()),
            memory,
            clock: Clock::default(),
            plan,
            shown,
            begin: Instant::now(),
            #[cfg(feature = "safetensors")]
            metadata: data.metadata(),
            #[cfg(feature = "safetensors")]
            saved: super::checkpoint::LastSave::none(),
            #[cfg(feature = "safetensors")]
            kinds: [type_name::<L>(), type_name::<A>(), settings.schedule],
            #[cfg(feature = "safetensors")]
            made_with: self.algorithm.learning_rate(),
            settings,
        };
        #[cfg(feature = "safetensors")]
        let state = state.resumed()?;
        Ok(state)
    }

    fn check<N: Network, D: Dataset<N::Input>, How>(&self, data: &D) -> Result<()>
    where
        V: Validate<N, L, How>,
    {
        let settings = &self.settings;
        let wrong = |what: &str| Err(Error::Setting(what.to_owned()));
        if let (Some(layer), 1) = (N::TRAIN.several, settings.batch.min(data.len())) {
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
        if settings.patience.is_some() && unwatched {
            return wrong("early stopping watches validation data: `.validate(&data, Accuracy)` before `.early_stop(…)`");
        }
        if self.schedule.as_ref().is_some_and(|s| s.watches_metric()) && unwatched {
            return wrong("the schedule watches the metric of validation data: `.validate(&data, Accuracy)` sets both");
        }
        Ok(())
    }
}

/// All steps.
fn to_end<N, L, D, V, C, How>(mut session: Session<'_, '_, N, L, D, V, C, How>) -> Result<History>
where
    N: Network,
    D: Teaches<N, L>,
    V: Validate<N, L, How>,
    C: Listener<N>,
{
    while session.step()?.is_some() {}
    session.finish()
}
