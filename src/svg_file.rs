//! Pictures as SVG files: what a history, a sweep of learning rates and `picture::Plot` share.

use crate::replace::replace;
use crate::{Error, Result};
#[cfg(feature = "train")]
use plotters::style::RGBColor;
use std::path::Path;

/// Blue and orange that color-blind people tell apart (Okabe and Ito 2008).
#[cfg(feature = "train")]
pub(crate) const BLUE: RGBColor = RGBColor(0, 114, 178);
#[cfg(feature = "train")]
pub(crate) const ORANGE: RGBColor = RGBColor(213, 94, 0);

/// What can fail while drawing.
pub(crate) type Drawn<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Writes what is drawn into a file.
///
/// # Errors
/// If the file's name ends in that of another format (`.png`), it cannot be drawn, or the file cannot be written.
pub(crate) fn save(path: &Path, draw: impl FnOnce(&mut String) -> Drawn) -> Result<()> {
    if path.extension().is_some_and(|extension| !extension.eq_ignore_ascii_case("svg")) {
        return Err(Error::Plot {
            path: path.to_owned(),
            reason: "a plot is an SVG file: let its name end in `.svg`".to_owned(),
        });
    }
    let mut text = String::new();
    draw(&mut text).map_err(|error| Error::Plot { path: path.to_owned(), reason: error.to_string() })?;
    replace(path, &mut |beside| std::fs::write(beside, &text).map_err(|source| Error::Io { path: path.to_owned(), source }))
}
