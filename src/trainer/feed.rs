//! Batches for a training: prepared when a step asks, or on a thread of their own while the step before trains.

use crate::data::{Dataset, Scratch, sample_seed};
use crate::layout::Layout;
use crate::{Result, Rng, Values};
use std::any::Any;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// The samples of a step.
pub(super) struct Prepared<I: Values, T: Values> {
    pub inputs: I::Batch,
    pub targets: T::Batch,
    pub samples: usize,
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
    /// How inputs lie.
    pub layout: Layout,
}

impl Plan {
    fn room<I: Values, T: Values>(&self) -> Prepared<I, T> {
        Prepared {
            inputs: I::in_layout(self.batch, self.layout),
            targets: T::in_layout(self.batch, Layout::default()),
            samples: 0,
        }
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
        Self { data, plan, order, rng: crate::rng(plan.seed), epoch: 0, next: 0, scratch: Scratch::new() }
    }

    /// Whether the last batch of the last epoch was prepared.
    fn is_done(&self) -> bool {
        self.epoch == self.plan.epochs
    }

    fn prepare(&mut self, to: &mut Prepared<I, D::Target>) -> Result<()> {
        if self.next == 0 {
            self.rng.shuffle(&mut self.order);
        }
        let end = (self.next + self.plan.batch).min(self.plan.samples);
        let (seed, epoch) = (self.plan.seed, self.epoch);
        let places = self.order[self.next..end].iter().map(|i| (*i, sample_seed(seed, epoch, *i)));
        to.samples = places.len();
        self.scratch.fill(self.data, places, &mut to.inputs, &mut to.targets)?;
        self.next = end;
        if end == self.plan.samples {
            (self.next, self.epoch) = (0, epoch + 1);
        }
        Ok(())
    }
}

/// Where the batches of a training come from.
pub(super) enum Feed<'scope, 'd, I: Values, D: Dataset<I>> {
    /// Prepared when they are asked for.
    Here { batches: Batches<'d, I, D>, room: Prepared<I, D::Target> },
    /// Prepared on a thread of their own.
    Beside(Beside<'scope, I, D::Target>),
}

/// A thread that prepares batches, and the one that is trained on.
pub(super) struct Beside<'scope, I: Values, T: Values> {
    ready: Receiver<Result<Prepared<I, T>>>,
    used: SyncSender<Prepared<I, T>>,
    current: Option<Prepared<I, T>>,
    thread: Option<ScopedJoinHandle<'scope, ()>>,
}

impl<'scope, 'd, I: Values, D: Dataset<I>> Feed<'scope, 'd, I, D> {
    pub fn here(batches: Batches<'d, I, D>) -> Self {
        let room = batches.plan.room();
        Self::Here { batches, room }
    }

    /// Prepares up to `ahead` batches on a thread of their own; where the system has no thread, here.
    pub fn beside<'env>(scope: &'scope Scope<'scope, 'env>, batches: impl Fn() -> Batches<'d, I, D>, ahead: usize) -> Self
    where
        'd: 'scope,
        D: 'scope,
    {
        let (send, ready) = sync_channel(ahead);
        let (used, rooms) = sync_channel(ahead + 1);
        let mut work = batches();
        let plan = work.plan;
        let prepare = move || {
            while !work.is_done() {
                // Whoever trains has ended when nobody holds the other end.
                let Ok(mut room) = rooms.recv() else { return };
                let prepared = work.prepare(&mut room).map(|()| room);
                let failed = prepared.is_err();
                if send.send(prepared).is_err() || failed {
                    return;
                }
            }
        };
        match Builder::new().name("fireclay data".to_owned()).spawn_scoped(scope, prepare) {
            Ok(thread) => {
                for _ in 0..=ahead {
                    // There is room for as many as that, and the thread holds the other end until all is prepared.
                    drop(used.send(plan.room()));
                }
                Self::Beside(Beside { ready, used, current: None, thread: Some(thread) })
            }
            Err(_) => Self::here(batches()),
        }
    }

    /// The next batch.
    pub fn next(&mut self) -> Result<&Prepared<I, D::Target>> {
        match self {
            Self::Here { batches, room } => {
                batches.prepare(room)?;
                Ok(room)
            }
            Self::Beside(beside) => beside.next(),
        }
    }
}

impl<I: Values, T: Values> Beside<'_, I, T> {
    fn next(&mut self) -> Result<&Prepared<I, T>> {
        if let Some(used) = self.current.take() {
            // After the last batch the thread is gone, and the room with it.
            drop(self.used.send(used));
        }
        match self.ready.recv() {
            Ok(prepared) => Ok(self.current.insert(prepared?)),
            // The thread ends early only by a panic of the data set: it goes on here.
            Err(_) => std::panic::resume_unwind(self.panic()),
        }
    }

    fn panic(&mut self) -> Box<dyn Any + Send> {
        match self.thread.take().map(ScopedJoinHandle::join) {
            Some(Err(panic)) => panic,
            _ => Box::new("a training asked for more batches than its epochs have"),
        }
    }
}
