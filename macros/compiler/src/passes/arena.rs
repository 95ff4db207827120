//! Gives buffers places in one arena: buffers that live at different times share.

use crate::graph::Count;
use std::ops::RangeInclusive;

/// Something that needs room for a while.
#[derive(Debug, Clone)]
pub struct Buffer {
    /// Positions it takes.
    pub size: Count,
    /// From its first write to its last read, in steps of the schedule.
    pub life: RangeInclusive<usize>,
}

/// Where each buffer stands, and how large the arena is.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// The first position of each buffer.
    pub offsets: Vec<Count>,
    /// All positions.
    pub total: Count,
}

fn overlap(a: &RangeInclusive<usize>, b: &RangeInclusive<usize>) -> bool {
    a.start() <= b.end() && b.start() <= a.end()
}

/// Largest first, each at the lowest place that is free for its whole life. Where a size is a type, one after another.
#[must_use]
pub fn layout(buffers: &[Buffer]) -> Layout {
    let sizes: Option<Vec<usize>> = buffers.iter().map(|b| b.size.num()).collect();
    let Some(sizes) = sizes else {
        let mut total = Count::default();
        let mut offsets = Vec::new();
        for buffer in buffers {
            offsets.push(total.clone());
            total = total.plus(&buffer.size);
        }
        return Layout { offsets, total };
    };
    let mut order: Vec<usize> = (0..buffers.len()).collect();
    order.sort_by_key(|i| (std::cmp::Reverse(sizes[*i]), *buffers[*i].life.start()));
    let mut offsets = vec![0_usize; buffers.len()];
    let mut placed: Vec<usize> = Vec::new();
    let mut total = 0_usize;
    for i in order {
        let mut busy: Vec<(usize, usize)> = placed
            .iter()
            .filter(|j| overlap(&buffers[i].life, &buffers[**j].life))
            .map(|j| (offsets[*j], offsets[*j].saturating_add(sizes[*j])))
            .collect();
        busy.sort_unstable();
        let mut at = 0_usize;
        for (from, to) in busy {
            if at.saturating_add(sizes[i]) <= from {
                break;
            }
            at = at.max(to);
        }
        offsets[i] = at;
        total = total.max(at.saturating_add(sizes[i]));
        placed.push(i);
    }
    Layout { offsets: offsets.into_iter().map(Count::from).collect(), total: total.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(size: usize, life: RangeInclusive<usize>) -> Buffer {
        Buffer { size: size.into(), life }
    }

    #[test]
    fn buffers_that_live_at_different_times_share() {
        let plan = layout(&[buffer(10, 0..=1), buffer(8, 1..=2), buffer(10, 2..=3)]);
        assert_eq!(plan.total.num(), Some(18));
        assert_eq!(plan.offsets[0], plan.offsets[2]);
    }

    #[test]
    fn no_two_living_buffers_overlap() {
        let mut state = 7_u64;
        let mut next = |n: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % n
        };
        for _ in 0..50 {
            let buffers: Vec<Buffer> = (0..40)
                .map(|_| {
                    let (size, start, len) = (1 + next(100), next(50), next(10));
                    buffer(size, start..=start + len)
                })
                .collect();
            let plan = layout(&buffers);
            let at = |i: usize| plan.offsets[i].num().unwrap_or(usize::MAX);
            for i in 0..buffers.len() {
                for j in 0..i {
                    if overlap(&buffers[i].life, &buffers[j].life) {
                        let size = |k: usize| buffers[k].size.num().unwrap_or(0);
                        assert!(at(i) + size(i) <= at(j) || at(j) + size(j) <= at(i));
                    }
                }
            }
        }
    }
}
