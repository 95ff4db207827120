//! Which anchor is to find which box.

use super::{Corners, iou};

/// What an anchor is to learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// There is nothing.
    Background,
    /// Neither: it overlaps a box by too little to find it, and by too much to be background.
    Between,
    /// The box with this number.
    Box(usize),
}

/// Gives each anchor the box that it overlaps most, if by at least `high`; below `low` it is background (Ren et al. 2015, arXiv 1506.01497). With
/// `each_box` the anchors that overlap a box most of all get it however little that is, so that no box is left without one, unless
/// none overlaps it: torchvision's `Matcher` with `allow_low_quality_matches`, which would give such a box all anchors that overlap nothing.
///
/// ```
/// use fireclay::vision::{Match, match_anchors};
/// let anchors = [[0.0, 0.0, 8.0, 8.0], [8.0, 0.0, 16.0, 8.0]];
/// assert_eq!(match_anchors(&[[0.0, 0.0, 8.0, 4.0]], &anchors, 0.3, 0.7, true), [Match::Box(0), Match::Background]);
/// ```
#[must_use]
pub fn match_anchors(truths: &[Corners], anchors: &[Corners], low: f32, high: f32, each_box: bool) -> Vec<Match> {
    let overlaps: Vec<Vec<f32>> = truths.iter().map(|truth| anchors.iter().map(|a| iou(truth, a)).collect()).collect();
    let most: Vec<f32> = overlaps.iter().map(|row| row.iter().copied().fold(0.0, f32::max)).collect();
    let of_anchor = |a: usize| {
        // Of equal overlaps the first box's counts.
        let best = (0..truths.len()).reduce(|best, t| if overlaps[t][a] > overlaps[best][a] { t } else { best });
        let Some(best) = best else { return Match::Background };
        let needed = each_box && (0..truths.len()).any(|t| most[t] > 0.0 && overlaps[t][a] == most[t]);
        match overlaps[best][a] {
            overlap if overlap >= high || needed => Match::Box(best),
            overlap if overlap < low => Match::Background,
            _ => Match::Between,
        }
    };
    (0..anchors.len()).map(of_anchor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_that_no_anchor_overlaps_gets_none() {
        let anchors = [[0.0, 0.0, 8.0, 8.0], [8.0, 0.0, 16.0, 8.0]];
        let truths = [[40.0, 0.0, 44.0, 4.0], [0.0, 0.0, 8.0, 4.0]];
        assert_eq!(match_anchors(&truths, &anchors, 0.3, 0.7, true), [Match::Box(1), Match::Background]);
    }
}
