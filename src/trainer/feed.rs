//! Batches for a training: prepared when a step asks, or on threads of their own while the step before trains.

use crate::data::{Dataset, Scratch, sample_seed};
use crate::layout::Layout;
use crate::{Error, Result, Rng, Values};
use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// The samples of a step.
pub(super) struct Prepared<I: Values, T: Values> {
    pub inputs: I::Batch,
    pub targets: T::Batch,
    /// Which samples of the data these are.
    pub places: Vec<usize>,
}

impl<I: Values, T: Values> Prepared<I, T> {
    /// Room for so many samples, whose inputs lie so.
    pub fn new(samples: usize, layout: Layout) -> Self {
        let (inputs, targets) = (I::in_layout(samples, layout), T::in_layout(samples, Layout::default()));
        Self { inputs, targets, places: Vec::new() }
    }

    /// How many samples there are.
    pub fn samples(&self) -> usize {
        self.places.len()
    }

    /// The error that names the first sample with infinity or NaN.
    pub fn not_finite(&self, data: &'static str) -> Option<Error> {
        let (mut input, mut target) = (I::boxed(), T::boxed());
        let (inputs, targets) = (I::refs(&self.inputs), T::refs(&self.targets));
        self.places.iter().enumerate().find_map(|(i, sample)| {
            I::read(inputs, i, &mut input);
            T::read(targets, i, &mut target);
            let part = match [input.is_finite(), target.is_finite()] {
                [true, true] => return None,
                [true, false] => "target",
                [false, _] => "input",
            };
            Some(Error::NotFinite { data, sample: *sample, part })
        })
    }
}

/// What a training goes through, in which order and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Samples of a step, at most.
    pub batch: usize,
    /// Samples of an epoch.
    pub samples: usize,
    pub epochs: usize,
    pub seed: u64,
    /// Whether each epoch has an order of its own.
    pub shuffle: bool,
    /// How inputs lie.
    pub layout: Layout,
    /// Batches that an earlier run has gone through.
    pub done: usize,
}

impl Plan {
    /// Batches of an epoch.
    pub fn per_epoch(&self) -> usize {
        self.samples.div_ceil(self.batch)
    }

    /// Batches that are left.
    fn left(&self) -> usize {
        self.epochs.saturating_mul(self.per_epoch()).saturating_sub(self.done)
    }

    fn room<I: Values, T: Values>(&self) -> Prepared<I, T> {
        Prepared::new(self.batch, self.layout)
    }
}

/// The batches of all epochs, one after the other.
pub(super) struct Batches<'d, I: Values, D: Dataset<I>> {
    data: &'d D,
    plan: Plan,
    order: Vec<usize>,
    rng: Rng,
    /// The epoch of the next batch, and the place of its first sample in the order.
    epoch: usize,
    next: usize,
    scratch: Scratch<I, D::Target>,
}

impl<'d, I: Values, D: Dataset<I>> Batches<'d, I, D> {
    pub fn new(data: &'d D, plan: Plan) -> Self {
        let order = (0..data.len()).collect();
        let mut batches = Self { data, plan, order, rng: crate::rng(plan.seed), epoch: 0, next: 0, scratch: Scratch::new() };
        // The order of an epoch follows from those before it.
        for _ in 0..plan.done {
            batches.advance();
        }
        batches
    }

    /// The same once more, for another thread.
    fn twin(&self) -> Self {
        Self { order: self.order.clone(), rng: self.rng.clone(), scratch: Scratch::new(), ..*self }
    }

    /// The places of the next batch in the order of its epoch.
    fn advance(&mut self) -> (usize, Range<usize>) {
        if self.next == 0 && self.plan.shuffle {
            self.rng.shuffle(&mut self.order);
        }
        let (epoch, places) = (self.epoch, self.next..(self.next + self.plan.batch).min(self.plan.samples));
        (self.next, self.epoch) = if places.end == self.plan.samples { (0, epoch + 1) } else { (places.end, epoch) };
        (epoch, places)
    }

    fn prepare(&mut self, to: &mut Prepared<I, D::Target>) -> Result<()> {
        let (epoch, places) = self.advance();
        let seed = self.plan.seed;
        to.places.clear();
        to.places.extend_from_slice(&self.order[places]);
        let places = to.places.iter().map(|i| (*i, sample_seed(seed, epoch, *i)));
        self.scratch.fill(self.data, places, &mut to.inputs, &mut to.targets)
    }
}

/// Where the batches of a training come from.
pub(super) enum Feed<'scope, 'd, I: Values, D: Dataset<I>> {
    /// Prepared when they are asked for.
    Here { batches: Batches<'d, I, D>, room: Prepared<I, D::Target> },
    /// Prepared on threads of their own, which take turns.
    Beside { workers: Vec<Worker<'scope, I, D::Target>>, turn: usize, current: Option<Prepared<I, D::Target>> },
}

/// A thread that prepares batches, and what it hands over.
pub(super) struct Worker<'scope, I: Values, T: Values> {
    ready: Receiver<Result<Prepared<I, T>>>,
    used: SyncSender<Prepared<I, T>>,
    thread: Option<ScopedJoinHandle<'scope, ()>>,
}

impl<'scope, 'd, I: Values, D: Dataset<I>> Feed<'scope, 'd, I, D> {
    pub fn here(batches: Batches<'d, I, D>) -> Self {
        let room = batches.plan.room();
        Self::Here { batches, room }
    }

    /// Prepares up to `ahead` batches on so many threads; where the system has none, here.
    pub fn beside<'env>(scope: &'scope Scope<'scope, 'env>, batches: Batches<'d, I, D>, ahead: usize, threads: usize) -> Self
    where
        'd: 'scope,
        D: 'scope,
    {
        let start = |which| Worker::start(scope, batches.twin(), ahead.div_ceil(threads), which, threads);
        match (0..threads).map(start).collect() {
            Ok(workers) => Self::Beside { workers, turn: 0, current: None },
            Err(_) => Self::here(batches),
        }
    }

    /// The next batch.
    pub fn next(&mut self) -> Result<&Prepared<I, D::Target>> {
        match self {
            Self::Here { batches, room } => {
                batches.prepare(room)?;
                Ok(room)
            }
            Self::Beside { workers, turn, current } => {
                if let Some(used) = current.take() {
                    // After its last batch a thread is gone, and the room with it.
                    drop(workers[*turn].used.send(used));
                    *turn = (*turn + 1) % workers.len();
                }
                Ok(current.insert(workers[*turn].receive()?))
            }
        }
    }
}

impl<'scope, I: Values, T: Values> Worker<'scope, I, T> {
    /// Prepares every `of`-th batch from the `which`-th on, up to `ahead` of them before they are asked for.
    fn start<'d, 'env, D>(
        scope: &'scope Scope<'scope, 'env>,
        mut batches: Batches<'d, I, D>,
        ahead: usize,
        which: usize,
        of: usize,
    ) -> std::io::Result<Self>
    where
        'd: 'scope,
        D: Dataset<I, Target = T> + 'scope,
    {
        let (send, ready) = sync_channel(ahead);
        let (used, rooms) = sync_channel(ahead + 1);
        let plan = batches.plan;
        for _ in 0..=ahead {
            // There is room for as many, and the other end is here.
            drop(used.send(plan.room()));
        }
        let prepare = move || {
            for batch in 0..plan.left() {
                if batch % of != which {
                    batches.advance();
                    continue;
                }
                // Whoever trains has ended when nobody holds the other end.
                let Ok(mut room) = rooms.recv() else { return };
                let prepared = batches.prepare(&mut room).map(|()| room);
                let failed = prepared.is_err();
                if send.send(prepared).is_err() || failed {
                    return;
                }
            }
        };
        let thread = Builder::new().name("fireclay data".to_owned()).spawn_scoped(scope, prepare)?;
        Ok(Self { ready, used, thread: Some(thread) })
    }

    fn receive(&mut self) -> Result<Prepared<I, T>> {
        self.ready.recv().unwrap_or_else(|_| {
            // The thread ends early only by a panic of the data set: it goes on here.
            match self.thread.take().map(ScopedJoinHandle::join) {
                Some(Err(panic)) => std::panic::resume_unwind(panic),
                _ => Err(Error::Empty { what: "the rest of the training data" }),
            }
        })
    }
}
