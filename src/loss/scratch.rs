//! Room that a loss works in.

use std::cell::Cell;

thread_local! {
    static ROOM: Cell<Vec<f64>> = const { Cell::new(Vec::new()) };
}

/// Works with so many numbers, which hold anything: each thread has its own, and nothing is allocated after the first steps.
pub(super) fn with_room<R>(len: usize, work: impl FnOnce(&mut [f64]) -> R) -> R {
    let mut room = ROOM.take();
    if room.len() < len {
        room.resize(len, 0.0);
    }
    let result = work(&mut room[..len]);
    ROOM.set(room);
    result
}
