//! Tables of comma-separated values, with named columns.

use super::files::{read, wrong};
use crate::{Const, Error, Index, Result, Tensor};
use csv::{ReaderBuilder, StringRecord};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A table of comma-separated values (CSV) whose first line names its columns. Columns are taken by name, and become the inputs and targets of samples.
///
/// ```
/// use fireclay::{data::{Samples, Table}, prelude::*};
/// let path = std::env::temp_dir().join("fireclay-doc-iris.csv");
/// # std::fs::write(&path, "length,width,species\n5.1,3.5,setosa\n6.2,2.9,versicolor\n").expect("written");
/// let table = Table::open(&path)?; // length,width,species …
/// let inputs = table.numbers(["length", "width"])?;
/// let targets = table.classes("species", ["setosa", "versicolor"])?;
/// let data: Samples<Tensor<shape![2]>, Index<2>> = Samples::new(inputs, targets)?;
/// assert_eq!((data.len(), data.target(1).get()), (2, 1));
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Clone)]
pub struct Table {
    path: PathBuf,
    names: StringRecord,
    rows: Vec<StringRecord>,
    /// The line on which each row begins, counted from 1.
    lines: Vec<usize>,
}

impl Table {
    /// The table of a file, plain or compressed with gzip.
    ///
    /// # Errors
    /// If the file cannot be read, is not UTF-8, or has rows of different lengths, or none: the error says which line.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, b',')
    }

    /// The table of a file whose columns are separated by another character: `b'\t'`, `b';'`.
    ///
    /// # Errors
    /// As [`open`](Table::open).
    pub fn open_with(path: impl AsRef<Path>, separator: u8) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let bytes = read(&path, usize::MAX - 1)?;
        let mut reader = ReaderBuilder::new().delimiter(separator).trim(csv::Trim::All).from_reader(bytes.as_slice());
        let not = |error: csv::Error| wrong(&path, error.to_string());
        let names = reader.headers().map_err(not)?.clone();
        let rows = reader.records().collect::<std::result::Result<Vec<_>, _>>().map_err(not)?;
        if rows.is_empty() {
            return Err(wrong(&path, "has no rows below the names of its columns"));
        }
        let lines = lines(&bytes, &rows);
        Ok(Self { path, names, rows, lines })
    }

    /// The names of the columns, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter()
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// No row: never so.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The numbers of these columns, a tensor for each row.
    ///
    /// # Errors
    /// If there is no such column, or what stands in one is no finite number: the error says where.
    pub fn numbers<const N: usize>(&self, columns: [&str; N]) -> Result<Vec<Tensor<(Const<N>,)>>> {
        let mut places = [0; N];
        for (place, column) in places.iter_mut().zip(columns) {
            *place = self.place(column)?;
        }
        let row = |(i, row): (usize, &StringRecord)| {
            let mut numbers = Tensor::<(Const<N>,)>::zeros();
            for (to, place) in numbers.as_mut_slice().iter_mut().zip(places) {
                let text = row.get(place).unwrap_or_default();
                let number = text.parse().ok().filter(|x: &f32| x.is_finite());
                *to = number.ok_or_else(|| self.refuse(i, place, text, "no finite number"))?;
            }
            Ok(numbers)
        };
        self.rows.iter().enumerate().map(row).collect()
    }

    /// The classes of a column, by their names: the first is class 0. The names are given so that every table has the same order;
    /// [`class_names`](Table::class_names) are those of this one.
    ///
    /// # Errors
    /// If there is no such column, or what stands in it is none of these: the error says where.
    pub fn classes<const CLASSES: usize>(&self, column: &str, names: [&str; CLASSES]) -> Result<Vec<Index<CLASSES>>> {
        let place = self.place(column)?;
        let class = |(i, row): (usize, &StringRecord)| {
            let text = row.get(place).unwrap_or_default();
            let class = names.iter().position(|name| *name == text).and_then(Index::new);
            class.ok_or_else(|| self.refuse(i, place, text, &format!("none of {}", names.join(", "))))
        };
        self.rows.iter().enumerate().map(class).collect()
    }

    /// What stands in a column, each once, sorted.
    ///
    /// # Errors
    /// If there is no such column.
    pub fn class_names(&self, column: &str) -> Result<Vec<&str>> {
        let place = self.place(column)?;
        let names: BTreeSet<&str> = self.rows.iter().filter_map(|row| row.get(place)).collect();
        Ok(names.into_iter().collect())
    }

    /// Where a column stands.
    fn place(&self, column: &str) -> Result<usize> {
        let mut places = (0..self.names.len()).filter(|i| self.names.get(*i) == Some(column));
        let names = || self.names().collect::<Vec<_>>().join(", ");
        let place = places.next().ok_or_else(|| wrong(&self.path, format!("has no column `{column}`; it has {}", names())))?;
        match places.next() {
            Some(_) => Err(wrong(&self.path, format!("has several columns `{column}`: {}", names()))),
            None => Ok(place),
        }
    }

    /// What is wrong in a row and a column.
    fn refuse(&self, row: usize, place: usize, text: &str, what: &str) -> Error {
        let line = self.lines[row];
        let column = self.names.get(place).unwrap_or_default();
        let text = if text.is_empty() { "an empty place".to_owned() } else { format!("`{text}`") };
        wrong(&self.path, format!("line {line}, column `{column}`: {text} is {what}"))
    }
}

/// The line on which each row begins. (The crate's own is one short where lines end in CR LF.)
fn lines(bytes: &[u8], rows: &[StringRecord]) -> Vec<usize> {
    let (mut at, mut line) = (0, 1);
    let begins = rows.iter().map(|row| {
        let start = row.position().map_or(at, |position| usize::try_from(position.byte()).unwrap_or(at)).clamp(at, bytes.len());
        let ends = bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        line += bytes[at..start + ends].iter().filter(|byte| **byte == b'\n').count();
        at = start + ends;
        line
    });
    begins.collect()
}

impl core::fmt::Debug for Table {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} rows of {}", self.rows.len(), self.names().collect::<Vec<_>>().join(", "))
    }
}
