//! Every network of the corpus (`macros/compiler/tests/corpus/models.fireclay`) against PyTorch, which computes the same from a module that is written
//! from the same text. `tests/golden/generate/README.md` says how.

pub mod digest;
pub mod entry;
pub mod exact;
pub mod models;
pub mod reference;
pub mod values;

/// Lets everything run on so many threads.
///
/// # Panics
/// If threads are running already.
pub fn threads(threads: usize) {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().expect("no threads so far");
}
