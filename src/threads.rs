//! Work on all cores: by rayon with the feature `parallel`, one after the other without it.

/// How many threads share the work.
pub(crate) fn available() -> usize {
    #[cfg(feature = "parallel")]
    {
        rayon::current_num_threads()
    }
    #[cfg(not(feature = "parallel"))]
    1
}

/// Runs both, on two threads where one is free.
#[cfg(feature = "parallel")]
pub(crate) fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    let (mut a, mut b) = (Some(a), Some(b));
    let (mut of_a, mut of_b) = (None, None);
    both(&mut || of_a = a.take().map(|a| a()), &mut || of_b = b.take().map(|b| b()));
    of_a.zip(of_b).expect("both ran")
}

/// What rayon makes of two functions is compiled once, here, and not in programs, for each network, loss and data set anew.
#[cfg(feature = "parallel")]
fn both(a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
    rayon::join(a, b);
}

/// Runs both.
#[cfg(not(feature = "parallel"))]
pub(crate) fn join<A, B>(a: impl FnOnce() -> A, b: impl FnOnce() -> B) -> (A, B) {
    (a(), b())
}

/// Runs `f` inside the thread pool, so that the joins within allocate nothing and wake nobody from outside.
#[cfg(feature = "parallel")]
pub(crate) fn in_pool<R: Send>(threads: usize, f: impl FnOnce() -> R + Send) -> R {
    if threads > 1 && rayon::current_thread_index().is_none() { join(f, || ()).0 } else { f() }
}

/// Runs `f`.
#[cfg(not(feature = "parallel"))]
pub(crate) fn in_pool<R>(_: usize, f: impl FnOnce() -> R) -> R {
    f()
}
