//! What the programs of the gallery share: arguments, a folder for pictures, figures with what each is to reach.
//!
//! Each program is a function `run(&Args) -> Result<Report>`, called by its `main` and, in its quick form, by its test.

mod detector;
mod judge;
pub mod pixels;
mod real;
mod regions;
mod report;
mod split;
pub mod text;

pub use detector::{drawn, measure, suppressed, timed, truths};
pub use judge::{Image, Judge};
pub use real::FASHION_MNIST;
pub use regions::{anchor_boxes, anchor_targets, corners, filled, region_targets, sampled, selective_search};
pub use report::{Figure, Figures, Report};
pub use split::SplitScenes;

use clap::Parser;
use fireclay::trainer::ProgressBar;
use std::path::PathBuf;

/// A result of a program: any error ends it with its message.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What every program of the gallery takes.
#[derive(Debug, Clone, Parser)]
#[command(about = "A program of the gallery: trains, measures, draws (its file says what)")]
pub struct Args {
    /// Seconds instead of minutes: less data and fewer epochs, as in the tests; bounds of figures do not apply then
    #[arg(long)]
    pub quick: bool,
    /// All that is random follows from it
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// A folder with other data: for programs about digits the four files of MNIST or Fashion-MNIST, for those about text `.txt` files, for `faces` and
    /// `voice_activity` the files of `examples/data/mtcnn` and `examples/data/silero`; programs that make their own data refuse it
    #[arg(long)]
    pub data: Option<PathBuf>,
}

impl Args {
    /// Those of the command line.
    #[must_use]
    pub fn parse() -> Self {
        <Self as Parser>::parse()
    }

    /// The same for a program that makes its own data.
    ///
    /// # Errors
    /// If there is `--data`.
    pub fn without_data(self) -> Result<Self> {
        match &self.data {
            Some(folder) => Err(format!("--data {}: this program makes its own data, leave it out", folder.display()).into()),
            None => Ok(self),
        }
    }

    /// Those of a test.
    #[must_use]
    pub const fn quick() -> Self {
        Self { quick: true, seed: 42, data: None }
    }

    /// The first number, in the quick form the second one: of epochs, scenes and the like.
    #[must_use]
    pub const fn of(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// A bar, except in the quick form.
    #[must_use]
    pub const fn progress(&self) -> ProgressBar {
        if self.quick { ProgressBar::Off } else { ProgressBar::Auto }
    }
}
