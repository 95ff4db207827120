//! The moving part of what is shown: a bar on a terminal, with the feature `progress`.

#[cfg(feature = "progress")]
pub(super) use moving::Bar;
#[cfg(not(feature = "progress"))]
pub(super) use none::Bar;

#[cfg(feature = "progress")]
mod moving {
    use indicatif::{ProgressBar, ProgressStyle};
    use std::io::IsTerminal;

    /// How far an epoch is.
    pub struct Bar(ProgressBar);

    impl Bar {
        /// If standard error is a terminal.
        pub fn new(samples: usize) -> Option<Self> {
            std::io::stderr().is_terminal().then(|| {
                let bar = ProgressBar::new(samples as u64);
                let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len}  {msg}  {per_sec}  {eta} left");
                // The template is ours; without it the bar is only plainer.
                if let Ok(style) = style {
                    bar.set_style(style);
                }
                Self(bar)
            })
        }

        /// A line above the bar.
        pub fn print(&self, line: &str) {
            self.0.println(line);
        }

        pub fn step(&self, samples: usize, message: String) {
            self.0.inc(samples as u64);
            self.0.set_message(message);
        }

        /// Begins anew.
        pub fn start(&self, name: String) {
            self.0.reset();
            self.0.set_prefix(name);
        }

        pub fn end(self) {
            self.0.finish_and_clear();
        }
    }
}

#[cfg(not(feature = "progress"))]
mod none {
    /// There is none.
    pub enum Bar {}

    impl Bar {
        pub fn new(_: usize) -> Option<Self> {
            None
        }
        pub fn print(&self, _: &str) {
            match *self {}
        }
        pub fn step(&self, _: usize, _: String) {
            match *self {}
        }
        pub fn start(&self, _: String) {
            match *self {}
        }
        pub fn end(self) {
            match self {}
        }
    }
}
