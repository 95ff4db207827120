//! Two parts of a data set.

/// Shuffles each group by itself and deals `fraction` of it to the first part; what a half decides goes to the second. Both parts are in order.
///
/// # Panics
/// If `fraction` is not from 0 to 1.
#[track_caller]
pub(super) fn deal(groups: impl IntoIterator<Item = Vec<usize>>, fraction: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    assert!((0.0..=1.0).contains(&fraction), "fraction = {fraction:?} must be from 0 to 1: the share of the first part");
    let mut rng = crate::rng(seed);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for mut group in groups {
        rng.shuffle(&mut group);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a length")]
        let kept = (group.len() as f64 * fraction - 0.5).ceil().max(0.0) as usize;
        let (dealt, rest) = group.split_at(group.len() - kept);
        second.extend_from_slice(dealt);
        first.extend_from_slice(rest);
    }
    first.sort_unstable();
    second.sort_unstable();
    (first, second)
}

#[cfg(test)]
mod tests {
    use super::deal;

    #[test]
    fn every_place_is_in_one_part() {
        for fraction in [0.0, 0.3, 0.5, 0.8, 1.0] {
            let (first, second) = deal([(0..7).collect(), (7..20).collect()], fraction, 3);
            let mut all = [first.clone(), second].concat();
            all.sort_unstable();
            assert_eq!(all, (0..20).collect::<Vec<_>>());
            assert!((first.len() as f64 - 20.0 * fraction).abs() <= 1.0, "{fraction}: {}", first.len());
        }
        assert_ne!(deal([(0..20).collect()], 0.5, 1), deal([(0..20).collect()], 0.5, 2));
    }
}
