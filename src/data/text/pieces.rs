//! A text in pieces, each with what comes next.

use super::Text;
use crate::data::Dataset;
use crate::{Error, Index, Indices, Result};

/// Pieces of a text, each with what follows: [`Text::pieces`].
#[derive(Clone)]
pub struct Pieces<const BOUND: usize, const LEN: usize> {
    tokens: Vec<Index<BOUND>>,
    stride: usize,
}

impl<const BOUND: usize, const LEN: usize> Pieces<BOUND, LEN> {
    pub(super) fn new(text: &Text) -> Result<Self> {
        let (known, len) = (text.vocabulary().len(), text.tokens().len());
        if known > BOUND {
            return Err(Error::Setting(format!(
                "the text has a vocabulary of {known}, the network takes {BOUND}: `limit({BOUND})` keeps the most frequent"
            )));
        }
        if len <= LEN {
            return Err(Error::Setting(format!("the text is {len} long; a piece of {LEN} and what follows needs {}", LEN + 1)));
        }
        let tokens = text.tokens().iter().map(|token| Index::new(*token as usize).unwrap_or_default()).collect();
        Ok(Self { tokens, stride: LEN.max(1) })
    }

    /// Begins a piece every so many characters or words: `LEN` if nothing is said, so that no two share one.
    ///
    /// # Panics
    /// If it is 0.
    #[must_use]
    #[track_caller]
    pub fn stride(mut self, stride: usize) -> Self {
        assert!(stride > 0, "stride = 0 must be at least 1");
        self.stride = stride;
        self
    }
}

impl<const BOUND: usize, const LEN: usize> Dataset<Indices<BOUND, LEN>> for Pieces<BOUND, LEN> {
    type Target = Indices<BOUND, LEN>;
    fn len(&self) -> usize {
        (self.tokens.len() - LEN - 1) / self.stride + 1
    }
    fn fill(&self, i: usize, _: u64, input: &mut Indices<BOUND, LEN>, target: &mut Indices<BOUND, LEN>) -> Result<()> {
        let piece = &self.tokens[i * self.stride..i * self.stride + LEN + 1];
        *input = Indices::from_fn(|t| piece[t]);
        *target = Indices::from_fn(|t| piece[t + 1]);
        Ok(())
    }
}

impl<const BOUND: usize, const LEN: usize> core::fmt::Debug for Pieces<BOUND, LEN> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} pieces of {LEN}", Dataset::len(self))
    }
}
