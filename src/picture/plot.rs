//! Curves and points as SVG.

use super::COLORS;
use crate::Result;
use crate::svg_file::{Drawn, save};
use plotters::coord::Shift;
use plotters::prelude::*;
use std::path::Path;

/// The size of a plot.
const WIDTH: u32 = 480;
const HEIGHT: u32 = 360;

/// One line or cloud of points.
#[derive(Debug, Clone)]
struct Series {
    name: String,
    points: Vec<(f64, f64)>,
    line: bool,
}

/// Curves and points in a coordinate system.
///
/// ```
/// use fireclay::picture::Plot;
/// let squares = (0..10).map(|x| (f64::from(x), f64::from(x * x)));
/// let plot = Plot::new("squares").axes("x", "x²").line("exact", squares).points("measured", [(2.0, 4.1), (3.0, 8.8)]);
/// # let folder = std::env::temp_dir().join(format!("fireclay-plot-{}", std::process::id()));
/// # let path = folder.join("squares.svg");
/// # /*
/// let path = "squares.svg";
/// # */
/// Plot::save(&[plot], &path)?;
/// # std::fs::remove_dir_all(folder).expect("ours");
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Plot {
    title: String,
    axes: [String; 2],
    series: Vec<Series>,
    logarithmic: bool,
}

impl Plot {
    /// Without a curve.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), axes: Default::default(), series: Vec::new(), logarithmic: false }
    }

    /// What the axes show.
    pub fn axes(mut self, x: impl Into<String>, y: impl Into<String>) -> Self {
        self.axes = [x.into(), y.into()];
        self
    }

    /// Heights as powers of ten; what is not above 0 is left out.
    pub fn logarithmic(mut self) -> Self {
        self.logarithmic = true;
        self
    }

    /// A curve through these points. Points that are infinite or NaN are left out; an empty name has no place in the legend.
    pub fn line(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name.into(), points, true)
    }

    /// A curve over 1, 2, 3, …
    pub fn curve(self, name: impl Into<String>, heights: impl IntoIterator<Item = f32>) -> Self {
        let heights = heights.into_iter().enumerate();
        self.line(name, heights.map(|(i, y)| (f64::from(u32::try_from(i).unwrap_or(u32::MAX)) + 1.0, f64::from(y))))
    }

    /// Points by themselves; a handful are drawn larger than a cloud of them.
    pub fn points(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name.into(), points, false)
    }

    fn with(mut self, name: String, points: impl IntoIterator<Item = (f64, f64)>, line: bool) -> Self {
        self.series.push(Series { name, points: points.into_iter().collect(), line });
        self
    }

    /// Draws plots into an SVG file, beside each other, at most three in a row.
    ///
    /// # Errors
    /// If there are none, the file's name ends in that of another format, or it cannot be written.
    pub fn save(plots: &[Self], path: impl AsRef<Path>) -> Result<()> {
        if plots.is_empty() {
            return Err(crate::Error::Empty { what: "the list of plots" });
        }
        let rows = plots.len().div_ceil(3);
        let columns = plots.len().div_ceil(rows);
        #[expect(clippy::cast_possible_truncation, reason = "a handful")]
        let size = (WIDTH * columns as u32, HEIGHT * rows as u32);
        save(path.as_ref(), |text| {
            let area = SVGBackend::with_string(text, size).into_drawing_area();
            area.fill(&WHITE)?;
            for (area, plot) in area.split_evenly((rows, columns)).iter().zip(plots) {
                plot.draw(area)?;
            }
            area.present()?;
            Ok(())
        })
    }

    /// Where a point is drawn: its height, or the logarithm of it.
    fn shown(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        let y = if self.logarithmic { y.log10() } else { y };
        (x.is_finite() && y.is_finite()).then_some((x, y))
    }

    fn draw(&self, area: &DrawingArea<SVGBackend<'_>, Shift>) -> Drawn {
        let all: Vec<(f64, f64)> = self.series.iter().flat_map(|s| &s.points).filter_map(|p| self.shown(*p)).collect();
        let range = |of: fn(&(f64, f64)) -> f64, margin: f64| {
            let (low, high) = all.iter().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
            let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
            let margin = ((high - low) * margin).max(1e-9 + high.abs() * 1e-6);
            low - margin..high + margin
        };
        let mut chart = ChartBuilder::on(area)
            .caption(&self.title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(60)
            .build_cartesian_2d(range(|p| p.0, 0.02), range(|p| p.1, 0.05))?;
        let logarithmic = self.logarithmic;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .x_desc(self.axes[0].as_str())
            .y_desc(self.axes[1].as_str())
            .y_label_formatter(&move |y| if logarithmic { power(*y) } else { short(*y) })
            .x_label_formatter(&|x| short(*x))
            .draw()?;
        for (Series { name, points, line }, [r, g, b]) in self.series.iter().zip(COLORS.into_iter().cycle()) {
            let size = if points.len() < 10 { 5 } else { 2 };
            let (color, points) = (RGBColor(r, g, b), points.iter().filter_map(|p| self.shown(*p)));
            let drawn = if *line {
                chart.draw_series(LineSeries::new(points, color.stroke_width(2)))?
            } else {
                chart.draw_series(points.map(|at| Circle::new(at, size, color.filled())))?
            };
            if !name.is_empty() {
                drawn.label(name).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
            }
        }
        if self.series.iter().filter(|series| !series.name.is_empty()).count() > 1 {
            let corner = emptiest(&all);
            chart
                .configure_series_labels()
                .position(corner)
                .background_style(WHITE.mix(0.8))
                .border_style(BLACK.mix(0.2))
                .draw()?;
        }
        Ok(())
    }
}

/// The corner with the fewest points, where the legend hides least.
fn emptiest(points: &[(f64, f64)]) -> SeriesLabelPosition {
    use SeriesLabelPosition::{LowerLeft, LowerRight, UpperLeft, UpperRight};
    let middle = |of: fn(&(f64, f64)) -> f64| {
        let (low, high) = points.iter().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        f64::midpoint(low, high)
    };
    let (x, y) = (middle(|p| p.0), middle(|p| p.1));
    let among = |right: bool, above: bool| points.iter().filter(|p| (p.0 > x) == right && (p.1 > y) == above).count();
    let corners = [(UpperRight, true, true), (UpperLeft, false, true), (LowerRight, true, false), (LowerLeft, false, false)];
    corners.into_iter().min_by_key(|(_, right, above)| among(*right, *above)).map_or(UpperRight, |(corner, ..)| corner)
}

/// Ten to this power.
fn power(exponent: f64) -> String {
    let x = 10_f64.powf(exponent);
    if (0.01..1e4).contains(&x) { short(x) } else { format!("{x:.1e}") }
}

/// A number with three digits behind the point at most.
fn short(x: f64) -> String {
    let text = format!("{x:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
