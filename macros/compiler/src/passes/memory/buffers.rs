//! Buffers while a schedule is walked.

use super::arena::{Arena, Buffer};
use super::room::Room;

/// Where a value or a gradient lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The network's input, or its gradient.
    Input(usize),
    /// The network's output, or its gradient.
    Output(usize),
    /// A buffer of the arena.
    Arena(usize),
    /// Some of a buffer: behind so many of its bytes.
    Part {
        /// The buffer.
        buffer: usize,
        /// The bytes.
        first: usize,
    },
}

/// Buffers while a schedule is walked step by step: each is alive from its first use to its last.
#[derive(Debug, Default)]
pub struct Buffers {
    all: Vec<Buffer>,
    /// The step at hand.
    now: usize,
}

impl Buffers {
    /// A new buffer, in use now.
    pub fn add(&mut self, room: Room) -> usize {
        self.all.push(Buffer { room, life: self.now..=self.now });
        self.all.len() - 1
    }

    /// Something is in use now: where it has no place so far, it gets a buffer.
    pub fn settle(&mut self, place: &mut Option<Place>, room: impl FnOnce() -> Room) {
        match place {
            None => *place = Some(Place::Arena(self.add(room()))),
            Some(place) => self.touch(*place),
        }
    }

    /// What lies there is in use now.
    pub fn touch(&mut self, place: Place) {
        if let Place::Arena(buffer) | Place::Part { buffer, .. } = place {
            let life = &mut self.all[buffer].life;
            *life = *life.start()..=self.now;
        }
    }

    /// The next step begins.
    pub fn next_step(&mut self) {
        self.now += 1;
    }

    /// The step at hand.
    #[must_use]
    pub fn now(&self) -> usize {
        self.now
    }

    /// What was alive before this step, and is after it, stays until now.
    pub fn hold_across(&mut self, step: usize) {
        for buffer in &mut self.all {
            if *buffer.life.start() < step && *buffer.life.end() >= step {
                buffer.life = *buffer.life.start()..=self.now;
            }
        }
    }

    /// The arena with room for all of them.
    #[must_use]
    pub fn arena(&self) -> Arena {
        Arena::new(&self.all)
    }
}
