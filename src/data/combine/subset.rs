//! Some samples of a data set, in some order.

#[cfg(feature = "random")]
use crate::Index;
use crate::data::Dataset;
use crate::{Result, Values};

/// Some samples of a data set, in some order: [`Dataset::subset`], [`Dataset::take`], [`Dataset::split`], [`Dataset::shuffle`].
///
/// ```
/// use fireclay::prelude::*;
/// let (train, _) = Digits::split()?;
/// let every_second = (&train).subset((0..train.len()).step_by(2).collect::<Vec<_>>());
/// assert_eq!(every_second.len(), 719);
/// assert_eq!(every_second.lend(3).map(|(image, _)| image), Some(train.input(6)));
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Clone)]
pub struct Subset<D> {
    data: D,
    places: Vec<usize>,
}

impl<D> Subset<D> {
    #[track_caller]
    pub(in crate::data) fn new<I: Values>(data: D, places: Vec<usize>) -> Self
    where
        D: Dataset<I>,
    {
        let len = data.len();
        for place in &places {
            assert!(*place < len, "sample {place} of a data set of {len}");
        }
        Self { data, places }
    }

    /// Where its samples are in the data that it is a part of.
    #[must_use]
    pub fn places(&self) -> &[usize] {
        &self.places
    }
}

impl<I: Values, D: Dataset<I>> Dataset<I> for Subset<D> {
    type Target = D::Target;
    fn len(&self) -> usize {
        self.places.len()
    }
    fn metadata(&self) -> Vec<(String, String)> {
        self.data.metadata()
    }
    fn fill(&self, i: usize, seed: u64, input: &mut I, target: &mut D::Target) -> Result<()> {
        self.data.fill(self.places[i], seed, input, target)
    }
    fn lend(&self, i: usize) -> Option<(&I, &D::Target)> {
        self.data.lend(self.places[i])
    }
    fn fill_target(&self, i: usize, target: &mut D::Target) -> Result<()> {
        self.data.fill_target(self.places[i], target)
    }
}

impl<D> core::fmt::Debug for Subset<D> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} samples of a data set", self.places.len())
    }
}

/// The places of the samples of each class.
#[cfg(feature = "random")]
pub(in crate::data) fn stratified<I, D, const CLASSES: usize>(data: &D) -> Result<Vec<Vec<usize>>>
where
    I: Values,
    D: Dataset<I, Target = Index<CLASSES>>,
{
    let mut groups = vec![Vec::new(); CLASSES];
    let mut class = Index::default();
    for i in 0..data.len() {
        data.fill_target(i, &mut class)?;
        groups[class.get()].push(i);
    }
    Ok(groups)
}
