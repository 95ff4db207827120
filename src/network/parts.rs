//! What a network consists of, behind the type that the declaration names.

#[cfg(all(feature = "std", any(feature = "random", feature = "train")))]
use super::Block;
#[cfg(all(feature = "std", feature = "train"))]
use super::Mode;
use super::{Declared, Network};
#[cfg(feature = "std")]
use super::{Packed, packed_cache::PackedCache};

/// Parameters, buffers and, with `std`, the same weights as inference reads them. Nobody reaches the first two to change them but
/// through [`Parts::params_mut`] and its like: so it is known when the third are out of date.
///
/// Two networks with the same parameters and buffers have the same parts, number by number: [`Network::of`] rests on it. So there is
/// nothing here whose type is of the network itself.
#[doc(hidden)]
#[repr(C)]
pub struct Parts<N: Network> {
    params: <N as Declared>::Params,
    buffers: <N as Declared>::Buffers,
    #[cfg(feature = "std")]
    packed: PackedCache,
}

impl<N: Network> core::fmt::Debug for Parts<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Parts of {}", N::INFO.name)
    }
}

impl<N: Network> Parts<N> {
    /// What is learned.
    #[inline]
    pub fn params(&self) -> &N::Params {
        &self.params
    }

    /// What is only kept.
    #[inline]
    pub fn buffers(&self) -> &N::Buffers {
        &self.buffers
    }

    /// What is learned, to be changed.
    #[inline]
    pub fn params_mut(&mut self) -> &mut N::Params {
        self.change();
        &mut self.params
    }

    /// What is only kept, to be changed.
    #[inline]
    pub fn buffers_mut(&mut self) -> &mut N::Buffers {
        self.change();
        &mut self.buffers
    }

    /// Both at once, to be changed.
    #[cfg(all(feature = "std", feature = "random"))]
    pub(crate) fn numbers_mut(&mut self) -> [*mut f32; 2] {
        self.change();
        [self.params.as_mut_slice().as_mut_ptr(), self.buffers.as_mut_slice().as_mut_ptr()]
    }

    /// Both at once, as a training pass takes them: parameters to be read, buffers to be changed. (Taken one after the other, the second
    /// borrow would end what the first address may be used for.) The pass writes running statistics in [`Mode::Train`] alone.
    #[cfg(all(feature = "std", feature = "train"))]
    pub(super) fn training(&mut self, mode: Mode) -> (*const f32, *mut f32) {
        if mode == Mode::Train {
            self.change();
        }
        (self.params.as_slice().as_ptr(), self.buffers.as_mut_slice().as_mut_ptr())
    }

    #[inline]
    fn change(&mut self) {
        #[cfg(feature = "std")]
        self.packed.change();
    }
}

#[cfg(feature = "std")]
impl<N: Network> Parts<N> {
    /// Makes zeroed memory a network whose numbers are zero.
    ///
    /// # Safety
    /// `place` is valid for writes and all zero.
    pub(crate) unsafe fn set_up(place: *mut Self) {
        // SAFETY: a field of a valid place; what was there needs no drop. (Blocks are f32s, for which all bits zero are valid.)
        unsafe { (&raw mut (*place).packed).write(PackedCache::default()) };
    }

    /// The weights of `net`, whose parts these are, as inference reads them: packed by the first call after a change.
    pub(super) fn packed(&self, net: &N) -> &Packed<N> {
        self.packed.get(net)
    }
}
