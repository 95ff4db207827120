//! Two data sets, one after the other.

use crate::data::{Dataset, joined};
use crate::{Result, Values};

/// The samples of one data set and then those of another: [`Dataset::concat`].
#[derive(Clone, Debug)]
pub struct Concat<A, B> {
    first: A,
    second: B,
}

impl<A, B> Concat<A, B> {
    pub(in crate::data) fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

impl<I: Values, A: Dataset<I>, B: Dataset<I, Target = A::Target>> Dataset<I> for Concat<A, B> {
    type Target = A::Target;
    fn len(&self) -> usize {
        self.first.len() + self.second.len()
    }
    fn metadata(&self) -> Vec<(String, String)> {
        joined(self.first.metadata(), self.second.metadata())
    }
    fn fill(&self, i: usize, seed: u64, input: &mut I, target: &mut A::Target) -> Result<()> {
        match i.checked_sub(self.first.len()) {
            None => self.first.fill(i, seed, input, target),
            Some(i) => self.second.fill(i, seed, input, target),
        }
    }
    fn lend(&self, i: usize) -> Option<(&I, &A::Target)> {
        match i.checked_sub(self.first.len()) {
            None => self.first.lend(i),
            Some(i) => self.second.lend(i),
        }
    }
    fn fill_target(&self, i: usize, target: &mut A::Target) -> Result<()> {
        match i.checked_sub(self.first.len()) {
            None => self.first.fill_target(i, target),
            Some(i) => self.second.fill_target(i, target),
        }
    }
}
