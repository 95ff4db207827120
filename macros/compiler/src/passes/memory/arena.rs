//! Places in one arena, in bytes: buffers that are alive at different times share.

use super::room::Room;
use crate::graph::Count;
use std::ops::RangeInclusive;

/// Something that needs room for a while.
#[derive(Debug, Clone)]
pub struct Buffer {
    /// What it takes.
    pub room: Room,
    /// From its first write to its last read, in steps of the schedule.
    pub life: RangeInclusive<usize>,
}

/// Where each buffer stands, and how large all is.
#[derive(Debug, Clone, Default)]
pub struct Arena {
    /// The first byte of each buffer.
    pub offsets: Vec<Count>,
    /// All bytes: a multiple of every alignment.
    pub bytes: Count,
    /// The most bytes that are in use at one time, where sizes are numbers: no arena is smaller.
    pub least: usize,
}

fn overlap(a: &RangeInclusive<usize>, b: &RangeInclusive<usize>) -> bool {
    a.start() <= b.end() && b.start() <= a.end()
}

impl Arena {
    /// Largest first, each at the lowest place that is free for its whole life. Where a size is a type, one after another.
    #[must_use]
    pub fn new(buffers: &[Buffer]) -> Self {
        let most = buffers.iter().map(|b| b.room.align).max().unwrap_or(1);
        let sizes: Option<Vec<usize>> = buffers.iter().map(|b| b.room.bytes.num()).collect();
        sizes.map_or_else(|| one_after_another(buffers, most), |sizes| best_fit(buffers, &sizes, most))
    }
}

fn one_after_another(buffers: &[Buffer], most: usize) -> Arena {
    let mut bytes = Count::default();
    let mut offsets = Vec::new();
    for Buffer { room, .. } in buffers {
        offsets.push(bytes.clone());
        // A multiple of its own alignment, and so, by this, of the largest.
        bytes = bytes.plus(&room.bytes.times(&(most / room.align).into()));
    }
    Arena { offsets, bytes, least: 0 }
}

fn best_fit(buffers: &[Buffer], sizes: &[usize], most: usize) -> Arena {
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
            at = at.max(aligned(to, buffers[i].room.align));
        }
        offsets[i] = at;
        total = total.max(at.saturating_add(sizes[i]));
        placed.push(i);
    }
    let offsets = offsets.into_iter().map(Count::from).collect();
    Arena { offsets, bytes: aligned(total, most).into(), least: most_at_once(buffers, sizes) }
}

/// The most bytes in use at one step.
fn most_at_once(buffers: &[Buffer], sizes: &[usize]) -> usize {
    let end = buffers.iter().map(|buffer| *buffer.life.end()).max().map_or(0, |end| end + 1);
    let mut change = vec![(0_usize, 0_usize); end + 1];
    for (Buffer { life, .. }, size) in buffers.iter().zip(sizes) {
        let begins = &mut change[*life.start()].0;
        *begins = begins.saturating_add(*size);
        let after = &mut change[life.end() + 1].1;
        *after = after.saturating_add(*size);
    }
    let (mut now, mut most) = (0_usize, 0);
    for (begins, ends) in change {
        now = now.saturating_sub(ends).saturating_add(begins);
        most = most.max(now);
    }
    most
}

/// The next multiple.
fn aligned(at: usize, align: usize) -> usize {
    at.checked_next_multiple_of(align).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Layout, Size, ValueType};
    use fireclay_ir::Dtype;
    use proc_macro2::{Ident, Span};

    fn buffer(size: usize, life: RangeInclusive<usize>) -> Buffer {
        Buffer { room: Room { bytes: size.into(), align: 1 }, life }
    }

    fn value(dtype: Dtype, len: Size, layout: Layout) -> Buffer {
        Buffer { room: Room::of(&ValueType::tensor(dtype, vec![len]), layout), life: 0..=1 }
    }

    #[test]
    fn buffers_that_live_at_different_times_share() {
        let plan = Arena::new(&[buffer(10, 0..=1), buffer(8, 1..=2), buffer(10, 2..=3)]);
        assert_eq!(plan.bytes.num(), Some(18));
        assert_eq!(plan.offsets[0], plan.offsets[2]);
    }

    #[test]
    fn bytes_of_types_are_aligned() {
        let features = || Size::Type(Ident::new("In", Span::call_site()));
        for (layout, align) in [(Layout::Chw, 4), (Layout::Chwn16, 64)] {
            let buffers = [Dtype::I8, Dtype::F32, Dtype::I8].map(|dtype| value(dtype, features(), layout));
            let plan = Arena::new(&buffers);
            // Whatever `In` is, each begins at a multiple of what a float needs.
            let aligned = |n: usize| Count::from(features()).times(&(align * n).into());
            assert_eq!((plan.offsets, plan.bytes), (vec![aligned(0), aligned(1), aligned(2)], aligned(3)));
        }
    }

    #[test]
    fn a_float_after_bytes_is_aligned() {
        let [bytes, floats] = [(Dtype::I8, 13), (Dtype::F32, 2)];
        let offsets = |layout| {
            let plan = Arena::new(&[bytes, floats].map(|(dtype, len)| value(dtype, Size::Num(len), layout)));
            (plan.offsets.iter().map(Count::num).collect::<Vec<_>>(), plan.bytes.num())
        };
        assert_eq!(offsets(Layout::Chw), (vec![Some(0), Some(16)], Some(24)));
        assert_eq!(offsets(Layout::Chwn16), (vec![Some(0), Some(256)], Some(384)));
        let vectors = value(bytes.0, Size::Num(bytes.1), Layout::Chw).room.in_vectors();
        assert_eq!((vectors.bytes.num(), vectors.align), (Some(64), 64));
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
                    let mut buffer = buffer(size, start..=start + len);
                    buffer.room.align = [1, 4, 64][next(3)];
                    buffer
                })
                .collect();
            let plan = Arena::new(&buffers);
            let at = |i: usize| plan.offsets[i].num().unwrap_or(usize::MAX);
            assert_eq!(plan.bytes.num().unwrap_or(1) % 64, 0);
            for i in 0..buffers.len() {
                assert_eq!(at(i) % buffers[i].room.align, 0);
                assert!(at(i) + buffers[i].room.bytes.num().unwrap_or(usize::MAX) <= plan.bytes.num().unwrap_or(0));
                for j in 0..i {
                    if overlap(&buffers[i].life, &buffers[j].life) {
                        let size = |k: usize| buffers[k].room.bytes.num().unwrap_or(0);
                        assert!(at(i) + size(i) <= at(j) || at(j) + size(j) <= at(i));
                    }
                }
            }
        }
    }
}
