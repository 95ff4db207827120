//! Gives buffers places in one arena, in bytes: buffers that live at different times share.

use crate::graph::Count;
use fireclay_ir::{ALIGN, Dtype, LANES};
use std::ops::RangeInclusive;

/// Something that needs room for a while.
#[derive(Debug, Clone)]
pub struct Buffer {
    /// Bytes it takes.
    pub size: Count,
    /// What its place is a multiple of.
    pub align: usize,
    /// From its first write to its last read, in steps of the schedule.
    pub life: RangeInclusive<usize>,
}

impl Buffer {
    /// Room for so many numbers, one sample's; in the layout of sixteen samples side by side each place counts sixteen times.
    #[must_use]
    pub fn new(dtype: Dtype, len: &Count, life: RangeInclusive<usize>) -> Self {
        Self { size: len.times(&dtype.size().into()), align: dtype.align(), life }
    }

    /// Room for so many numbers in whole vectors, each at the beginning of one.
    #[must_use]
    pub fn of_vectors(dtype: Dtype, len: &Count, life: RangeInclusive<usize>) -> Self {
        // What is so large that it has no next multiple is refused elsewhere.
        let whole = len.num().map(|n| n.checked_next_multiple_of(LANES).unwrap_or(usize::MAX & !(LANES - 1)).into());
        let size = whole.as_ref().unwrap_or(len).times(&dtype.size().into());
        Self { size, align: ALIGN, life }
    }
}

/// Bytes of sixteen samples side by side, from those of one.
#[must_use]
pub fn side_by_side(bytes: &Count) -> Count {
    bytes.times(&LANES.into())
}

/// Where each buffer stands, and how large the arena is.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// The first byte of each buffer.
    pub offsets: Vec<Count>,
    /// All bytes: a multiple of every alignment.
    pub total: Count,
}

fn overlap(a: &RangeInclusive<usize>, b: &RangeInclusive<usize>) -> bool {
    a.start() <= b.end() && b.start() <= a.end()
}

/// Largest first, each at the lowest place that is free for its whole life. Where a size is a type, one after another.
#[must_use]
pub fn layout(buffers: &[Buffer]) -> Layout {
    let most = buffers.iter().map(|b| b.align).max().unwrap_or(1);
    let sizes: Option<Vec<usize>> = buffers.iter().map(|b| b.size.num()).collect();
    let Some(sizes) = sizes else {
        let mut total = Count::default();
        let mut offsets = Vec::new();
        for buffer in buffers {
            offsets.push(total.clone());
            // A multiple of its own alignment, and so, by this, of the largest.
            total = total.plus(&buffer.size.times(&(most / buffer.align).into()));
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
            at = at.max(aligned(to, buffers[i].align));
        }
        offsets[i] = at;
        total = total.max(at.saturating_add(sizes[i]));
        placed.push(i);
    }
    Layout { offsets: offsets.into_iter().map(Count::from).collect(), total: aligned(total, most).into() }
}

/// The next multiple.
fn aligned(at: usize, align: usize) -> usize {
    at.checked_next_multiple_of(align).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Size;
    use proc_macro2::{Ident, Span};

    fn buffer(size: usize, life: RangeInclusive<usize>) -> Buffer {
        Buffer { size: size.into(), align: 1, life }
    }

    #[test]
    fn buffers_that_live_at_different_times_share() {
        let plan = layout(&[buffer(10, 0..=1), buffer(8, 1..=2), buffer(10, 2..=3)]);
        assert_eq!(plan.total.num(), Some(18));
        assert_eq!(plan.offsets[0], plan.offsets[2]);
    }

    #[test]
    fn bytes_of_types_are_aligned() {
        let features = || Count::from(Size::Type(Ident::new("In", Span::call_site())));
        let buffers = [Dtype::I8, Dtype::F32, Dtype::I8].map(|dtype| Buffer::new(dtype, &features(), 0..=0));
        let plan = layout(&buffers);
        // Whatever `In` is, each begins at a multiple of four.
        let four = |n: usize| features().times(&(4 * n).into());
        assert_eq!((plan.offsets, plan.total), (vec![four(0), four(1), four(2)], four(3)));
    }

    #[test]
    fn a_float_after_bytes_is_aligned() {
        let plan = layout(&[Buffer::new(Dtype::I8, &13.into(), 0..=1), Buffer::new(Dtype::F32, &2.into(), 0..=1)]);
        let offsets: Vec<_> = plan.offsets.iter().map(Count::num).collect();
        assert_eq!((offsets, plan.total.num()), (vec![Some(0), Some(16)], Some(24)));
        let vectors = Buffer::of_vectors(Dtype::I8, &13.into(), 0..=1);
        assert_eq!((vectors.size.num(), vectors.align), (Some(16), 64));
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
                    Buffer { align: [1, 4, 64][next(3)], ..buffer(size, start..=start + len) }
                })
                .collect();
            let plan = layout(&buffers);
            let at = |i: usize| plan.offsets[i].num().unwrap_or(usize::MAX);
            assert_eq!(plan.total.num().unwrap_or(1) % 64, 0);
            for i in 0..buffers.len() {
                assert_eq!(at(i) % buffers[i].align, 0);
                assert!(at(i) + buffers[i].size.num().unwrap_or(usize::MAX) <= plan.total.num().unwrap_or(0));
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
