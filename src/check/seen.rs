//! Verdicts, tensor by tensor.

use super::difference::{Nearest, Verdict};
use crate::{Error, Result};

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub numbers: usize,
    pub doubtful: usize,
    /// Of the tensor in hand.
    own: usize,
    doubts: usize,
    first: Option<Error>,
}

impl Seen {
    /// An error if it is wrong beyond doubt.
    pub fn hear(&mut self, verdict: Verdict, error: impl FnOnce(Nearest) -> Error) -> Result<()> {
        self.own += 1;
        match verdict {
            Verdict::Right => {}
            Verdict::Wrong(nearest) => return Err(error(nearest)),
            Verdict::Doubtful(nearest) => {
                self.doubts += 1;
                self.first.get_or_insert_with(|| error(nearest));
            }
        }
        Ok(())
    }

    /// Kinks are near some numbers; a gradient that is wrong is so at most of them.
    pub fn end_of_tensor(&mut self) -> Result<()> {
        self.numbers += self.own;
        self.doubtful += self.doubts;
        let many = self.doubts > (self.own / 4).max(1);
        (self.own, self.doubts) = (0, 0);
        match self.first.take() {
            Some(error) if many => Err(error),
            _ => Ok(()),
        }
    }
}
