//! Integers with a bound: class targets, characters, words.

use core::fmt;

/// A number below `BOUND`: a class, a character.
///
/// ```
/// use fireclay_runtime::Index;
/// assert_eq!(Index::<10>::new(7).map(Index::get), Some(7));
/// assert!(Index::<10>::new(10).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Index<const BOUND: usize>(u32);

impl<const BOUND: usize> Index<BOUND> {
    /// The index, if it is below the bound.
    #[must_use]
    pub fn new(index: impl TryInto<usize>) -> Option<Self> {
        let index = index.try_into().ok()?;
        if index < BOUND { u32::try_from(index).ok().map(Self) } else { None }
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

/// The first one. There is no number below 0, and so no `Index<0>`:
///
/// ```compile_fail
/// let _ = fireclay_runtime::Index::<0>::default();
/// ```
impl<const BOUND: usize> Default for Index<BOUND> {
    fn default() -> Self {
        const { assert!(BOUND > 0, "no number is below 0: there is no `Index<0>`") };
        Self(0)
    }
}

impl<const BOUND: usize> fmt::Debug for Index<BOUND> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<const BOUND: usize> fmt::Display for Index<BOUND> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// `LEN` numbers below `BOUND`: a text of `LEN` characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Indices<const BOUND: usize, const LEN: usize>([Index<BOUND>; LEN]);

impl<const BOUND: usize, const LEN: usize> Indices<BOUND, LEN> {
    /// These indices; `None` if one is not below the bound, or their count is not `LEN`.
    #[must_use]
    pub fn new(indices: &[usize]) -> Option<Self> {
        if indices.len() != LEN {
            return None;
        }
        let mut result = [Index(0); LEN];
        for (to, from) in result.iter_mut().zip(indices) {
            *to = Index::new(*from)?;
        }
        Some(Self(result))
    }

    /// The indices that `f` gives for each place.
    #[must_use]
    pub fn from_fn(f: impl FnMut(usize) -> Index<BOUND>) -> Self {
        Self(core::array::from_fn(f))
    }

    /// The indices.
    #[must_use]
    pub fn as_slice(&self) -> &[Index<BOUND>] {
        &self.0
    }
}
