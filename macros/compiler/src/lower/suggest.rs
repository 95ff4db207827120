//! "Did you mean": the known name nearest to one that is unknown.

/// The nearest of the names, when it is near enough to be meant.
#[must_use]
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let wanted = name.to_lowercase();
    let mut best: Option<((usize, usize), &str)> = None;
    for candidate in known {
        let lower = candidate.to_lowercase();
        let letters = distance(&wanted, &lower);
        let mut far = letters;
        // `padding` for `pad` and `in` for `inputs` are near although many letters differ.
        let short = wanted.len().min(lower.len());
        if short >= 3 && (wanted.starts_with(&lower) || lower.starts_with(&wanted)) {
            far = far.min(1);
        }
        let allowed = (wanted.chars().count().max(lower.chars().count()) / 3).clamp(1, 3);
        // One letter for another (`x` for `y`) is no likeness.
        let alike = far <= allowed && far < wanted.chars().count().min(lower.chars().count());
        // `ConvTranspose2d` begins with two names; the longer one is meant.
        if candidate != name && alike && best.is_none_or(|(b, _)| (far, letters) < b) {
            best = Some(((far, letters), candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Edit distance where two neighbors in the wrong order count once.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let swap = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + swap);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let layers = ["Conv", "ConvTranspose", "Dense", "MaxPool", "BatchNorm"];
        assert_eq!(nearest("Cnov", layers), Some("Conv"));
        assert_eq!(nearest("conv", layers), Some("Conv"));
        assert_eq!(nearest("Maxpol", layers), Some("MaxPool"));
        assert_eq!(nearest("ConvTranspose2d", layers), Some("ConvTranspose"));
        assert_eq!(nearest("Conv2d", layers), Some("Conv"));
        assert_eq!(nearest("Linear", layers), None);
        assert_eq!(nearest("padding", ["channels", "pad"]), Some("pad"));
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("", ["y"]), None);
    }
}
