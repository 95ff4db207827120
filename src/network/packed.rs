//! Packed networks: weights made ready for inference once, while running (`pack`) or while compiling (`weights!`).

#[cfg(feature = "std")]
use super::Block;
use super::infer::InferMemory;
use super::{Network, State, Stepping, Store};
use core::marker::PhantomData;

/// Weights in the form that vectors want, once they were asked for, and how they are made of plain packed ones.
#[cfg(feature = "std")]
type Panels = std::sync::OnceLock<(Box<[crate::batch::Line]>, unsafe fn(*const f32, *mut f32))>;

/// Weights made ready for inference once: batch norm folded into what stands before it, weights laid out for the kernels
/// that read them. A copy: training the network does not touch it.
pub struct Packed<N: Network> {
    /// Plain weights, folded: what batches read, and all that a machine without vectors needs.
    store: N::PackedStore,
    /// Weights once more, as vectors of output channels, for a single sample.
    #[cfg(feature = "std")]
    panels: Panels,
    /// The same for a single step of a sequence.
    #[cfg(feature = "std")]
    step_panels: Panels,
    network: PhantomData<fn() -> N>,
}

impl<N: Network> core::fmt::Debug for Packed<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Packed<{}>", N::INFO.name)
    }
}

impl<N: Network> Packed<N> {
    /// The outputs for one sample, without allocation. (With the feature `std`, the first sample of a network from
    /// [`weights!`](macro@crate::weights) lays its weights out for this machine's vectors.)
    pub fn infer<'m>(&self, input: &N::Input, memory: &'m mut InferMemory<N>) -> &'m N::Output {
        #[cfg(feature = "std")]
        let panels = self.panels();
        #[cfg(not(feature = "std"))]
        let panels = core::ptr::null();
        memory.run(N::INFER.packed_sample, self.store.at_ref(), panels, input)
    }

    /// The outputs for the next step of a sequence, without allocation. (With the feature `std`, the first step lays its weights out for
    /// this machine's vectors.)
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! {
    ///     #[fireclay(step)]
    ///     pub Follow(x: [16, 2]) -> [16, 1] { x -> lstm: Lstm(4) -> out: Dense(1) }
    /// }
    /// let net = Follow::init(&mut rng(1));
    /// let (packed, mut state, mut other) = (net.pack(), Follow::state(), Follow::state());
    /// for x in [[0.5, -1.0], [0.25, 2.0]] {
    ///     let y = packed.step(Tensor::from(x), &mut state);
    ///     assert!((y[0] - net.step(Tensor::from(x), &mut other)[0]).abs() < 1e-6);
    /// }
    /// ```
    pub fn step(&self, input: impl core::borrow::Borrow<N::StepInput>, state: &mut State<N>) -> N::StepOutput
    where
        N: Stepping,
    {
        let run = const {
            match N::STEP.packed_sample {
                Some(run) => run,
                None => panic!("this network's steps do not read packed weights: use `step` of the network itself"),
            }
        };
        // SAFETY: it is the plan's function with packed weights.
        unsafe { self.step_by(run, input.borrow(), state) }
    }

    /// # Safety
    /// `run` is the function with packed weights of the plan of steps.
    pub(super) unsafe fn step_by(
        &self,
        run: unsafe fn(&super::Micro<'_>),
        input: &N::StepInput,
        state: &mut State<N>,
    ) -> N::StepOutput
    where
        N: Stepping,
    {
        #[cfg(feature = "std")]
        let panels = self.made(&self.step_panels, N::PANELS.panels, N::PANELS.pack);
        #[cfg(not(feature = "std"))]
        let panels = core::ptr::null();
        // SAFETY: the store and the panels are what the function reads.
        unsafe { super::step::step(run, self.store.at_ref(), panels, input, state) }
    }

    /// What `weights!` read: the plain, folded weights as little-endian bytes.
    #[doc(hidden)]
    #[must_use]
    pub const fn from_image(image: &[u8]) -> Self {
        const { assert!(cfg!(target_endian = "little"), "weights are stored as little-endian numbers") };
        const { assert!(N::PackedStore::IN_PLACE, "the sizes of a network from `weights!` are numbers") };
        assert!(image.len() == N::INFER.packed * size_of::<f32>(), "the weights are of another declaration");
        let mut store = core::mem::MaybeUninit::<N::PackedStore>::zeroed();
        // SAFETY: a store in place is nothing but at least `packed` numbers, for which all bits are valid.
        let store = unsafe {
            core::ptr::copy_nonoverlapping(image.as_ptr(), store.as_mut_ptr().cast::<u8>(), image.len());
            store.assume_init()
        };
        Self {
            store,
            #[cfg(feature = "std")]
            panels: Panels::new(),
            #[cfg(feature = "std")]
            step_panels: Panels::new(),
            network: PhantomData,
        }
    }
}

#[cfg(feature = "std")]
impl<N: Network> Packed<N> {
    /// Packs; panels are made when they are asked for.
    pub(super) fn of(net: &N) -> Box<Self> {
        let mut packed = Box::<Self>::new_zeroed();
        // SAFETY: zeroed as `set_up` asks; the store is as large as the plan asks for, and every field is written.
        let mut packed = unsafe {
            let place = packed.as_mut_ptr();
            N::PackedStore::set_up(&raw mut (*place).store, crate::batch::bytes_of(N::INFER.packed));
            (&raw mut (*place).panels).write(Panels::new());
            (&raw mut (*place).step_panels).write(Panels::new());
            packed.assume_init()
        };
        packed.fill(net);
        packed
    }

    /// Packs anew, where the old weights lie: denormal ones become zero, with which products would be slow on some processors.
    pub(super) fn fill(&mut self, net: &N) {
        let (params, buffers) = (net.params().as_slice().as_ptr(), net.buffers().as_slice().as_ptr());
        // SAFETY: the store is as large as the plan asks for, and so are panels that were made.
        unsafe {
            (N::BATCH.pack)(params, buffers, self.store.at());
            flush(self.store.at(), N::INFER.packed);
            for panels in [&mut self.panels, &mut self.step_panels] {
                if let Some((panels, pack)) = panels.get_mut() {
                    pack(self.store.at_ref(), panels.as_mut_ptr().cast());
                }
            }
        }
    }

    /// The outputs for one sample, in a box, with memory of its own.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }
    /// let net = Line::init(&mut rng(1));
    /// assert_eq!(net.pack().predict(&Tensor::from([2.0])), net.predict(&Tensor::from([2.0])));
    /// ```
    #[must_use]
    pub fn predict(&self, input: &N::Input) -> Box<N::Output> {
        let mut arena = crate::batch::lines(N::BATCH.sample_arena);
        let mut output = <N::Output as crate::Values>::boxed();
        let (plain, panels) = (self.store.at_ref(), self.panels());
        // SAFETY: the store and the panels are what the plan's function with packed weights reads, and it works in such an arena.
        unsafe {
            super::infer::one::<N>(N::INFER.packed_sample, plain, panels, arena.as_mut_ptr().cast(), None, input, &mut output)
        };
        output
    }

    /// The panels, made when first asked for.
    pub(super) fn panels(&self) -> *const f32 {
        self.made(&self.panels, N::BATCH.panels, N::BATCH.pack_panels)
    }

    /// Panels of so many bytes, packed when first asked for by a function of the network's plan.
    fn made(&self, panels: &Panels, bytes: usize, pack: unsafe fn(*const f32, *mut f32)) -> *const f32 {
        let (panels, _) = panels.get_or_init(|| {
            let mut panels = crate::batch::lines(bytes);
            // SAFETY: the store holds packed weights, and there is room for the panels that the plan speaks of.
            unsafe { pack(self.store.at_ref(), panels.as_mut_ptr().cast()) };
            (panels, pack)
        });
        panels.as_ptr().cast()
    }

    /// The outputs of a batch.
    ///
    /// # Panics
    /// If the batch is larger than `infer_memory_for` was told.
    #[track_caller]
    pub fn infer_batch<'m>(
        &self,
        inputs: <N::Input as crate::Values>::Refs<'_>,
        memory: &'m mut InferMemory<N>,
    ) -> <N::Output as crate::Values>::Refs<'m> {
        // Where no samples run one by one there is no use for panels. The last sixteen are the fewest: if any run so, these do.
        let last = <N::Input as crate::Values>::samples(inputs).saturating_sub(1) % crate::LANES + 1;
        let panels = if N::BATCH.one_by_one(last) { self.panels() } else { core::ptr::null() };
        memory.batch.run(self.store.at_ref(), panels, inputs)
    }
}

/// Denormal weights become zero.
///
/// # Safety
/// `weights` is valid for `len` numbers.
#[cfg(feature = "std")]
unsafe fn flush(weights: *mut f32, len: usize) {
    // SAFETY: the caller's promise.
    let weights = unsafe { core::slice::from_raw_parts_mut(weights, len) };
    for weight in weights {
        *weight = if weight.is_subnormal() { 0.0 } else { *weight };
    }
}
