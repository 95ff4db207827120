//! Whether a data set is sorted by class.

use super::Dataset;
use crate::{Result, Values};

/// Targets looked at, evenly spaced: so many are not sorted by chance.
const LOOKS: usize = 256;
/// Of fewer samples nothing is said.
const FEW: usize = 16;

/// Whether the targets are classes, of which there are several, that never decrease from the first sample to the last: trained on in that order, a
/// network learns one class after the other and forgets each again. No more than a few hundred targets are looked at.
///
/// # Errors
/// If a target cannot be read.
pub(crate) fn sorted_by_class<I: Values, D: Dataset<I>>(data: &D) -> Result<bool> {
    if data.len() < FEW {
        return Ok(false);
    }
    let mut target = D::Target::boxed();
    let (mut first, mut last) = (None, None);
    let looks = LOOKS.min(data.len());
    for look in 0..looks {
        data.fill_target(look * (data.len() - 1) / (looks - 1), &mut target)?;
        let Some(class) = target.class() else { return Ok(false) };
        if last.is_some_and(|last| class < last) {
            return Ok(false);
        }
        first.get_or_insert(class);
        last = Some(class);
    }
    Ok(first < last)
}

#[cfg(test)]
mod tests {
    use super::sorted_by_class;
    use crate::data::Samples;
    use crate::prelude::*;

    fn of(samples: usize, class: impl Fn(usize) -> usize) -> bool {
        let sample = |i: usize| (Tensor::<shape![1]>::zeros(), Index::<10>::new(class(i)).unwrap());
        let data: Samples<_, _> = (0..samples).map(sample).collect();
        sorted_by_class(&data).unwrap()
    }

    #[test]
    fn classes_in_a_row() {
        assert!(of(1000, |i| i / 100));
        assert!(of(20, |i| usize::from(i >= 10)));
        // Of one class, in turn, unsorted at the end alone, or too few to tell.
        assert!(!of(1000, |_| 3));
        assert!(!of(1000, |i| i % 10));
        assert!(!of(1000, |i| if i == 999 { 0 } else { i / 100 }));
        assert!(!of(8, |i| i));
    }

    #[test]
    fn numbers_are_no_classes() {
        let data: Samples<_, _> = (0..100).map(|i| (Tensor::<shape![1]>::zeros(), Tensor::from([i as f32]))).collect();
        assert!(!sorted_by_class(&data).unwrap());
    }

    #[test]
    fn whoever_knows_the_targets_need_not_read_the_inputs() {
        struct Targets;
        impl Dataset<Tensor<shape![1]>> for Targets {
            type Target = Index<2>;
            fn len(&self) -> usize {
                1_000_000
            }
            fn fill(&self, _: usize, _: u64, _: &mut Tensor<shape![1]>, _: &mut Index<2>) -> crate::Result<()> {
                panic!("an input is read")
            }
            fn fill_target(&self, i: usize, target: &mut Index<2>) -> crate::Result<()> {
                *target = Index::new(usize::from(i > 700_000)).unwrap();
                Ok(())
            }
        }
        assert!(sorted_by_class(&Targets).unwrap());
    }
}
