//! What a program found: figures, and the pictures that show it.

use crate::{Args, Result};
use fireclay::picture::{Picture, Plot};
use serde::{Deserialize, Serialize};
use std::ops::Index;
use std::path::PathBuf;
use std::time::Instant;

/// A number, and what it is to reach.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figure {
    /// What it is of.
    pub name: String,
    /// The number.
    pub value: f64,
    /// The least that it is to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The most that it is to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

impl Figure {
    /// Whether it is what it is to be.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.at_least.is_none_or(|least| self.value >= least) && self.at_most.is_none_or(|most| self.value <= most)
    }

    /// What it is to be, in words; empty if anything.
    #[must_use]
    pub fn wanted(&self) -> String {
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
    /// How long it took.
    pub seconds: f64,
    /// The numbers.
    pub figures: Vec<Figure>,
    /// Rows of a table, of which the first has its headings; none, if there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub table: Vec<Vec<String>>,
    /// The names of the pictures, the one to show first.
    pub pictures: Vec<String>,
}

/// Collects figures and pictures of a program under `target/gallery/NAME/` (the quick form's under `target/gallery/NAME/quick/`).
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
        let folder = PathBuf::from("target/gallery").join(program).join(if args.quick { "quick" } else { "" });
        let (program, seed) = (program.to_owned(), args.seed);
        let figures = Figures { program, seed, seconds: 0.0, figures: Vec::new(), table: Vec::new(), pictures: Vec::new() };
        Self { folder, start: Instant::now(), quick: args.quick, figures }
    }

    /// Where its files are to lie.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    fn push(&mut self, name: &str, value: impl Into<f64>, at_least: Option<f64>, at_most: Option<f64>) {
        let figure = Figure { name: name.to_owned(), value: value.into(), at_least, at_most };
        let wanted = if self.quick { String::new() } else { figure.wanted() };
        println!("{name}: {:.4}{}", figure.value, if wanted.is_empty() { wanted } else { format!(" ({wanted})") });
        self.figures.figures.push(figure);
    }

    /// A number that is only told.
    pub fn figure(&mut self, name: &str, value: impl Into<f64>) {
        self.push(name, value, None, None);
    }

    /// A number that is to be at least so much.
    pub fn at_least(&mut self, name: &str, value: impl Into<f64>, least: f64) {
        self.push(name, value, Some(least), None);
    }

    /// A number that is to be at most so much.
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
    /// If the file cannot be written, or a figure of a full run is not what it is to be.
    pub fn finish(mut self) -> Result<Self> {
        self.figures.seconds = self.start.elapsed().as_secs_f64();
        let path = self.path("figures.json");
        std::fs::create_dir_all(&self.folder)?;
        std::fs::write(&path, serde_json::to_string_pretty(&self.figures)?)?;
        println!("{:.1} s; {} and pictures beside it", self.figures.seconds, path.display());
        let missed = self.figures.figures.iter().find(|figure| !figure.is_reached());
        match missed.filter(|_| !self.quick) {
            Some(figure) => Err(format!("{} is {}, and was to be {}", figure.name, figure.value, figure.wanted()).into()),
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
