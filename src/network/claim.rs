//! A thing in a `static` is given away once.

/// Says `true` to one caller at most.
///
/// Where the machine has no atomic swap (Cortex-M0, RISC-V without the extension A) this is Lamport's splitter, which only loads and stores:
/// whoever asks alone is told `true`, and of several that ask at the very same moment (a program and the interrupt that breaks in, or two
/// cores) one is, or none.
#[derive(Debug)]
pub(super) struct Claim(machine::Claim);

impl Claim {
    pub const fn new() -> Self {
        Self(machine::Claim::new())
    }

    pub fn take(&self) -> bool {
        self.0.take()
    }
}

#[cfg(not(target_has_atomic = "8"))]
use splitter as machine;
#[cfg(target_has_atomic = "8")]
use swap as machine;

#[cfg(target_has_atomic = "8")]
mod swap {
    use core::sync::atomic::{AtomicBool, Ordering};

    #[derive(Debug)]
    pub struct Claim(AtomicBool);

    impl Claim {
        pub const fn new() -> Self {
            Self(AtomicBool::new(false))
        }

        pub fn take(&self) -> bool {
            !self.0.swap(true, Ordering::Acquire)
        }
    }
}

#[cfg(any(test, not(target_has_atomic = "8")))]
mod splitter {
    use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

    #[derive(Debug)]
    pub struct Claim {
        /// Who asked last.
        last: AtomicUsize,
        /// Somebody went through.
        closed: AtomicBool,
    }

    impl Claim {
        pub const fn new() -> Self {
            Self { last: AtomicUsize::new(0), closed: AtomicBool::new(false) }
        }

        /// Of two that find the door open, the one who wrote `last` first reads the other's name there, unless it closed the door before
        /// the other came to it.
        pub fn take(&self) -> bool {
            // Those who ask at the same time have different names: each has this variable on a stack of its own.
            let place = 0_u8;
            let name = (&raw const place).expose_provenance();
            self.last.store(name, SeqCst);
            if self.closed.load(SeqCst) {
                return false;
            }
            self.closed.store(true, SeqCst);
            self.last.load(SeqCst) == name
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::{splitter, swap};
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// How many of two threads are told `true`, in each of many rounds.
    fn winners<C: Sync>(new: fn() -> C, take: fn(&C) -> bool) -> Vec<usize> {
        let rounds = if cfg!(miri) { 20 } else { 2000 };
        let claims: Vec<C> = (0..rounds).map(|_| new()).collect();
        let won: Vec<AtomicUsize> = (0..rounds).map(|_| AtomicUsize::new(0)).collect();
        let start = Barrier::new(2);
        let ask = || {
            for (claim, won) in claims.iter().zip(&won) {
                start.wait();
                if take(claim) {
                    won.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(ask);
            ask();
        });
        won.into_iter().map(AtomicUsize::into_inner).collect()
    }

    #[test]
    fn one_caller_is_told_yes() {
        let (swap, splitter) = (swap::Claim::new(), splitter::Claim::new());
        assert_eq!([swap.take(), swap.take(), swap.take()], [true, false, false]);
        assert_eq!([splitter.take(), splitter.take(), splitter.take()], [true, false, false]);
    }

    #[test]
    fn never_two_at_once() {
        assert!(winners(swap::Claim::new, swap::Claim::take).iter().all(|won| *won == 1));
        assert!(winners(splitter::Claim::new, splitter::Claim::take).iter().all(|won| *won <= 1));
    }
}
