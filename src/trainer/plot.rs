//! The history as a picture.

use super::{Epoch, History};
use crate::svg_file::{BLUE, Drawn, ORANGE, save};
use crate::{Error, Result};
use plotters::coord::Shift;
use plotters::prelude::*;
use std::path::Path;

/// The size of a chart.
const WIDTH: u32 = 480;
const HEIGHT: u32 = 360;

/// Charts in a row, at most.
const ROW: usize = 3;

/// A line of a chart.
struct Curve {
    name: String,
    color: RGBColor,
    points: Vec<(f64, f64)>,
}

impl History {
    /// Draws the loss and each metric over the epochs into an SVG file, a chart for each.
    ///
    /// # Errors
    /// If there are no epochs, the file's name ends in that of another format (`.png`), or it cannot be written.
    pub fn plot(&self, path: impl AsRef<Path>) -> Result<()> {
        if self.epochs().is_empty() {
            return Err(Error::Empty { what: "the history" });
        }
        save(path.as_ref(), |text| self.draw(text))
    }

    fn draw(&self, to: &mut String) -> Drawn {
        let curve = |name: &str, color, of: &dyn Fn(&Epoch) -> Option<f32>| Curve {
            name: name.to_owned(),
            color,
            points: self
                .epochs()
                .iter()
                .filter_map(|e| Some((e.number as f64, f64::from(of(e)?))))
                .filter(|at| at.1.is_finite())
                .collect(),
        };
        let losses = vec![curve("training", BLUE, &|e| Some(e.loss)), curve("validation", ORANGE, &|e| e.validation_loss)];
        let metric = |i| vec![curve("validation", ORANGE, &move |e: &Epoch| e.metrics().get(i).copied())];
        let metrics = self.metric_names().enumerate().map(|(i, name)| (name, metric(i)));
        let charts: Vec<_> = std::iter::once(("loss", losses)).chain(metrics).collect();
        // In rows of at most three, as even as can be: 4 charts are 2 and 2.
        let rows = charts.len().div_ceil(ROW);
        let columns = charts.len().div_ceil(rows);
        let size = (WIDTH * columns as u32, HEIGHT * rows as u32);
        let area = SVGBackend::with_string(to, size).into_drawing_area();
        area.fill(&WHITE)?;
        for (area, (title, curves)) in area.split_evenly((rows, columns)).iter().zip(charts) {
            chart(area, title, curves)?;
        }
        area.present()?;
        Ok(())
    }
}

/// One chart over the epochs.
fn chart(area: &DrawingArea<SVGBackend<'_>, Shift>, title: &str, mut curves: Vec<Curve>) -> Drawn {
    curves.retain(|curve| !curve.points.is_empty());
    if curves.is_empty() {
        area.titled(&format!("{title}: no finite value"), ("sans-serif", 18))?;
        return Ok(());
    }
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let (low, high) = points().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p.1), h.max(p.1)));
    let margin = ((high - low) * 0.05).max(high.abs() * 1e-3).max(1e-6);
    let last = points().map(|p| p.0).fold(1.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(1.0..last.max(1.5), low - margin..high + margin)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_labels(usize::min(10, last as usize))
        .x_label_formatter(&|x| format!("{x:.0}"))
        .x_desc("epoch")
        .draw()?;
    let several = curves.len() > 1;
    for Curve { name, color, points } in curves {
        let dots = points.clone();
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
        if dots.len() <= 60 {
            chart.draw_series(dots.into_iter().map(|at| Circle::new(at, 2, color.filled())))?;
        }
    }
    if several {
        chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.2)).draw()?;
    }
    Ok(())
}
