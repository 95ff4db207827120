//! Packed weights that are kept beside those they were made of.

use super::{Network, Packed};
use std::any::Any;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The packed weights of a network, and of each other one that reads its parameters at other sizes ([`Network::of`]).
#[derive(Default)]
pub(super) struct PackedCache {
    /// They, for those that have inferred since the last change.
    packed: Link,
    /// Those of before the change: room for the next.
    #[expect(clippy::vec_box, reason = "links are boxes, and their memory is used again")]
    stale: Mutex<Vec<Box<Entry>>>,
}

type Link = OnceLock<Box<Entry>>;

/// The packed weights of one network, a [`Packed`] of it.
struct Entry {
    packed: Box<dyn Any + Send + Sync>,
    next: Link,
}

impl PackedCache {
    /// The weights of `net`, beside whose parameters this is, packed by the first call after a change.
    pub(super) fn get<N: Network>(&self, net: &N) -> &Packed<N> {
        let mut link = &self.packed;
        loop {
            // Two networks may come at once: what the other one puts here is passed by.
            let entry = link.get_or_init(|| self.entry(net));
            if let Some(packed) = entry.packed.downcast_ref() {
                return packed;
            }
            link = &entry.next;
        }
    }

    /// A new entry, where an old one lies if there is one.
    fn entry<N: Network>(&self, net: &N) -> Box<Entry> {
        let mut stale = self.stale.lock().unwrap_or_else(PoisonError::into_inner);
        let old = stale.iter().position(|entry| entry.packed.is::<Packed<N>>()).map(|place| stale.swap_remove(place));
        // So that a change does not allocate.
        stale.reserve(1);
        drop(stale);
        match old {
            Some(mut entry) => {
                if let Some(packed) = entry.packed.downcast_mut::<Packed<N>>() {
                    packed.fill(net);
                }
                entry
            }
            None => Box::new(Entry { packed: Packed::of(net), next: Link::new() }),
        }
    }

    /// The parameters change.
    #[inline]
    pub(super) fn change(&mut self) {
        let mut link = self.packed.take();
        while let Some(mut entry) = link {
            link = entry.next.take();
            self.stale.get_mut().unwrap_or_else(PoisonError::into_inner).push(entry);
        }
    }
}
