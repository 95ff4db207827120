//! Threads that share the work of a single sample.
//!
//! A layer of a single sample takes some tens of microseconds, and so does waking a thread. So the team is called once for the whole inference: its members
//! look for shares of the layer in hand, without sleeping, until the inference is over. Whoever runs the layers takes shares too, and waits only for
//! those that a member has begun: where no other thread is free, it does all of them alone.

use crate::kernels::Share;
use crate::threads::join;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize};

/// Looks for work before a member yields.
const SPINS: u32 = 1 << 10;

/// Bits of a ticket that count shares.
const SHARES: u32 = 32;

/// Ends the program where a share panics, which no kernel does: others may still be at work on the same job.
struct Abort;

impl Drop for Abort {
    fn drop(&mut self) {
        std::process::abort();
    }
}

/// A layer that is computed in shares.
struct Job<'a> {
    work: &'a dyn Fn(*mut f32, Share),
    /// Of the first share.
    scratch: *mut f32,
    done: AtomicUsize,
}

/// The team of an inference.
#[derive(Debug)]
pub(crate) struct Team {
    threads: usize,
    /// Scratch of all shares but the first.
    scratch: *mut u8,
    /// Bytes from one share's scratch to the next one's.
    apart: usize,
    job: AtomicPtr<Job<'static>>,
    /// The number of the job, and of the share of it that nobody has taken yet. Whoever increments it takes that share.
    ticket: AtomicU64,
    over: AtomicBool,
}

// SAFETY: of a job nothing is read but by those who have a share of it, which `run` waits for; each share has a scratch of its own.
unsafe impl Sync for Team {}

impl Team {
    /// A team of so many threads, at least two, and the scratch of all but one.
    pub fn new(threads: usize, scratch: *mut u8, apart: usize) -> Self {
        let (job, ticket) = (AtomicPtr::new(core::ptr::null_mut()), AtomicU64::new(threads as u64));
        Self { threads, scratch, apart, job, ticket, over: AtomicBool::new(false) }
    }

    /// Calls `inference`, with the team at hand.
    pub fn with(&self, inference: impl FnOnce() + Send) {
        /// Sends the members home, also where the inference panics.
        struct Over<'a>(&'a AtomicBool);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                self.0.store(true, Release);
            }
        }

        join(
            || {
                let _over = Over(&self.over);
                inference();
            },
            || self.members(self.threads - 1),
        );
    }

    fn members(&self, members: usize) {
        match members {
            0 => {}
            1 => self.help(),
            _ => drop(join(|| self.help(), || self.members(members - 1))),
        }
    }

    /// Takes shares until the inference is over.
    fn help(&self) {
        let mut idle = 0;
        while !self.over.load(Acquire) {
            if self.take() {
                idle = 0;
                continue;
            }
            idle += 1;
            if idle < SPINS { core::hint::spin_loop() } else { std::thread::yield_now() }
        }
    }

    /// Takes a share, if there is one; whether there was.
    fn take(&self) -> bool {
        let ticket = self.ticket.load(Acquire);
        let index = (ticket & ((1 << SHARES) - 1)) as usize;
        if index >= self.threads {
            return false;
        }
        if self.ticket.compare_exchange(ticket, ticket + 1, AcqRel, Relaxed).is_err() {
            return true;
        }
        // SAFETY: this share is not done yet, so that `run` still has the job.
        let job = unsafe { &*self.job.load(Relaxed) };
        let unwinding = Abort;
        let more = index.checked_sub(1).map(|i| self.scratch.wrapping_add(i * self.apart).cast());
        (job.work)(more.unwrap_or(job.scratch), Share { index, shares: self.threads });
        core::mem::forget(unwinding);
        job.done.fetch_add(1, Release);
        true
    }

    /// Computes all shares of a layer.
    ///
    /// # Safety
    /// Calls of `work` for different shares may run at the same time.
    pub unsafe fn run(&self, scratch: *mut f32, work: &dyn Fn(*mut f32, Share)) {
        let job = Job { work, scratch, done: AtomicUsize::new(0) };
        self.job.store((&raw const job).cast_mut().cast(), Relaxed);
        let number = (self.ticket.load(Relaxed) >> SHARES).wrapping_add(1);
        self.ticket.store(number << SHARES, Release);
        while self.take() {}
        let mut waited = 0_u32;
        while job.done.load(Acquire) < self.threads {
            waited = waited.saturating_add(1);
            if waited < SPINS { core::hint::spin_loop() } else { std::thread::yield_now() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_share_is_done_once_by_the_end_of_its_job() {
        for threads in [2, 3, 7] {
            let mut scratch = vec![0_u8; 64 * (threads - 1)];
            let team = Team::new(threads, scratch.as_mut_ptr(), 64);
            let team = &team;
            team.with(move || {
                for job in 0..2000 {
                    let done: Vec<AtomicUsize> = (0..threads).map(|_| AtomicUsize::new(0)).collect();
                    let work = |_: *mut f32, share: Share| {
                        done[share.index].fetch_add(job + 1, Relaxed);
                    };
                    // SAFETY: atomic numbers.
                    unsafe { team.run(core::ptr::null_mut(), &work) };
                    assert!(done.iter().all(|n| n.load(Relaxed) == job + 1));
                }
            });
        }
    }
}
