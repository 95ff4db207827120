//! What a program found: figures, a table, and the pictures that show it.

use crate::{Args, Result};
use fireclay::picture::{Picture, Plot};
use serde::{Deserialize, Serialize};
use std::ops::Index;
use std::path::PathBuf;
use std::time::Instant;

/// A number with its bound, where it has one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figure {
    /// What it is of.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Its lower bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// Its upper bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

impl Figure {
    /// Whether it keeps its bound.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.at_least.is_none_or(|least| self.value >= least) && self.at_most.is_none_or(|most| self.value <= most)
    }

    /// Its bound in words; empty if it has none.
    #[must_use]
    pub fn bound(&self) -> String {
        match (self.at_least, self.at_most) {
            (Some(least), _) => format!("at least {least}"),
            (None, Some(most)) => format!("at most {most}"),
            (None, None) => String::new(),
        }
    }
}

/// All that a program found: what is in its file of figures.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figures {
    /// The program.
    pub program: String,
    /// What all that is random follows from.
    pub seed: u64,
    /// When it ran.
    pub date: String,
    /// Where it ran.
    pub machine: String,
    /// How long it took.
    pub seconds: f64,
    /// The numbers.
    pub figures: Vec<Figure>,
    /// Rows of a table, of which the first has its headings; none, if there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub table: Vec<Vec<String>>,
    /// The names of the pictures, the one that stands for the program first.
    pub pictures: Vec<String>,
}

/// Collects figures and pictures of a program under `target/gallery/NAME/`, those of the quick form in its folder `quick`, and of runs on other data in `data`.
#[derive(Debug)]
pub struct Report {
    folder: PathBuf,
    start: Instant,
    quick: bool,
    figures: Figures,
}

impl Report {
    /// Of the program with this name; the clock runs from here.
    #[must_use]
    pub fn new(program: &str, args: &Args) -> Self {
        let kind = if args.quick {
            "quick"
        } else if args.data.is_some() {
            "data"
        } else {
            ""
        };
        let folder = PathBuf::from("target/gallery").join(program).join(kind);
        let figures = Figures {
            program: program.to_owned(),
            seed: args.seed,
            date: today(),
            machine: machine(),
            seconds: 0.0,
            figures: Vec::new(),
            table: Vec::new(),
            pictures: Vec::new(),
        };
        Self { folder, start: Instant::now(), quick: args.quick, figures }
    }

    /// Where its files are to lie.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    fn push(&mut self, name: &str, value: impl Into<f64>, at_least: Option<f64>, at_most: Option<f64>) {
        let figure = Figure { name: name.to_owned(), value: value.into(), at_least, at_most };
        let bound = if self.quick { String::new() } else { figure.bound() };
        println!("{name}: {:.4}{}", figure.value, if bound.is_empty() { bound } else { format!(" ({bound})") });
        self.figures.figures.push(figure);
    }

    /// A number without a bound.
    pub fn figure(&mut self, name: &str, value: impl Into<f64>) {
        self.push(name, value, None, None);
    }

    /// A number with a lower bound.
    pub fn at_least(&mut self, name: &str, value: impl Into<f64>, least: f64) {
        self.push(name, value, Some(least), None);
    }

    /// A number with an upper bound.
    pub fn at_most(&mut self, name: &str, value: impl Into<f64>, most: f64) {
        self.push(name, value, None, Some(most));
    }

    /// A table: headings, then rows of as many cells.
    pub fn table(&mut self, headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        self.figures.table = [headings.iter().map(|&heading| heading.to_owned()).collect()].into_iter().chain(rows).collect();
        let width = |column: usize| self.figures.table.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max();
        let widths: Vec<usize> = (0..headings.len()).filter_map(width).collect();
        for row in &self.figures.table {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
            println!("{}", cells.join("  "));
        }
    }

    /// Writes a picture.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn picture(&mut self, file: &str, picture: &Picture) -> Result {
        picture.save(self.path(file))?;
        self.figures.pictures.push(file.to_owned());
        Ok(())
    }

    /// Writes plots, one beside the other.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn plots(&mut self, file: &str, plots: &[Plot]) -> Result {
        Plot::save(plots, self.path(file))?;
        self.figures.pictures.push(file.to_owned());
        Ok(())
    }

    /// Writes the figures, and says where everything lies.
    ///
    /// # Errors
    /// If the file cannot be written, or a figure of a full run misses its bound.
    pub fn finish(mut self) -> Result<Self> {
        self.figures.seconds = self.start.elapsed().as_secs_f64();
        let path = self.path("figures.json");
        std::fs::create_dir_all(&self.folder)?;
        std::fs::write(&path, serde_json::to_string_pretty(&self.figures)?)?;
        println!("{:.1} s; {} and pictures beside it", self.figures.seconds, path.display());
        let missed = self.figures.figures.iter().find(|figure| !figure.is_reached());
        match missed.filter(|_| !self.quick) {
            Some(figure) => Err(format!("{}: {}, {} was wanted", figure.name, figure.value, figure.bound()).into()),
            None => Ok(self),
        }
    }
}

/// A figure by its name.
///
/// # Panics
/// If there is none.
impl Index<&str> for Report {
    type Output = f64;
    fn index(&self, name: &str) -> &f64 {
        match self.figures.figures.iter().find(|figure| figure.name == name) {
            Some(figure) => &figure.value,
            None => panic!("no figure is called `{name}`"),
        }
    }
}

/// Cores and processor.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!("{cores} cores, {}", name.map_or(std::env::consts::ARCH, |(_, name)| name))
}

/// The date in UTC as year-month-day (days since 1970 to a date: Hinnant 2013, "chrono-compatible low-level date algorithms").
fn today() -> String {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
    let days = seconds / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    format!("{}-{month:02}-{day:02}", era * 400 + year + u64::from(month <= 2))
}
