//! Room that a loss works in.

use std::sync::{Mutex, PoisonError};

/// Room to work in, one for each thread that was here at once: nothing is allocated after the first steps.
#[derive(Debug)]
pub(super) struct Scratch(Mutex<Vec<Vec<f64>>>);

impl Scratch {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Works with so many numbers, which hold anything.
    pub(super) fn with<R>(&self, len: usize, work: impl FnOnce(&mut [f64]) -> R) -> R {
        let mut room = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        if room.len() < len {
            room.resize(len, 0.0);
        }
        let result = work(&mut room[..len]);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(room);
        result
    }
}

/// A loss is the same whatever room it has.
impl Clone for Scratch {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl PartialEq for Scratch {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
