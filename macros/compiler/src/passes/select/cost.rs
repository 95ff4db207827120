//! The cost model: what an algorithm takes, as a share of the multiplications of direct sums over whole vectors. `docs/selection.md` has
//! what comes of it, `docs/performance.md` the measurements behind the numbers.

use super::Algorithm;
use std::cmp::Ordering;
use std::fmt;

/// A share of direct sums. A fraction, so that two are compared exactly.
#[derive(Debug, Clone, Copy)]
pub struct Price {
    cost: u128,
    of: u128,
}

impl Price {
    /// As many multiplications as direct sums with every lane in use.
    pub const DIRECT: Self = Self { cost: 1, of: 1 };

    /// So many hundredths.
    #[must_use]
    pub const fn percent(n: u128) -> Self {
        Self { cost: n, of: 100 }
    }

    /// What vectors of sixteen cost of which only some lanes are in use: they are computed whole.
    #[must_use]
    pub fn of_lanes(used: usize) -> Self {
        let used = used.max(1);
        Self { cost: used.next_multiple_of(16) as u128, of: used as u128 }
    }

    /// Hundredths of so many multiply-accumulates.
    #[must_use]
    pub fn hundredths(self, macs: usize) -> usize {
        let all = (macs as u128).saturating_mul(100).saturating_mul(self.cost) / self.of;
        usize::try_from(all).unwrap_or(usize::MAX)
    }

    /// Of so many multiply-accumulates.
    #[must_use]
    pub fn of_macs(self, macs: u64) -> u64 {
        u64::try_from(u128::from(macs).saturating_mul(self.cost) / self.of).unwrap_or(u64::MAX)
    }

    /// A share of a share.
    #[must_use]
    pub const fn times(self, other: Self) -> Self {
        Self { cost: self.cost * other.cost, of: self.of * other.of }
    }

    /// Winograd's products of a tile of 4×4 results, of so many tiles, against so many direct ones. Its transforms take two fifths as long as its
    /// products.
    #[must_use]
    pub fn winograd(tiles: usize, products: usize, direct: usize) -> Self {
        Self { cost: tiles as u128 * products as u128 * 7, of: (direct as u128 * 5).max(1) }
    }

    /// Taps of a transposed convolution that fill vectors, each added by itself: as long as forty products of every result.
    #[must_use]
    pub fn taps_in_lanes(sources: usize) -> Self {
        let sources = sources.max(1) as u128;
        Self { cost: sources + 40, of: sources }
    }
}

/// What one sample takes for as many multiplications, against sixteen side by side: alone it fills registers worse, which eats up what Winograd's
/// form along the row saves, and part of what the other one does. Measured (`docs/performance.md`, "A batch, or sample by sample").
#[must_use]
pub const fn alone(algorithm: Algorithm) -> Price {
    match algorithm {
        Algorithm::Winograd => Price { cost: 10, of: 7 },
        Algorithm::WinogradRow => Price { cost: 5, of: 3 },
        Algorithm::SmallChannel => Price { cost: 9, of: 5 },
        _ => Price::DIRECT,
    }
}

impl PartialEq for Price {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Price {}

impl PartialOrd for Price {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Price {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cost.saturating_mul(other.of).cmp(&other.cost.saturating_mul(self.of))
    }
}

/// `44 %`
impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", (self.cost * 100).div_ceil(self.of))
    }
}
