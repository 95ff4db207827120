//! What is done once per batch, when all micro-batches are through the backward pass.

use super::exec::{SlotSchedule, in_halves};
use super::passes::{Core, MOST_SHARES, PassContext};
use super::pieces::{Piece, timed};
use crate::{LANES, threads};
use fireclay_runtime::kernels::Share;

/// What a thread takes at least: fewer multiply-accumulates are done before another one is awake.
const SMALL: usize = 1 << 19;

impl Core {
    /// Makes the gradients that are made of the whole batch, and adds the slots' to the first's. (In the pool already.)
    pub(super) fn after(&mut self, pass: &PassContext<'_>) {
        if pass.weights {
            self.whole(pass);
            self.gather(pass);
            self.parametrized_backward(pass);
        }
    }

    /// Gradients of the whole batch, by shares.
    fn whole(&mut self, pass: &PassContext<'_>) {
        let Some(work) = self.plan.batch else { return };
        let shared = self.shared(pass);
        let barrier = self.barrier(&shared);
        self.in_shares(work.numbers, &|share| {
            // SAFETY: micro-batches are through and left what it reads; shares write different gradients.
            unsafe { (work.run)(barrier.get(), share) };
        });
    }

    /// Calls `work` for each share of what takes so many multiply-accumulates a sample (or makes so many gradients, each of one a sample).
    pub(super) fn in_shares(&self, macs: usize, work: &(dyn Fn(Share) + Sync)) {
        let room = macs.saturating_mul(self.samples) / SMALL;
        let shares = self.threads.min(threads::available()).min(room).clamp(1, MOST_SHARES);
        let schedule = SlotSchedule { micros: shares, slots: shares, threads: shares };
        let run = || schedule.run(&|_, index, _| work(Share { index, shares }));
        timed(Piece::Shares { most: room.clamp(1, MOST_SHARES) }, run);
    }

    /// Adds the slots' gradients to the first's, in order.
    fn gather(&mut self, pass: &PassContext<'_>) {
        let schedule = self.schedule();
        if schedule.slots < 2 {
            return;
        }
        let (_, parametrized) = self.parametrized_places();
        let padded = self.slot_numbers();
        // SAFETY: the slots' own numbers.
        let slots = unsafe { core::slice::from_raw_parts(self.slots.as_ptr().cast::<f32>(), self.slots.len() * LANES) };
        let add = |to: &mut [f32], first: usize| {
            for slot in 1..schedule.slots {
                let from = &slots[(slot - 1) * padded + first..];
                for (to, from) in to.iter_mut().zip(from) {
                    *to += *from;
                }
            }
        };
        for range in self.plan.slots {
            let first = if range.start < self.grads { pass.grads } else { parametrized };
            // SAFETY: of the caller's gradients, borrowed exclusively by the entry that made `pass`, or of the memory's own; no two ranges overlap.
            let to = unsafe { core::slice::from_raw_parts_mut(first.wrapping_add(range.start), range.len()) };
            in_halves(self.threads, to, range.start, &add);
        }
    }
}
