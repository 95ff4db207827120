//! What is shown while training goes on.

use super::Epoch;
use super::bar::Bar;
use super::validation::ShownMetric;
use std::io::Write;

/// Whether and how training shows how far it is, on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProgressBar {
    /// A bar (with the feature `progress`) and a line for each epoch on a terminal, only the lines elsewhere.
    #[default]
    Auto,
    /// A line for each epoch.
    Plain,
    /// Nothing but warnings.
    Off,
}

/// The view of the progress on standard error.
pub(super) struct ProgressView {
    lines: bool,
    bar: Option<Bar>,
    epochs: usize,
}

impl ProgressView {
    pub fn new(how: ProgressBar, epochs: usize, samples: usize) -> Self {
        let lines = how != ProgressBar::Off;
        if lines && cfg!(debug_assertions) {
            say(
                "note: kernels are built without optimization, which is many times slower; build with `--release`, or put the two profiles of Fireclay's README into Cargo.toml",
            );
        }
        let bar = if how == ProgressBar::Auto { Bar::new(samples) } else { None };
        let shown = Self { lines, bar, epochs };
        shown.start(1);
        shown
    }

    fn start(&self, epoch: usize) {
        if let Some(bar) = &self.bar {
            bar.start(format!("epoch {epoch:>3}/{}", self.epochs));
        }
    }

    /// The training goes on from a checkpoint, after so many samples of an epoch.
    #[cfg(feature = "safetensors")]
    pub fn resumed(&mut self, epochs: usize, steps: usize, samples: usize, file: &std::path::Path) {
        self.note(&format!("resuming from {}, after {epochs} epochs and {steps} steps", file.display()));
        self.start(epochs + 1);
        if let Some(bar) = &self.bar {
            bar.step(samples, String::new());
        }
    }

    /// What is to be known once.
    pub fn note(&self, text: &str) {
        self.once("note", text);
    }

    /// What most likely goes wrong: said also where nothing is shown.
    pub fn warn(&self, text: &str) {
        match self.lines {
            true => self.once("warning", text),
            false => say(&format!("warning: {text}")),
        }
    }

    fn once(&self, what: &str, text: &str) {
        match &self.bar {
            Some(bar) => bar.print(&format!("{what}: {text}")),
            None if self.lines => say(&format!("{what}: {text}")),
            None => (),
        }
    }

    /// `loss` is that of the epoch so far.
    pub fn step(&mut self, samples: usize, loss: impl FnOnce() -> f32) {
        if let Some(bar) = &self.bar {
            bar.step(samples, format!("loss {}", shown(loss())));
        }
    }

    pub fn epoch(&mut self, epoch: &Epoch, metrics: &[ShownMetric]) {
        if !self.lines {
            return;
        }
        let mut line = format!("epoch {:>3}/{}  loss {}", epoch.number, self.epochs, shown(epoch.loss));
        if let Some(loss) = epoch.validation_loss {
            line.push_str(&format!("  validation loss {}", shown(loss)));
        }
        for (metric, value) in metrics.iter().zip(epoch.metrics()) {
            line.push_str(&format!(", {} {}", metric.name, metric.value(*value)));
        }
        line.push_str(&format!("  {:.0} samples/s", epoch.speed()));
        line.push_str(&waiting(epoch.waited / epoch.seconds));
        match &self.bar {
            Some(bar) => {
                bar.print(&line);
                self.start(epoch.number + 1);
            }
            None => say(&line),
        }
    }

    pub fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.end();
        }
    }
}

/// A loss: four places after the point, or a power of ten where that would be a long number.
fn shown(loss: f32) -> String {
    if loss.abs() < 1e6 || !loss.is_finite() { format!("{loss:.4}") } else { format!("{loss:.3e}") }
}

/// That data is what one waits for, where it takes a tenth of the time or more.
fn waiting(share: f64) -> String {
    if share >= 0.1 { format!("  waiting for data {:.0} % of the time", 100.0 * share) } else { String::new() }
}

/// A line on standard error. Nobody who reads it is no reason to stop a training.
fn say(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

#[cfg(test)]
mod tests {
    use super::{shown, waiting};

    #[test]
    fn waiting_is_told_where_it_counts() {
        assert_eq!([0.0, 0.09, f64::NAN].map(waiting), [""; 3]);
        assert_eq!(waiting(0.456), "  waiting for data 46 % of the time");
    }

    #[test]
    fn losses_stay_short() {
        assert_eq!([0.25, 1.5, 999_999.0, 1.25e29].map(shown), ["0.2500", "1.5000", "999999.0000", "1.250e29"]);
        assert_eq!([f32::NAN, f32::INFINITY].map(shown), ["NaN", "inf"]);
    }
}
