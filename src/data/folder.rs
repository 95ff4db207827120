//! Files and their classes: a folder for each class, or a list.

use super::files::{contents, wrong};
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// What files are looked for.
pub(super) struct Kind {
    /// `images`.
    pub what: &'static str,
    /// How their names end.
    pub ends: &'static [&'static str],
    /// How files end that somebody might take for some.
    pub others: &'static [&'static str],
    /// Where data sets of them are from.
    pub from: &'static str,
}

/// Files, each with its class, and the names of the classes, sorted.
pub(super) struct Listed {
    pub files: Vec<(PathBuf, usize)>,
    pub classes: Vec<String>,
}

/// Folders within each other, at most.
const DEPTH: usize = 8;

/// The files of a folder that has a folder for each of so many classes.
pub(super) fn classes(root: &Path, count: usize, kind: &Kind) -> Result<Listed> {
    if !root.is_dir() {
        return Err(wrong(root, format!("is no folder; {}", kind.from)));
    }
    let folders: Vec<PathBuf> = entries(root)?.into_iter().filter(|path| path.is_dir()).collect();
    if folders.len() != count {
        let reason = format!("has {} folders of classes, not {count}; {}", folders.len(), contents(root));
        return Err(wrong(root, reason));
    }
    let mut listed = Listed { files: Vec::new(), classes: Vec::new() };
    for (class, folder) in folders.iter().enumerate() {
        let before = listed.files.len();
        collect(folder, class, kind, DEPTH, &mut listed.files)?;
        if listed.files.len() == before {
            return Err(wrong(folder, format!("has no {} ({}); {}", kind.what, kind.ends.join(", "), contents(folder))));
        }
        listed.classes.push(folder.file_name().unwrap_or_default().to_string_lossy().into_owned());
    }
    Ok(listed)
}

/// What a folder holds, sorted, without hidden files.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let io = |source| Error::Io { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// Adds the files in a folder and in those within.
fn collect(folder: &Path, class: usize, kind: &Kind, depth: usize, files: &mut Vec<(PathBuf, usize)>) -> Result<()> {
    for path in entries(folder)? {
        let end = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if path.is_dir() {
            if depth == 0 {
                return Err(wrong(&path, format!("is more than {DEPTH} folders deep")));
            }
            collect(&path, class, kind, depth - 1, files)?;
        } else if kind.ends.contains(&end.as_str()) {
            files.push((path, class));
        } else if kind.others.contains(&end.as_str()) {
            return Err(wrong(&path, format!("is none of {}: what is read", kind.ends.join(", "))));
        }
    }
    Ok(())
}

/// The files of a list, whose lines are `file class`, the class a number below `count`. Files are looked for in `root`.
pub(super) fn list(list: &Path, root: &Path, count: usize, kind: &Kind) -> Result<Vec<(PathBuf, usize)>> {
    let text = std::fs::read(list).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => wrong(list, format!("is missing; {}", kind.from)),
        _ => Error::Io { path: list.to_owned(), source },
    })?;
    let text = String::from_utf8(text).map_err(|_| wrong(list, "is not UTF-8"))?;
    let mut files = Vec::new();
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let not = |reason: String| wrong(list, format!("line {}: {reason}", i + 1));
        let (file, class) = line
            .trim()
            .rsplit_once(|c: char| c.is_whitespace())
            .ok_or_else(|| not(format!("`{line}` is not a file and the number of its class")))?;
        let class: usize = class.parse().map_err(|_| not(format!("the class `{class}` is no number")))?;
        if class >= count {
            return Err(not(format!("the class {class} is not below {count}")));
        }
        // As Places365 has them, names begin with a slash.
        let path = root.join(file.trim().trim_start_matches('/'));
        if !path.is_file() {
            return Err(not(format!("{} is missing", path.display())));
        }
        files.push((path, class));
    }
    if files.is_empty() { Err(wrong(list, "names no files")) } else { Ok(files) }
}
