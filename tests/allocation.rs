//! After set-up nothing is allocated: not by a training step, not by an inference.
//!
//! Two exceptions: matrixmultiply's packing buffers (large products), and with several threads rayon's injector, which makes a block
//! for about sixty jobs that come from outside its pool.
//!
//! A program without the harness, which allocates too: when a test ends, and when it says that one is slow.

use fireclay::data::augment::{Crop, Cutout, Noise, Rotate};
use fireclay::loss;
use fireclay::prelude::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator, with a count beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(ptr, layout, size) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

network! {
    pub LeNet(image: [1, 28, 28]) -> [10] {
        image -> conv1: Conv(6, 5, pad = 2) -> Relu -> MaxPool(2) -> conv2: Conv(16, 5) -> Relu -> MaxPool(2)
              -> Flatten -> fc1: Dense(120) -> Relu -> fc2: Dense(84) -> Relu -> fc3: Dense(10)
    }

    pub Normed(image: [3, 8, 8]) -> [10] {
        let a = image -> c1: Conv(8, 3, pad = 1) -> BatchNorm -> Relu -> Dropout(0.2);
        a + (a -> c2: Conv(8, 3, pad = 1) -> bn2: BatchNorm) -> Relu -> GlobalAvgPool -> fc: Dense(10)
    }
}

network! {
    #[fireclay(step)]
    pub Sequence(x: [6, 4]) -> [6, 10] { x -> lstm: Lstm(8, layers = 2, dropout = 0.1) -> gru: Gru(6) -> rnn: Rnn(7) -> fc: Dense(10) }
}

fn allocations(mut work: impl FnMut()) -> usize {
    // The first times wake threads and fill caches.
    for _ in 0..3 {
        work();
    }
    let before = COUNT.load(Ordering::Relaxed);
    for _ in 0..STEPS {
        work();
    }
    COUNT.load(Ordering::Relaxed) - before
}

const STEPS: usize = 120;

fn steps<N: Network<Input = Tensor<S>, TrainOutput = Tensor<shape![10]>>, S: Shape>(threads: usize, fused: bool) -> usize {
    let mut net = N::init(&mut rng(1));
    let mut memory = N::memory(64);
    memory.threads(threads);
    let mut grads = N::grads();
    let mut adam = Adam::new(1e-3).on(&*net);
    let x: Batch<S> = Batch::from_fn(50, |i, j| ((i * 31 + j * 7) % 11) as f32 * 0.1);
    let y = IndexBatch::from_samples((0..50).map(|i| Index::<10>::new(i % 10).expect("below 10")));
    allocations(|| {
        grads.zero();
        if fused {
            net.train(&x, CrossEntropy, &y, &mut memory, &mut grads);
        } else {
            net.forward(Mode::Train, &x, &mut memory).loss(CrossEntropy, &y);
            net.backward(&mut memory, &mut grads);
            net.backward_input(&mut memory);
        }
        adam.step(&mut *net, &grads);
    })
}

fn main() {
    for fused in [true, false] {
        assert_eq!(steps::<LeNet, shape![1, 28, 28]>(1, fused), 0, "a step of LeNet, fused: {fused}");
        assert_eq!(steps::<Normed, shape![3, 8, 8]>(1, fused), 0, "a step of Normed, fused: {fused}");
    }
    assert_eq!(inference(), 0, "an inference");
    assert_eq!(sequences(), 0, "a step of training over time, and a step of time");
    assert_eq!(own_losses_and_groups(), 0, "a step with losses of one's own, and one of an optimizer with groups");
    // More epochs are a longer history, now and then a list of threads that wait for a channel, and nothing for each sample or step: of data in memory, and of data that is written anew each time.
    let (digits, _) = Digits::split().expect("embedded");
    let changed = (&digits).augment((Crop::new(1), Rotate::new(10.0), Noise::new(0.1), Cutout::new(2))).one_hot().mix_up(0.2);
    for ahead in [0, 2] {
        let [lent, written] = [epochs(&digits, ahead), epochs(&changed, ahead)];
        assert!(
            lent < 20 && written < 20,
            "{lent} and {written} allocations by 20 epochs of 1438 samples, {ahead} batches ahead"
        );
    }
    // A fused step is one job from outside; forward, loss, backward and backward_input are four.
    for (fused, jobs) in [(true, 1), (false, 4)] {
        let most = STEPS * jobs / 60 + 1;
        for count in [steps::<LeNet, shape![1, 28, 28]>(2, fused), steps::<Normed, shape![3, 8, 8]>(2, fused)] {
            assert!(count <= most, "{count} allocations by steps on two threads, at most {most}; fused: {fused}");
        }
    }
}

network! {
    pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) }
}

/// Allocations of 21 epochs less those of 1.
fn epochs<D>(data: &D, ahead: usize) -> usize
where
    D: Dataset<Tensor<shape![1, 8, 8]>> + fireclay::trainer::Teaches<Small, CrossEntropy>,
{
    let count = |epochs| {
        let mut net = Small::init(&mut rng(1));
        let before = COUNT.load(Ordering::Relaxed);
        let trainer =
            Trainer::new(CrossEntropy, Sgd::new(0.01)).epochs(epochs).threads(1).prefetch(ahead).progress(ProgressBar::Off);
        trainer.fit(&mut net, data).expect("trained");
        COUNT.load(Ordering::Relaxed) - before
    };
    count(1);
    count(21).saturating_sub(count(1))
}

fn inference() -> usize {
    let net = Normed::init(&mut rng(1));
    let packed = net.pack();
    let mut memory = Normed::infer_memory_for(20);
    memory.threads(1);
    let x: Tensor<shape![3, 8, 8]> = Tensor::from_fn(|i| (i % 7) as f32);
    let batch = Batch::from_fn(20, |_, j| (j % 7) as f32);
    allocations(|| {
        std::hint::black_box(net.infer(&x, &mut memory));
        std::hint::black_box(packed.infer(&x, &mut memory));
        std::hint::black_box(net.infer_batch(&batch, &mut memory));
        std::hint::black_box(packed.infer_batch(&batch, &mut memory));
    })
}

fn sequences() -> usize {
    let mut net = Sequence::init(&mut rng(1));
    let (mut memory, mut grads, mut state) = (Sequence::memory(20), Sequence::grads(), Sequence::state());
    memory.threads(1);
    let mut infer_memory = Sequence::infer_memory();
    let x = Batch::from_fn(20, |i, j| ((i + j) % 7) as f32);
    let (one, packed) = (x.sample(0), net.pack());
    allocations(|| {
        grads.zero();
        net.train(&x, Mse, 0.5, &mut memory, &mut grads);
        std::hint::black_box(net.step(Tensor::from(one[0]), &mut state));
        std::hint::black_box(packed.step(Tensor::from(one[0]), &mut state));
        // Six rows: matrixmultiply comes in from eight on.
        std::hint::black_box(net.infer(&one, &mut infer_memory));
    })
}

fn own_losses_and_groups() -> usize {
    let mut net = Normed::init(&mut rng(1));
    let (mut memory, mut grads) = (Normed::memory(20), Normed::grads());
    memory.threads(1);
    let x = Batch::from_fn(20, |i, j| ((i * 31 + j * 7) % 11) as f32 * 0.1);
    let y = IndexBatch::from_samples((0..20).map(|i| Index::<10>::new(i % 10).expect("below 10")));
    let each = loss::per_sample(|y: &Tensor<shape![10]>, t: &Index<10>, dy| {
        dy[t.get()] = -1.0;
        -y[t.get()]
    });
    let square = loss::elementwise(|y, t| ((y - t).powi(2), 2.0 * (y - t)));
    // Works in room of its own.
    let dice = loss::Dice;
    let mut adam = AdamW::new(1e-3)
        .decay_weights_only()
        .group("c1", |g| g.l1(1e-4).clip_norm(1.0))
        .group("fc.*", |g| g.learning_rate(1e-4).clip_value(0.1))
        .freeze("bn2")
        .clip_norm(1.0)
        .on(&net);
    allocations(|| {
        grads.zero();
        net.train(&x, &each, &y, &mut memory, &mut grads);
        net.train(&x, &square, 0.5, &mut memory, &mut grads);
        net.train(&x, &dice, &y, &mut memory, &mut grads);
        adam.step(&mut net, &grads);
    })
}
