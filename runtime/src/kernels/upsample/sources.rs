//! Which positions of x a position of y is made of, along one axis, as PyTorch chooses them.

use fireclay_ir::div;

/// Columns whose sources stand in a table at once: they are found once for all rows of all channels.
pub(super) const BLOCK: usize = 128;

/// The nearest source: `⌊o·n / m⌋`, rounded as PyTorch rounds.
pub(super) struct Nearest {
    scale: f32,
    last: usize,
}

impl Nearest {
    #[inline(always)]
    pub(super) fn new(sources: usize, results: usize) -> Self {
        Self { scale: sources as f32 / results as f32, last: sources - 1 }
    }

    /// The source of a result.
    #[inline(always)]
    pub(super) fn of(&self, result: usize) -> usize {
        ((result as f32 * self.scale) as usize).min(self.last)
    }

    /// The sources of a block of results, from this one on.
    #[inline(always)]
    pub(super) fn block<'t>(&self, from: usize, results: usize, table: &'t mut [u32; BLOCK]) -> &'t [u32] {
        let block = &mut table[..BLOCK.min(results - from)];
        for (i, source) in block.iter_mut().enumerate() {
            *source = self.of(from + i) as u32;
        }
        block
    }
}

/// The two sources between which a result lies, and the share of each. Both are the last one where nothing lies behind it.
#[derive(Clone, Copy)]
pub(super) struct Between {
    pub(super) at: [u32; 2],
    pub(super) shares: [f32; 2],
}

impl Between {
    pub(super) const NOTHING: Self = Self { at: [0; 2], shares: [0.0; 2] };
}

/// Goes from result to result. The place of result o among the sources is `(o + ½)·n / m − ½`, but not below 0; with aligned corners
/// `o·(n − 1) / (m − 1)`. It is kept as a whole number and a rest of `of`, so that nothing is divided on the way and no place is off by rounding.
pub(super) struct Linear {
    last: usize,
    align_corners: bool,
    whole: usize,
    rest: usize,
    /// What is added from one result to the next.
    step: [usize; 2],
    of: usize,
    /// `1 / of`
    scale: f32,
}

impl Linear {
    #[inline(always)]
    pub(super) fn new(sources: usize, results: usize, align_corners: bool) -> Self {
        // Halves of positions, where corners are not aligned: the ½ that is taken off comes later.
        let (start, step, of) =
            if align_corners { (0, sources - 1, (results - 1).max(1)) } else { (sources, 2 * sources, 2 * results) };
        let (whole, steps) = (div(start, of), div(step, of));
        Self {
            last: sources - 1,
            align_corners,
            whole,
            rest: start - whole * of,
            step: [steps, step - steps * of],
            of,
            scale: 1.0 / of as f32,
        }
    }

    /// The sources of the next result.
    #[inline(always)]
    pub(super) fn advance(&mut self) -> Between {
        let (mut at, mut rest) = (self.whole, self.rest);
        self.whole += self.step[0];
        self.rest += self.step[1];
        if self.rest >= self.of {
            (self.whole, self.rest) = (self.whole + 1, self.rest - self.of);
        }
        if !self.align_corners {
            let half = self.of / 2;
            (at, rest) = match (rest >= half, at) {
                (true, _) => (at, rest - half),
                (false, 0) => (0, 0),
                (false, _) => (at - 1, rest + half),
            };
        }
        if at >= self.last {
            return Between { at: [self.last as u32; 2], shares: [1.0, 0.0] };
        }
        let share = rest as f32 * self.scale;
        Between { at: [at as u32, at as u32 + 1], shares: [1.0 - share, share] }
    }

    /// The sources of the next block of results, which begins with this one.
    #[inline(always)]
    pub(super) fn block<'t>(&mut self, from: usize, results: usize, table: &'t mut [Between; BLOCK]) -> &'t [Between] {
        let block = &mut table[..BLOCK.min(results - from)];
        for source in block.iter_mut() {
            *source = self.advance();
        }
        block
    }
}
