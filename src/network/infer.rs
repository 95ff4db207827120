//! Inference: one sample without allocation, or a batch.

use super::plan::Micro;
use super::team::Team;
use super::{Block, Network, Store};
#[cfg(feature = "std")]
use crate::threads::in_pool;
use crate::values::{Pointers, Values};

/// All that an inference of `N` works in.
#[repr(C)]
pub struct InferMemory<N: Network> {
    store: N::InferStore,
    output: N::Output,
    #[cfg(feature = "std")]
    pub(super) batch: BatchMemory<N>,
}

impl<N: Network> core::fmt::Debug for InferMemory<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "InferMemory of {}: {} bytes for one sample", N::INFO.name, N::MEMORY)
    }
}

impl<N: Network> InferMemory<N> {
    /// # Safety
    /// `place` is valid for writes and all zero. (Outputs are tensors and indices, valid with all bits zero.)
    pub(super) unsafe fn set_up(place: *mut Self) {
        let arena = N::INFER.arena.max(N::INFER.packed_arena);
        #[cfg(feature = "std")]
        let arena = arena.max(N::BATCH.sample_arena);
        // SAFETY: fields of a valid place.
        unsafe {
            N::InferStore::set_up(&raw mut (*place).store, arena);
            #[cfg(feature = "std")]
            (&raw mut (*place).batch).write(BatchMemory::default());
        }
    }

    /// One sample, by a function of the plan and the weights it reads.
    pub(super) fn run(
        &mut self,
        run: unsafe fn(&Micro<'_>),
        params: *const f32,
        buffers: *const f32,
        input: &N::Input,
    ) -> &N::Output {
        #[cfg(feature = "std")]
        if let Some(team) = &self.batch.team() {
            let Self { store, output, .. } = self;
            let sample = Sample { weights: (params, buffers), arena: store.at().cast() };
            // SAFETY: as below; the scratch of each share is as large as the plan asks for.
            in_pool(2, || team.with(move || unsafe { sample.run::<N>(run, team, input, output) }));
            return &self.output;
        }
        // Taken apart at once: each address stays good while the others are made.
        let Self { store, output, .. } = self;
        // SAFETY: the caller's weights; the store is as large as the largest of the plan's functions asks for.
        unsafe { one::<N>(run, params, buffers, store.at().cast(), None, input, output) };
        output
    }
}

/// A sample that several threads share.
#[cfg(feature = "std")]
struct Sample {
    weights: (*const f32, *const f32),
    arena: *mut u8,
}

// SAFETY: it goes to another thread, and is used by one at a time; what that shares with others is theirs to see to (`Micro::in_shares`).
#[cfg(feature = "std")]
unsafe impl Send for Sample {}

#[cfg(feature = "std")]
impl Sample {
    /// # Safety
    /// As [`one`]; the team's scratch is as large as the plan asks for.
    unsafe fn run<N: Network>(self, run: unsafe fn(&Micro<'_>), team: &Team, input: &N::Input, output: &mut N::Output) {
        let (params, buffers) = self.weights;
        // SAFETY: the caller's promise.
        unsafe { one::<N>(run, params, buffers, self.arena, Some(team), input, output) };
    }
}

/// One sample.
///
/// # Safety
/// `run` is a function of the plan of `N`, weights are what it reads, the arena is as large as it asks for.
pub(super) unsafe fn one<N: Network>(
    run: unsafe fn(&Micro<'_>),
    params: *const f32,
    buffers: *const f32,
    arena: *mut u8,
    team: Option<&Team>,
    input: &N::Input,
    output: &mut N::Output,
) {
    let (mut inputs, mut outputs) = (Pointers::NONE, Pointers::NONE);
    input.pointers(&mut inputs);
    output.pointers_mut(&mut outputs);
    let micro = Micro { team, ..micro(params, buffers, arena, &inputs, &outputs, [0, 1, 1, 1]) };
    // SAFETY: the caller's promise; inputs and outputs are of the types of `N`.
    unsafe { run(&micro) };
}

/// A micro-batch that only infers.
pub(super) fn micro<'a>(
    params: *const f32,
    buffers: *const f32,
    arena: *mut u8,
    inputs: &'a Pointers,
    outputs: &'a Pointers,
    [index, lanes, count, samples]: [usize; 4],
) -> Micro<'a> {
    Micro {
        params,
        buffers,
        grads: core::ptr::null_mut(),
        parametrized: core::ptr::null(),
        parametrized_grads: core::ptr::null_mut(),
        arena,
        stats: core::ptr::null_mut(),
        shared: core::ptr::null(),
        state: core::ptr::null_mut(),
        inputs,
        outputs,
        output_grads: &Pointers::NONE,
        input_grads: &Pointers::NONE,
        index,
        lanes,
        count,
        samples,
        key: 0,
        train: false,
        weights: false,
        wants_inputs: false,
        team: None,
    }
}

/// One sample: with `std` by packed weights, which the network keeps.
#[doc(hidden)]
pub fn infer<'m, N: Network>(net: &N, input: &N::Input, memory: &'m mut InferMemory<N>) -> &'m N::Output {
    #[cfg(feature = "std")]
    return net.parts().packed(net).infer(input, memory);
    #[cfg(not(feature = "std"))]
    infer_plain(net, input, memory)
}

/// One sample, with weights as they are: what there is without `std`.
#[doc(hidden)]
pub fn infer_plain<'m, N: Network>(net: &N, input: &N::Input, memory: &'m mut InferMemory<N>) -> &'m N::Output {
    memory.run(N::INFER.one, net.params().as_slice().as_ptr(), net.buffers().as_slice().as_ptr(), input)
}

/// One sample, with memory of its own.
#[cfg(feature = "std")]
#[doc(hidden)]
pub fn predict<N: Network>(net: &N, input: &N::Input) -> Box<N::Output> {
    net.parts().packed(net).predict(input)
}

#[cfg(feature = "std")]
pub use batched::{BatchMemory, Infer};

#[cfg(feature = "std")]
mod batched {
    use super::{InferMemory, Micro, Network, Pointers, Values, micro};
    use crate::batch::{Line, bytes_of, lines, room};
    use crate::layout::Layout;
    use crate::network::Packed;
    use crate::network::exec::SlotSchedule;
    use crate::network::team::Team;
    use crate::threads::{self, in_pool};
    use crate::{LANES, setting};
    use fireclay_runtime::aligned;
    use fireclay_runtime::kernels::{chw_to_chwn16_apart, chwn16_to_chw_apart};

    /// How a batch lies that infers.
    const LAYOUT: Layout = Layout::Chwn16;

    /// What [`Infer::infer_batch`] works in; empty until asked for.
    #[doc(hidden)]
    pub struct BatchMemory<N: Network> {
        capacity: usize,
        threads: usize,
        /// Those that share the work of a single sample, and their scratch.
        pub(super) sample_threads: usize,
        share_scratch: Box<[Line]>,
        slots: usize,
        /// For each slot what its micro-batch works in; where samples run one by one, what one does, and the values of a micro-batch sample
        /// by sample.
        arenas: Box<[Line]>,
        output: <N::Output as Values>::Batch,
    }

    impl<N: Network> Default for BatchMemory<N> {
        fn default() -> Self {
            Self::new(0)
        }
    }

    impl<N: Network> BatchMemory<N> {
        fn new(capacity: usize) -> Self {
            let threads = if capacity == 0 { 1 } else { threads::available() };
            let slots = LAYOUT.micros(capacity).min(2 * threads);
            let (arenas, output) = (lines(room(slots, Self::arena())), N::Output::in_layout(capacity, LAYOUT));
            Self { capacity, threads, sample_threads: 1, share_scratch: Box::default(), slots, arenas, output }
        }

        /// The threads that share a single sample, where it was asked for several.
        pub(super) fn team(&mut self) -> Option<Team> {
            let apart = aligned(N::BATCH.share_scratch);
            (self.sample_threads > 1).then(|| Team::new(self.sample_threads, self.share_scratch.as_mut_ptr().cast(), apart))
        }

        /// Bytes of a slot: whole lines.
        #[track_caller]
        fn arena() -> usize {
            if !N::BATCH.one_by_one(1) {
                return aligned(N::BATCH.arena);
            }
            let values = N::Input::TYPES.iter().chain(N::Output::TYPES).map(|ty| room(LANES, bytes_of(apart(ty.numbers()))));
            let one_by_one = values.fold(Self::sample(), usize::saturating_add);
            room(1, aligned(if N::BATCH.one_by_one(LANES) { one_by_one } else { one_by_one.max(N::BATCH.arena) }))
        }

        /// Bytes of a slot before the values of a micro-batch sample by sample.
        fn sample() -> usize {
            aligned(N::BATCH.sample_arena)
        }

        /// The outputs of a batch, with packed weights; panels where samples run one by one.
        #[track_caller]
        pub(crate) fn run(
            &mut self,
            plain: *const f32,
            panels: *const f32,
            inputs: <N::Input as Values>::Refs<'_>,
        ) -> <N::Output as Values>::Refs<'_> {
            /// Addresses that threads share: each slot has its own arena, each micro-batch its own outputs.
            struct Shared(*const f32, *const f32, *mut u8);
            // SAFETY: see the struct.
            unsafe impl Sync for Shared {}

            let samples = N::Input::samples(inputs);
            if samples == 0 {
                // As where a detector finds nothing to look at.
                N::Output::set_samples(&mut self.output, 0);
                return N::Output::refs(&self.output);
            }
            assert!(
                samples <= self.capacity,
                "a batch of {samples} samples; this memory was made for {}: `infer_memory_for({samples})` makes one",
                if self.capacity == 0 { "single samples".to_owned() } else { self.capacity.to_string() }
            );
            if !N::Input::lie(inputs, LAYOUT) {
                let mut copy = N::Input::in_layout(samples, LAYOUT);
                N::Input::copy_padded(&mut copy, inputs, 0);
                return self.run(plain, panels, N::Input::refs(&copy));
            }
            N::Output::set_samples(&mut self.output, samples);
            let (mut from, mut to) = (Pointers::NONE, Pointers::NONE);
            N::Input::batch_pointers(inputs, &mut from);
            N::Output::batch_pointers_mut(&mut self.output, &mut to);
            let arena = Self::arena();
            let shared = Shared(plain, panels, self.arenas.as_mut_ptr().cast());
            let micros = LAYOUT.micros(samples);
            let schedule = SlotSchedule { micros, slots: self.slots.min(micros), threads: self.threads };
            in_pool(self.threads, || {
                let shared = &shared;
                schedule.run(&|_, slot, range| {
                    for index in range {
                        let count = (samples - index * LANES).min(LANES);
                        let place = shared.2.wrapping_add(slot * arena);
                        let micro = micro(shared.0, shared.1, place, &from, &to, [index, LANES, count, samples]);
                        // SAFETY: weights are the network's own, the slot's arena is as large as the plan asks for.
                        unsafe {
                            if N::BATCH.one_by_one(count) {
                                one_by_one(N::INFER.packed_sample, Self::sample(), micro);
                            } else {
                                (N::BATCH.packed_chwn16)(&micro);
                            }
                        };
                    }
                });
            });
            N::Output::refs(&self.output)
        }
    }

    /// From one sample of so many numbers to the next where a micro-batch lies sample by sample: each starts a line, and sixteen do not
    /// share the lines of the first cache.
    const fn apart(numbers: usize) -> usize {
        numbers.next_multiple_of(LANES) + LANES
    }

    /// Runs the samples of a micro-batch one after the other, each as a single sample; `values` bytes into the arena
    /// there is room for all of their values.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn one_by_one(run: unsafe fn(&Micro<'_>), values: usize, micro: Micro<'_>) {
        let (from, to, index, count) = (micro.inputs, micro.outputs, micro.index, micro.count);
        let place = |mut at: *mut f32, batch: &Pointers, sample: usize| {
            let mut pointers = Pointers::NONE;
            for i in 0..batch.len() {
                let stride = apart(batch.floats(i) / LANES);
                pointers.push(at.wrapping_add(sample * stride), 0);
                at = at.wrapping_add(stride * LANES);
            }
            (pointers, at)
        };
        let (inputs, after) = place(micro.arena.wrapping_add(values).cast(), from, 0);
        let (outputs, _) = place(after, to, 0);
        // SAFETY: room for sixteen samples of every value, of which the batch has sixteen side by side.
        unsafe {
            for i in 0..from.len() {
                let len = from.floats(i) / LANES;
                chwn16_to_chw_apart(from.get(i, index), len, count, inputs.get(i, 0), apart(len));
            }
            for sample in 0..count {
                let (inputs, outputs) = (place(inputs.get(0, 0), from, sample).0, place(outputs.get(0, 0), to, sample).0);
                run(&Micro { inputs: &inputs, outputs: &outputs, index: 0, lanes: 1, count: 1, samples: 1, ..micro });
            }
            for i in 0..to.len() {
                let len = to.floats(i) / LANES;
                chw_to_chwn16_apart(outputs.get(i, 0), len, count, to.get(i, index), apart(len));
            }
        }
    }

    impl<N: Network> InferMemory<N> {
        /// At most this many threads; the bits are the same for any number. Without it a batch takes those of rayon's pool, and a single sample runs on one thread:
        /// several share its convolutions and dense layers only where this asks for it. They belong to this inference until it is over, so this is for one inference at a time,
        /// not within a parallel loop over samples.
        ///
        /// ```
        /// use fireclay::prelude::*;
        /// network! {
        ///     pub Net(image: [3, 64, 64]) -> [10] {
        ///         image -> c1: Conv(64, 3, pad = same) -> Relu -> c2: Conv(64, 3, pad = same) -> Relu -> GlobalAvgPool -> fc: Dense(10)
        ///     }
        /// }
        /// let (net, image) = (Net::init(&mut rng(1)), Tensor::from_fn(|i| (i % 17) as f32 / 17.0));
        /// let (mut one, mut two) = (Net::infer_memory(), Net::infer_memory());
        /// two.threads(2);
        /// assert_eq!(net.infer(&image, &mut two), net.infer(&image, &mut one));
        /// ```
        ///
        /// # Panics
        /// If there are none.
        #[track_caller]
        pub fn threads(&mut self, most: usize) -> &mut Self {
            setting::at_least_one("InferMemory: threads", most);
            self.batch.threads = most;
            // More shares than threads are only more work.
            self.batch.sample_threads = most.min(threads::available());
            let scratch = aligned(N::BATCH.share_scratch);
            self.batch.share_scratch = lines(room(self.batch.sample_threads - 1, scratch));
            self
        }
    }

    /// Inference, for every network.
    pub trait Infer: Network {
        /// The outputs for one sample, without allocation. (A network has this and [`predict`](Infer::predict) by itself; these are for code over any
        /// network.)
        ///
        /// ```
        /// use fireclay::prelude::*;
        /// fn twice<N: Network<Input = Tensor<shape![2]>, Output = Tensor<shape![2]>>>(net: &N, x: &N::Input) -> N::Output {
        ///     let mut memory = N::infer_memory();
        ///     let once = net.infer(x, &mut memory).clone();
        ///     net.infer(&once, &mut memory).clone()
        /// }
        /// network! { pub Turn(x: [2]) -> [2] { x -> fc: Dense(2, bias = false) } }
        /// let mut net = Turn::zeros();
        /// net.fc.weight = Tensor::from([[0.0, -1.0], [1.0, 0.0]]);
        /// assert_eq!(twice(&*net, &Tensor::from([1.0, 2.0])).as_slice(), [-1.0, -2.0]);
        /// ```
        fn infer<'m>(&self, input: &Self::Input, memory: &'m mut InferMemory<Self>) -> &'m Self::Output {
            super::infer(self, input, memory)
        }

        /// The outputs for one sample, in a box, with memory of its own.
        #[must_use]
        fn predict(&self, input: &Self::Input) -> Box<Self::Output> {
            super::predict(self, input)
        }

        /// All that [`infer`](Self) of one sample works in.
        #[must_use]
        fn infer_memory() -> Box<InferMemory<Self>> {
            let mut memory = Box::<InferMemory<Self>>::new_zeroed();
            // SAFETY: zeroed as `set_up` asks; every field is then valid.
            unsafe {
                InferMemory::set_up(memory.as_mut_ptr());
                memory.assume_init()
            }
        }

        /// All that [`Infer::infer_batch`] of up to `batch` samples works in (and `infer` of one).
        ///
        /// # Panics
        /// If `batch` is 0.
        #[must_use]
        #[track_caller]
        fn infer_memory_for(batch: usize) -> Box<InferMemory<Self>> {
            setting::at_least_one("InferMemory: batch", batch);
            let mut memory = Self::infer_memory();
            memory.batch = BatchMemory::new(batch);
            memory
        }

        /// The outputs of a batch. The first call after the network has changed packs its weights, which the network keeps: the bits are
        /// those of [`pack`](Infer::pack). A batch in another layout than [`Layout::Chwn16`](crate::Layout::Chwn16) is copied first.
        ///
        /// # Panics
        /// If the batch is larger than `infer_memory_for` was told.
        #[track_caller]
        fn infer_batch<'m>(
            &self,
            inputs: <Self::Input as Values>::Refs<'_>,
            memory: &'m mut InferMemory<Self>,
        ) -> <Self::Output as Values>::Refs<'m> {
            self.parts().packed(self).infer_batch(inputs, memory)
        }

        /// Weights made ready for inference, apart from the network: they stay as they are when it is trained on, and it may be dropped.
        #[must_use]
        fn pack(&self) -> Box<Packed<Self>> {
            let packed = Packed::of(self);
            packed.panels();
            packed
        }
    }

    impl<N: Network> Infer for N {}
}
