//! Runs micro-batches on threads so that the bits do not depend on how many there are.
//!
//! Micro-batches are dealt into *slots*, in order; how many slots there are depends on the network and the batch alone.
//! A slot has its own gradients, fills them in order, and slots are added in order. Threads take whole slots.

#[cfg(feature = "train")]
use super::pieces::{Piece, timed};
#[cfg(feature = "train")]
use super::plan::TrainFunctions;
use crate::threads::join;
use core::ops::Range;

/// How the micro-batches of a batch are scheduled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SlotSchedule {
    /// Pieces of work: micro-batches, or shares of what is done once for the batch.
    pub micros: usize,
    /// Slots, at most one per micro-batch.
    pub slots: usize,
    /// At most this many threads take part.
    pub threads: usize,
}

impl SlotSchedule {
    /// The micro-batches of a slot.
    fn of_slot(self, slot: usize) -> Range<usize> {
        slot * self.micros / self.slots..(slot + 1) * self.micros / self.slots
    }

    /// Calls `work(group, slot, micros)` once for each slot, on at most `threads` threads: slots of one group come one after the other.
    pub fn run(self, work: &(dyn Fn(usize, usize, Range<usize>) + Sync)) {
        let groups = self.threads.min(self.slots).max(1);
        self.groups(0..groups, groups, work);
    }

    fn groups(self, range: Range<usize>, groups: usize, work: &(dyn Fn(usize, usize, Range<usize>) + Sync)) {
        if range.len() > 1 {
            let middle = range.start + range.len() / 2;
            join(|| self.groups(range.start..middle, groups, work), || self.groups(middle..range.end, groups, work));
            return;
        }
        for slot in range.start * self.slots / groups..range.end * self.slots / groups {
            work(range.start, slot, self.of_slot(slot));
        }
    }
}

/// Fewer numbers are done before another thread is awake.
#[cfg(feature = "train")]
const FEW: usize = 1 << 15;

/// Calls `work(numbers, the first's place)` for parts of many numbers, on at most `threads` threads: as many halvings as there are threads for.
#[cfg(feature = "train")]
pub(crate) fn in_halves<T: Send>(threads: usize, numbers: &mut [T], first: usize, work: &(dyn Fn(&mut [T], usize) + Sync)) {
    let most = (numbers.len() / FEW).max(1);
    timed(Piece::Shares { most }, || halve(threads, numbers, first, work));
}

#[cfg(feature = "train")]
fn halve<T: Send>(threads: usize, numbers: &mut [T], first: usize, work: &(dyn Fn(&mut [T], usize) + Sync)) {
    if threads > 1 && numbers.len() >= 2 * FEW {
        let middle = numbers.len() / 2;
        let (low, high) = numbers.split_at_mut(middle);
        let half = threads / 2;
        join(|| halve(threads - half, low, first, work), || halve(half, high, first + middle, work));
    } else {
        work(numbers, first);
    }
}

/// How many gradient slots a batch is dealt into at most. Each is a copy of the gradients that micro-batches add to, to be
/// cleared and added: networks with very many have few, and so have those that do little with each, which would spend their time on that.
#[cfg(feature = "train")]
pub(crate) fn most_slots(plan: &TrainFunctions, macs: usize) -> usize {
    let grads: usize = plan.slots.iter().map(|range| range.len()).sum();
    match macs.checked_div(grads) {
        _ if grads > 4_000_000 => 2,
        Some(0..16) if grads > 200_000 => 2,
        Some(0..64) => 8,
        _ => 16,
    }
}
