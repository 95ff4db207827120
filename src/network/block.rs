//! Blocks: structs that are nothing but `f32`, seen as fields or flat.

/// Parameters, buffers or gradients of a network: typed fields over one flat row of numbers.
///
/// # Safety
/// The type is `#[repr(C)]`, all `f32` without padding, and valid with all bits zero. Only `network!` implements it.
pub unsafe trait Block: Sized + Send + Sync + 'static {
    /// How many numbers.
    const LEN: usize = size_of::<Self>() / size_of::<f32>();

    /// The numbers, as they lie in memory.
    fn as_slice(&self) -> &[f32] {
        // SAFETY: the type is LEN f32 without padding (the trait's contract).
        unsafe { core::slice::from_raw_parts((&raw const *self).cast(), Self::LEN) }
    }

    /// The numbers, to be changed.
    fn as_mut_slice(&mut self) -> &mut [f32] {
        // SAFETY: as in `as_slice`; the borrow is exclusive.
        unsafe { core::slice::from_raw_parts_mut((&raw mut *self).cast(), Self::LEN) }
    }

    /// Takes the numbers of another block, in place: what `both.encoder = *encoder.params()` does, but without a copy on the stack, which a
    /// block of megabytes overflows in a debug build.
    fn copy_from(&mut self, other: &Self) {
        self.as_mut_slice().copy_from_slice(other.as_slice());
    }
}

/// Working memory of known size, in place (no heap), aligned for whatever lies in it.
#[doc(hidden)]
#[derive(Debug)]
#[repr(C, align(64))]
pub struct InlineStore<const BYTES: usize>([u8; BYTES]);

const _: () = assert!(align_of::<InlineStore<1>>() == fireclay_runtime::ALIGN);

/// Where inference keeps its numbers.
///
/// # Safety
/// `at` and `at_ref` give as many bytes as `set_up` was asked for, aligned to [`ALIGN`](fireclay_runtime::ALIGN).
#[doc(hidden)]
pub unsafe trait Store: Send + Sync + 'static {
    /// It is nothing but its bytes.
    const IN_PLACE: bool;
    /// The first of them.
    fn at(&mut self) -> *mut f32;
    /// The first of them, to be read.
    fn at_ref(&self) -> *const f32;
    /// Makes a zeroed place usable.
    ///
    /// # Safety
    /// `place` is valid for writes and all zero; `bytes` is what the network asks for.
    unsafe fn set_up(place: *mut Self, bytes: usize);
}

// SAFETY: the bytes are its own array, whose length the macro made to fit, and so is its alignment.
unsafe impl<const BYTES: usize> Store for InlineStore<BYTES> {
    const IN_PLACE: bool = true;
    fn at(&mut self) -> *mut f32 {
        self.0.as_mut_ptr().cast()
    }
    fn at_ref(&self) -> *const f32 {
        self.0.as_ptr().cast()
    }
    unsafe fn set_up(_: *mut Self, bytes: usize) {
        debug_assert!(bytes <= BYTES);
    }
}

/// Working memory of a generic network, whose size no array type can name.
#[cfg(feature = "std")]
#[doc(hidden)]
#[derive(Debug)]
pub struct HeapStore(Box<[crate::batch::Line]>);

#[cfg(feature = "std")]
// SAFETY: `set_up` allocates what it is asked for.
unsafe impl Store for HeapStore {
    const IN_PLACE: bool = false;
    fn at(&mut self) -> *mut f32 {
        self.0.as_mut_ptr().cast()
    }
    fn at_ref(&self) -> *const f32 {
        self.0.as_ptr().cast()
    }
    unsafe fn set_up(place: *mut Self, bytes: usize) {
        // SAFETY: valid for writes (the caller's promise); what was there needs no drop.
        unsafe { place.write(Self(crate::batch::lines(bytes))) };
    }
}
