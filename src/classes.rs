//! Shapes with an axis of classes, and where its scores lie.

use crate::{Dim, Shape};

/// A shape with an axis of classes: `[classes]`, `[time, classes]`, `[classes, height, width]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no axis of classes",
    note = "classes are the axis of `[classes]`, the last one of `[time, classes]`, the first one of `[classes, height, width]`"
)]
pub trait Classes: Shape {
    /// How many classes.
    const CLASSES: usize;
    /// Positions outside of the classes.
    const OUTER: usize;
    /// Positions within a class.
    const INNER: usize;
}

impl<K: Dim> Classes for (K,) {
    const CLASSES: usize = K::N;
    const OUTER: usize = 1;
    const INNER: usize = 1;
}

impl<T: Dim, K: Dim> Classes for (T, K) {
    const CLASSES: usize = K::N;
    const OUTER: usize = T::N;
    const INNER: usize = 1;
}

impl<K: Dim, H: Dim, W: Dim> Classes for (K, H, W) {
    const CLASSES: usize = K::N;
    const OUTER: usize = 1;
    const INNER: usize = H::N * W::N;
}

/// How scores lie: `[outer][classes][inner][lanes]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    pub(crate) classes: usize,
    outer: usize,
    inner: usize,
}

impl Walk {
    pub(crate) const fn of<S: Classes>() -> Self {
        Self { classes: S::CLASSES, outer: S::OUTER, inner: S::INNER }
    }

    /// Places where a class is to be told.
    pub(crate) const fn positions(self) -> usize {
        self.outer * self.inner
    }

    /// From one class to the next, in vectors.
    #[cfg(feature = "train")]
    pub(crate) const fn stride(self) -> usize {
        self.inner
    }

    /// The place in a sample of the score of a class at a position.
    pub(crate) const fn number(self, position: usize, class: usize) -> usize {
        (position / self.inner * self.classes + class) * self.inner + position % self.inner
    }
}
