//! Where the time of a network goes, node by node, on one thread: what `fireclay-bench --breakdown` shows.
//!
//! With the feature `profile` generated code says where each node begins. Nothing is measured until [`start`].
//!
//! ```
//! use fireclay::{prelude::*, profile};
//! network! { pub Xor(x: [2]) -> [1] { x -> hidden: Dense(8) -> Tanh -> out: Dense(1) } }
//! let net = Xor::init(&mut rng(1));
//! profile::start();
//! net.predict(&Tensor::zeros());
//! for (layer, [forward, _]) in Xor::INFO.layers.iter().zip(profile::stop()) {
//!     println!("{} took {forward:?}", layer.name);
//!     assert!(forward.as_nanos() > 0);
//! }
//! ```

pub use crate::network::Piece;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Whether any thread measures: all that a mark costs while none does.
static ON: AtomicBool = AtomicBool::new(false);

thread_local! {
    static PIECES: RefCell<Option<Vec<(Piece, Duration)>>> = const { RefCell::new(None) };
    static SPENT: RefCell<Spent> = const { RefCell::new(Spent { nodes: Vec::new(), open: None }) };
}

/// Forward and backward time of each node, by its place in [`Info::layers`](crate::Info).
pub type Nodes = Vec<[Duration; 2]>;

#[derive(Default)]
struct Spent {
    nodes: Nodes,
    /// Node, direction and beginning of what runs.
    open: Option<(usize, usize, Instant)>,
}

/// Begins to measure what this thread runs.
pub fn start() {
    SPENT.take();
    ON.store(true, Ordering::Relaxed);
}

/// Ends it, and tells what each node took since [`start`]; the list ends with the last node that ran.
pub fn stop() -> Nodes {
    ON.store(false, Ordering::Relaxed);
    SPENT.take().nodes
}

/// The pieces that a step of training is cut into, in order, each with its time: of what this thread runs in `step`, which should take one thread.
///
/// ```
/// use fireclay::{prelude::*, profile};
/// network! { pub Xor(x: [2]) -> [1] { x -> hidden: Dense(8) -> Tanh -> out: Dense(1) } }
/// let mut net = Xor::init(&mut rng(1));
/// let (mut memory, mut grads) = (Xor::memory(64), Xor::grads());
/// memory.threads(1);
/// let (x, y) = (Batch::zeros(64), Batch::zeros(64));
/// let pieces = profile::pieces(|| {
///     net.train(&x, Mse, &y, &mut memory, &mut grads);
/// });
/// // Four micro-batches, each with gradients of its own.
/// assert!(pieces.iter().filter(|(piece, _)| matches!(piece, profile::Piece::Slot { slots: 4, .. })).count() == 4);
/// ```
pub fn pieces(step: impl FnOnce()) -> Vec<(Piece, Duration)> {
    PIECES.set(Some(Vec::new()));
    step();
    PIECES.take().unwrap_or_default()
}

pub(crate) fn timed<T>(piece: Piece, work: impl FnOnce() -> T) -> T {
    if PIECES.with_borrow(Option::is_none) {
        return work();
    }
    let begin = Instant::now();
    let done = work();
    let time = begin.elapsed();
    PIECES.with_borrow_mut(|pieces| pieces.get_or_insert_default().push((piece, time)));
    done
}

#[doc(hidden)]
#[inline]
pub fn forward(node: usize) {
    mark(Some((node, 0)));
}

#[doc(hidden)]
#[inline]
pub fn backward(node: usize) {
    mark(Some((node, 1)));
}

#[doc(hidden)]
#[inline]
pub fn end() {
    mark(None);
}

#[inline]
fn mark(next: Option<(usize, usize)>) {
    if ON.load(Ordering::Relaxed) {
        turn(next);
    }
}

#[cold]
fn turn(next: Option<(usize, usize)>) {
    let now = Instant::now();
    SPENT.with_borrow_mut(|spent| spent.turn(now, next));
}

impl Spent {
    fn turn(&mut self, now: Instant, next: Option<(usize, usize)>) {
        if let Some((node, direction, since)) = self.open {
            if self.nodes.len() <= node {
                self.nodes.resize(node + 1, [Duration::ZERO; 2]);
            }
            self.nodes[node][direction] += now - since;
        }
        // The clock is read once more, so that what stands above is on nobody's account.
        self.open = next.map(|(node, direction)| (node, direction, Instant::now()));
    }
}
