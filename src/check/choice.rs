//! Which numbers of a tensor are looked at.

/// The places of at most `most` numbers: that of the largest gradient, and others far apart.
pub(super) fn chosen(gradient: &[f32], most: usize, seed: u64) -> Vec<usize> {
    let len = gradient.len();
    if len <= most {
        return (0..len).collect();
    }
    let larger = |best: usize, (at, g): (usize, &f32)| if g.abs() > gradient[best].abs() { at } else { best };
    let mut chosen = vec![gradient.iter().enumerate().fold(0, larger)];
    for i in 1..most {
        // One in each stretch, at a place that has nothing to do with rows and columns.
        let (from, to) = (i * len / most, ((i + 1) * len / most).max(i * len / most + 1));
        let mixed = (seed ^ i as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        chosen.push(from + usize::try_from(mixed).unwrap_or(0) % (to - from));
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// The root of the mean square.
#[expect(clippy::cast_precision_loss, reason = "a count")]
pub(super) fn root_mean_square(numbers: &[f32]) -> f64 {
    let sum: f64 = numbers.iter().map(|x| f64::from(*x).powi(2)).sum();
    (sum / numbers.len().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn the_largest_is_among_them() {
        let gradient: Vec<f32> = (0..100).map(|i| if i == 37 { -9.0 } else { i as f32 / 100.0 }).collect();
        let places = chosen(&gradient, 8, 3);
        assert!(places.contains(&37) && places.len() >= 7 && places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
        assert_eq!(chosen(&gradient, 100, 3), (0..100).collect::<Vec<_>>());
    }
}
