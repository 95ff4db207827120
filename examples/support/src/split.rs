//! Scenes to learn from and scenes to test with, which have nothing in common.

use crate::Args;
use fireclay::prelude::*;
use fireclay::vision::{Scene, SceneSamples, Scenes};
use fireclay::{Result, Values};

impl Args {
    /// Scenes of the digits to learn from, and scenes of those to test with. Textures, layouts and colors follow from the seed of a scene: seeds are odd in the first
    /// half and even in the second one, so that no scene to test with looks like one that was learned from.
    pub fn scenes<'a>(
        &self,
        (training, test): &'a (Digits, Digits),
        scenes: impl Fn(&'a Digits) -> Scenes<'a>,
    ) -> (SplitScenes<'a>, SplitScenes<'a>) {
        let half = |digits, parity| SplitScenes { scenes: scenes(digits), first: self.seed, parity };
        (half(training, 1), half(test, 0))
    }
}

/// One half of [`Args::scenes`].
#[derive(Debug, Clone)]
pub struct SplitScenes<'a> {
    scenes: Scenes<'a>,
    first: u64,
    parity: u64,
}

impl<'a> SplitScenes<'a> {
    /// All scenes, leaving so many out.
    pub fn skip(&self, count: u64) -> impl Iterator<Item = Scene> {
        let first = self.first.wrapping_add(count);
        (0..).map(move |i| self.scenes.draw(first.wrapping_add(i).wrapping_mul(2) | self.parity))
    }

    /// The first scenes.
    #[must_use]
    pub fn draw_many(&self, count: usize) -> Vec<Scene> {
        self.skip(0).take(count).collect()
    }

    /// A data set of so many scenes, new ones in each epoch, with what is to be found in each.
    pub fn samples<T: Values, F: Fn(&Scene, &mut T) + Sync>(&self, count: usize, f: F) -> SplitSamples<SceneSamples<'a, T, F>> {
        SplitSamples { samples: self.scenes.samples(count, f), parity: self.parity }
    }
}

/// Scenes of one half as a data set.
#[derive(Debug, Clone)]
pub struct SplitSamples<D> {
    samples: D,
    parity: u64,
}

impl<I: Values, D: Dataset<I>> Dataset<I> for SplitSamples<D> {
    type Target = D::Target;
    fn len(&self) -> usize {
        self.samples.len()
    }
    fn fill(&self, i: usize, seed: u64, input: &mut I, target: &mut D::Target) -> Result<()> {
        self.samples.fill(i, seed & !1 | self.parity, input, target)
    }
}
