//! Names of parameters by pattern.

use crate::network::{Info, TensorInfo};

/// Whether a pattern stands for this parameter: `*` is any text, dots included, all else is itself. It matches the name of the parameter
/// (`layer1.0.conv1.weight`) or a label above it (`layer1`, `layer1.0`), which stands for all beneath it.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    glob(pattern.as_bytes(), path.as_bytes()) || labels(path).any(|label| glob(pattern.as_bytes(), label.as_bytes()))
}

/// The labels above a parameter: `layer1`, `layer1.0`, `layer1.0.conv1`.
fn labels(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('.').map(|(dot, _)| &path[..dot])
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stands, and how far it reaches.
    let mut star = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((at, reach)) = star {
            star = Some((at, reach + 1));
            (p, t) = (at + 1, reach + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

/// Names that a message lists at most.
const LISTED: usize = 12;

/// What is said of a pattern that stands for no parameter that it may stand for.
pub(super) fn nothing(pattern: &str, info: &Info) -> String {
    let mut message = format!("{}: no trained parameter is named `{pattern}`", info.name);
    let others: Vec<&TensorInfo> = info.tensors.iter().filter(|tensor| matches(pattern, tensor.path)).collect();
    if let Some(frozen) = others.iter().find(|tensor| !tensor.buffer) {
        message += &format!("\n  note: `{}` is `#[frozen]` where the network is declared and gets no gradient", frozen.path);
    } else if let Some(buffer) = others.first() {
        message += &format!("\n  note: `{}` is a running statistic, which is not trained", buffer.path);
    }
    let trained: Vec<&str> = info.tensors.iter().filter(|tensor| tensor.grad.is_some()).map(|tensor| tensor.path).collect();
    let near = near(pattern, &trained);
    if !near.is_empty() {
        let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
        message += &format!("\n  help: did you mean {}?", near.join(" or "));
    }
    let listed: Vec<&str> = trained.iter().take(LISTED).copied().collect();
    message += &format!("\n  trained are {}", listed.join(", "));
    if trained.len() > LISTED {
        message += &format!(" and {} more", trained.len() - LISTED);
    }
    message
}

/// Up to three patterns that stand for something and are written much alike.
fn near(pattern: &str, trained: &[&str]) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    for path in trained {
        known.push((*path).to_owned());
        known.extend(labels(path).flat_map(|label| [label.to_owned(), format!("{label}.*")]));
        known.extend(path.rsplit('.').next().map(|last| format!("*.{last}")));
    }
    known.sort_unstable();
    known.dedup();
    let most = (pattern.chars().count() / 3).max(1);
    let mut near: Vec<(usize, String)> =
        known.into_iter().map(|name| (distance(pattern, &name), name)).filter(|(distance, _)| *distance <= most).collect();
    near.sort();
    near.truncate(3);
    near.into_iter().map(|(_, name)| name).collect()
}

/// How many characters are to be put in, left out or changed (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, b) in b.iter().enumerate() {
            let change = before + usize::from(a != *b);
            before = row[j + 1];
            row[j + 1] = change.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let path = "layer1.0.conv1.weight";
        for pattern in
            ["*", "*.weight", "layer1.*", "layer1", "layer1.0", "*.conv1", "layer*.conv*", "layer1.0.conv1.weight", "*1*1*"]
        {
            assert!(matches(pattern, path), "{pattern}");
        }
        for pattern in
            ["", "weight", "*.bias", "layer", "layer1.", "layer2.*", "conv1.*", "*.conv", "layer1.0.conv1.weight.*", "*2*"]
        {
            assert!(!matches(pattern, path), "{pattern}");
        }
    }

    #[test]
    fn near_names() {
        let trained = ["trunk.conv.weight", "trunk.conv.bias", "head.weight", "head.bias"];
        assert_eq!(near("truk.*", &trained)[0], "trunk.*");
        assert_eq!(near("*.bais", &trained)[0], "*.bias");
        assert_eq!(near("heat", &trained), ["head"]);
        assert!(near("something else", &trained).is_empty());
        assert_eq!((distance("kitten", "sitting"), distance("", "ab")), (3, 2));
    }
}
