//! Passes over a batch: phases, in which each micro-batch runs by itself on some thread, and what is done between them.

use super::exec::{SlotSchedule, in_halves};
use super::inner_plan::InnerPlace;
use super::parametrized::Parametrized;
use super::parametrized_plan::ParametrizedWeights;
use super::pieces::{Piece, timed};
use super::plan::{Barrier, Micro, Phase, TrainFunctions};
use crate::LANES;
use crate::batch::{Line, bytes_of, lines, room};
use crate::layout::Layout;
use crate::threads::{self, in_pool};
use crate::values::Pointers;
use core::ops::Range;
use fireclay_runtime::aligned;
use fireclay_runtime::kernels::{chw, chwn16};

/// What of a [`Memory`](super::Memory) does not depend on the network's types.
pub(crate) struct Core {
    pub(super) plan: &'static TrainFunctions,
    pub(super) grads: usize,
    pub(super) capacity: usize,
    /// Samples of the last forward pass; none after a fused step.
    pub samples: usize,
    /// The gradient of its outputs is there.
    pub has_gradient: bool,
    pub(super) arenas: Box<[Line]>,
    stats: Box<[Line]>,
    shared: Box<[Line]>,
    /// Of shares.
    scratch: Box<[Line]>,
    /// How many there are at most.
    most_slots: usize,
    pub(super) slots: Box<[Line]>,
    pub(super) parametrized: Option<Parametrized>,
    losses: Vec<f32>,
    pub threads: usize,
    pub(super) seed: u64,
    pub(super) step: u64,
    /// Where values of layers can be read: they and their gradients are kept.
    pub(super) inner: &'static [InnerPlace],
    /// The gradients of the last forward pass are there.
    pub(super) has_inner_gradients: bool,
    /// Of the pass in hand: backward drops what forward dropped.
    key: u64,
    pub train: bool,
}

/// The addresses that a pass reads and writes, and what it is to compute.
pub(crate) struct PassContext<'a> {
    pub params: *const f32,
    pub buffers: *mut f32,
    pub grads: *mut f32,
    /// Of full micro-batches.
    pub inputs: Pointers,
    /// Of a last one with padding lanes: a copy in the memory, where these repeat the last sample.
    pub padded_inputs: Pointers,
    pub outputs: Pointers,
    pub output_grads: Pointers,
    pub input_grads: Pointers,
    pub weights: bool,
    /// What stands where the gradients of parameters go is no part of them.
    pub overwrite: bool,
    pub wants_inputs: bool,
    /// Loss and its gradient of one micro-batch: `(micro-batch, real samples in it, samples in all)`.
    pub loss: Option<&'a (dyn Fn(usize, usize, usize) -> f32 + Sync)>,
}

/// Addresses that threads share; each writes only its own micro-batches and its own slot.
#[derive(Clone, Copy)]
pub(super) struct Shared<'a> {
    pass: &'a PassContext<'a>,
    arenas: *mut u8,
    stats: *mut f32,
    shared: *mut f32,
    scratch: *mut u8,
    slots: *mut f32,
    parametrized: *const f32,
    parametrized_grads: *mut f32,
    losses: *mut f32,
}

// SAFETY: these addresses are shared as `Shared` is.
unsafe impl Sync for PassContext<'_> {}

// SAFETY: see the struct: `SlotSchedule` gives every micro-batch, every slot and every group of slots to exactly one thread between two barriers.
unsafe impl Sync for Shared<'_> {}

/// A batch that threads share: they write different numbers, or one runs alone.
pub(super) struct SharedBarrier<'a>(Barrier<'a>);

// SAFETY: see the struct.
unsafe impl Sync for SharedBarrier<'_> {}

impl<'a> SharedBarrier<'a> {
    pub fn get(&self) -> &Barrier<'a> {
        &self.0
    }
}

/// Work over the whole batch is cut into at most so many shares, each with memory of its own.
pub(super) const MOST_SHARES: usize = 16;

/// What runs between two barriers.
#[derive(Clone, Copy, Default)]
struct Stage {
    forward: Option<Phase>,
    loss: bool,
    backward: Option<Phase>,
    /// The first stage that touches gradients.
    first_backward: bool,
}

impl Core {
    pub(super) fn new(
        plan: &'static TrainFunctions,
        [grads, most_slots, capacity]: [usize; 3],
        parametrized: Option<&'static ParametrizedWeights>,
    ) -> Self {
        let micros = plan.layout.micros(capacity);
        let mut core = Self {
            plan,
            grads,
            capacity,
            samples: 0,
            has_gradient: false,
            arenas: lines(room(micros, arena_stride(plan))),
            stats: lines(room(micros, bytes_of(stats_stride(plan)))),
            shared: lines(bytes_of(plan.shared)),
            scratch: lines(room(MOST_SHARES, aligned(plan.scratch))),
            most_slots,
            slots: Box::default(),
            parametrized: parametrized.map(Parametrized::new),
            losses: vec![0.0; micros],
            threads: threads::available(),
            seed: 0,
            step: 0,
            inner: &[],
            has_inner_gradients: false,
            key: 0,
            train: false,
        };
        if !plan.slots.is_empty() {
            core.slots = lines(room(micros.clamp(1, most_slots) - 1, bytes_of(core.slot_numbers())));
        }
        core
    }

    /// What a fused step touches.
    pub(super) fn bytes(&self) -> usize {
        let plan = self.plan;
        let micros = plan.layout.micros(self.capacity);
        let slots = micros.clamp(1, self.most_slots);
        let threads = self.threads.min(threads::available());
        let arenas = if through_at_once(plan) { threads.min(slots) } else { micros };
        let grads = if plan.slots.is_empty() {
            0
        } else {
            (slots - 1).saturating_mul(bytes_of(self.grads + self.parametrized_gradients()))
        };
        let stats = micros.saturating_mul(bytes_of(stats_stride(plan)));
        let scratch = threads.min(MOST_SHARES).saturating_mul(aligned(plan.scratch));
        let parametrized = self.parametrized.as_ref().map_or(0, Parametrized::bytes);
        let parts = [arenas.saturating_mul(arena_stride(plan)), grads, stats, bytes_of(plan.shared), scratch, parametrized];
        parts.into_iter().fold(0, usize::saturating_add)
    }

    /// # Panics
    /// If the batch is empty or too large, or trains a batch norm with a single value per channel.
    #[track_caller]
    pub fn begin(&mut self, samples: usize, train: bool) {
        assert!(samples >= 1, "a batch of 0 samples; there must be at least 1");
        assert!(
            samples <= self.capacity,
            "a batch of {samples} samples; this memory was made for {}: `memory({samples})` makes one",
            self.capacity
        );
        if let (true, 1, Some(layer)) = (train, samples, self.plan.several) {
            panic!(
                "a batch of 1 sample has one value per channel for `{layer}`, of which there is no variance: train with at least 2 samples"
            );
        }
        (self.samples, self.has_gradient, self.has_inner_gradients) = (samples, false, false);
        self.train = train;
        self.step += u64::from(train);
        self.key = key(self.seed, self.step);
    }

    pub fn forward(&mut self, pass: &PassContext<'_>) {
        let plan = self.plan;
        self.parametrize(pass);
        self.run(pass, plan.forward.iter().map(|p| Stage { forward: Some(*p), ..Stage::default() }), false);
    }

    pub fn loss(&mut self, pass: &PassContext<'_>) -> f32 {
        self.run(pass, core::iter::once(Stage { loss: true, ..Stage::default() }), false);
        self.has_gradient = true;
        self.total_loss()
    }

    pub fn backward(&mut self, pass: &PassContext<'_>) {
        let plan = self.plan;
        let stages = plan.backward.iter().enumerate();
        let stages = stages.map(|(i, p)| Stage { backward: Some(*p), first_backward: i == 0, ..Stage::default() });
        self.clear_parametrized_gradients(pass);
        in_pool(self.threads, || {
            self.clear(pass, plan.added);
            self.run(pass, stages, false);
            self.after(pass);
        });
    }

    /// Forward, loss and backward, each micro-batch as far as it comes between barriers.
    pub fn fused(&mut self, pass: &PassContext<'_>) -> f32 {
        let plan = self.plan;
        let (f, b) = (plan.forward, plan.backward);
        let stages = (0..f.len() + b.len() - 1).map(|i| Stage {
            forward: f.get(i).copied(),
            loss: i + 1 == f.len(),
            backward: (i + 1).checked_sub(f.len()).and_then(|j| b.get(j)).copied(),
            first_backward: i + 1 == f.len(),
        });
        self.parametrize(pass);
        self.clear_parametrized_gradients(pass);
        // Without barriers nothing of a micro-batch is needed once it is through: those that come one after the other have one arena, which stays in cache.
        in_pool(self.threads, || {
            self.clear(pass, plan.added);
            self.run(pass, stages, through_at_once(plan));
            self.after(pass);
        });
        self.total_loss()
    }

    /// Clears gradients of parameters just before something adds to them, where they do not count.
    fn clear(&self, pass: &PassContext<'_>, ranges: &[Range<usize>]) {
        if !(pass.weights && pass.overwrite) {
            return;
        }
        for range in ranges {
            // SAFETY: of the caller's gradients, borrowed exclusively by the entry that made `pass`.
            let numbers = unsafe { core::slice::from_raw_parts_mut(pass.grads.wrapping_add(range.start), range.len()) };
            in_halves(self.threads, numbers, 0, &|numbers: &mut [f32], _| numbers.fill(0.0));
        }
    }

    fn total_loss(&self) -> f32 {
        self.losses[..self.plan.layout.micros(self.samples)].iter().sum()
    }

    pub(super) fn shared<'a>(&mut self, pass: &'a PassContext<'a>) -> Shared<'a> {
        let (parametrized, parametrized_grads) = self.parametrized_places();
        Shared {
            pass,
            parametrized,
            parametrized_grads,
            arenas: self.arenas.as_mut_ptr().cast(),
            stats: self.stats.as_mut_ptr().cast(),
            shared: self.shared.as_mut_ptr().cast(),
            scratch: self.scratch.as_mut_ptr().cast(),
            slots: self.slots.as_mut_ptr().cast(),
            losses: self.losses.as_mut_ptr(),
        }
    }

    /// The batch as a whole, by the same addresses.
    pub(super) fn barrier<'a>(&self, shared: &Shared<'a>) -> SharedBarrier<'a> {
        let pass = shared.pass;
        SharedBarrier(Barrier {
            inputs: &pass.inputs,
            outputs: &pass.outputs,
            output_grads: &pass.output_grads,
            input_grads: &pass.input_grads,
            params: pass.params,
            buffers: pass.buffers,
            grads: pass.grads,
            parametrized: shared.parametrized,
            parametrized_grads: shared.parametrized_grads,
            stats: shared.stats,
            shared: shared.shared,
            arena: shared.arenas,
            arena_stride: arena_stride(self.plan),
            scratch: shared.scratch,
            scratch_stride: aligned(self.plan.scratch),
            stride: stats_stride(self.plan),
            samples: self.samples,
            lanes: self.plan.layout.lanes(),
            train: self.train,
            weights: pass.weights,
            wants_inputs: pass.wants_inputs,
        })
    }

    pub(super) fn schedule(&self) -> SlotSchedule {
        let micros = self.plan.layout.micros(self.samples);
        SlotSchedule { micros, slots: micros.clamp(1, self.most_slots), threads: self.threads }
    }

    fn run(&mut self, pass: &PassContext<'_>, stages: impl Iterator<Item = Stage> + Send, one_arena_per_group: bool) {
        let schedule = self.schedule();
        let (samples, train, plan) = (self.samples, self.train, self.plan);
        let padded = self.slot_numbers();
        let lanes = plan.layout.lanes();
        let (arena_stride, stats_stride) = (arena_stride(plan), stats_stride(plan));
        let key = self.key;
        let shared = self.shared(pass);
        let barrier = self.barrier(&shared);
        let this = &*self;
        in_pool(self.threads, || {
            let shared = &shared;
            for stage in stages {
                let work = |group: usize, slot: usize, range: Range<usize>| {
                    // Taken as a whole: its parts alone could not be shared.
                    let shared: &Shared<'_> = shared;
                    let pass = shared.pass;
                    let (slot_grads, parametrized_grads) = match slot {
                        0 => (pass.grads, shared.parametrized_grads),
                        _ => {
                            let own = shared.slots.wrapping_add((slot - 1) * padded);
                            (own, own)
                        }
                    };
                    if stage.first_backward && pass.weights && slot > 0 {
                        for range in plan.slots {
                            // SAFETY: ranges lie among the gradients, of which this slot has its own: there are slots where there are ranges.
                            unsafe { slot_grads.add(range.start).write_bytes(0, range.len()) };
                        }
                    }
                    for index in range {
                        let arena = if one_arena_per_group { group } else { index };
                        let count = (samples - index * lanes).min(lanes);
                        let micro = Micro {
                            params: pass.params,
                            buffers: pass.buffers,
                            grads: slot_grads,
                            parametrized: shared.parametrized,
                            parametrized_grads,
                            arena: shared.arenas.wrapping_add(arena * arena_stride),
                            stats: shared.stats.wrapping_add(index * stats_stride),
                            shared: shared.shared,
                            state: core::ptr::null_mut(),
                            inputs: if count < lanes { &pass.padded_inputs } else { &pass.inputs },
                            outputs: &pass.outputs,
                            output_grads: &pass.output_grads,
                            input_grads: &pass.input_grads,
                            index,
                            lanes,
                            count,
                            samples,
                            key,
                            train,
                            weights: pass.weights,
                            wants_inputs: pass.wants_inputs,
                            team: None,
                        };
                        if let Some(phase) = stage.forward {
                            // SAFETY: all addresses are those the plan asked for; this thread alone has this micro-batch.
                            unsafe { (phase.run)(&micro) };
                        }
                        if let (true, Some(loss)) = (stage.loss, pass.loss) {
                            // SAFETY: one number per micro-batch.
                            unsafe { *shared.losses.add(index) = loss(index, count, samples) };
                        }
                        if stage.first_backward {
                            // SAFETY: this thread alone has this micro-batch.
                            unsafe { settle_gradient(&pass.output_grads, plan.layout, index, count) };
                        }
                        if let Some(phase) = stage.backward {
                            // SAFETY: as for forward.
                            unsafe { (phase.run)(&micro) };
                        }
                    }
                };
                schedule.run(&|group, slot, range| {
                    timed(Piece::Slot { slot, slots: schedule.slots }, || work(group, slot, range));
                });
                for phase in [stage.forward, stage.backward].into_iter().flatten() {
                    if let Some(run) = phase.barrier {
                        // SAFETY: all micro-batches are through; nobody else runs now.
                        timed(Piece::Serial, || unsafe { run(barrier.get()) });
                    }
                    if let Some(across) = phase.across {
                        this.clear(pass, across.first);
                        this.in_shares(across.macs, &|share| {
                            // SAFETY: all micro-batches are through; shares write different results, each with its own scratch, and kernels that write the
                            // same numbers cut them into the same shares (docs/kernels.md). No buffers of one phase's calls overlap.
                            unsafe { (across.run)(barrier.get(), share) };
                        });
                    }
                }
            }
        });
    }
}

/// Whether a micro-batch goes forward and backward without waiting for others.
fn through_at_once(plan: &TrainFunctions) -> bool {
    plan.forward.len() == 1 && plan.backward.len() == 1
}

/// Bytes from the arena of one micro-batch to that of the next.
pub(super) fn arena_stride(plan: &TrainFunctions) -> usize {
    aligned(plan.arena)
}

/// Numbers from the statistics of one micro-batch to those of the next.
fn stats_stride(plan: &TrainFunctions) -> usize {
    plan.stats.next_multiple_of(LANES)
}

/// Makes of the gradient of the outputs, which a loss, another network or a program left, what kernels expect of one: zeros in padding lanes,
/// whatever was left there, and nothing so tiny that products with it would be denormal.
///
/// # Safety
/// The gradients of this micro-batch are valid for writes, and nobody else reads or writes there.
unsafe fn settle_gradient(grads: &Pointers, layout: Layout, micro: usize, count: usize) {
    let lanes = layout.lanes();
    let flush = match layout {
        Layout::Chw => chw::flush_gradient,
        Layout::Chwn16 => chwn16::flush_gradient,
    };
    for i in 0..grads.len() {
        let (at, len) = (grads.get(i, micro), grads.floats(i) / lanes);
        // SAFETY: `len` times as many numbers as there are lanes, by the caller's promise.
        unsafe {
            if count < lanes {
                for j in 0..len {
                    at.add(j * lanes + count).write_bytes(0, lanes - count);
                }
            }
            flush(len, at);
        }
    }
}

/// One number that names this step's dropout.
fn key(seed: u64, step: u64) -> u64 {
    let mut x = seed ^ step.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
