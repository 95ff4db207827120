//! Room that threads take and give back.

use std::sync::{Mutex, PoisonError};

/// Things that whoever needs one takes and gives back: made once for each thread that asks at the same time, never for each sample.
pub(in crate::data) struct Pool<T>(Mutex<Vec<T>>);

impl<T> Pool<T> {
    pub const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Calls `work` with a thing that is free, or a new one.
    pub fn with<R>(&self, make: impl FnOnce() -> T, work: impl FnOnce(&mut T) -> R) -> R {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut thing = free.unwrap_or_else(make);
        let result = work(&mut thing);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(thing);
        result
    }
}

impl<T> Clone for Pool<T> {
    /// What is free is not copied.
    fn clone(&self) -> Self {
        Self::new()
    }
}
