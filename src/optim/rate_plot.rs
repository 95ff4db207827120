//! A sweep over learning rates as a picture.

use super::rate_finder::{Point, Sweep};
use crate::Result;
use crate::svg_file::{BLUE, Drawn, ORANGE, save};
use plotters::prelude::*;
use std::path::Path;

impl Sweep {
    /// Draws the losses over the rates into an SVG file, with the suggested rate.
    ///
    /// ```no_run
    /// # use fireclay::optim::RateFinder;
    /// let sweep = RateFinder::new().sweep(|rate| (rate.ln() + 5.0).powi(2))?;
    /// sweep.plot("rates.svg")?;
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the file's name ends in that of another format (`.png`), or it cannot be written.
    pub fn plot(&self, path: impl AsRef<Path>) -> Result<()> {
        save(path.as_ref(), |text| self.draw(text))
    }

    fn draw(&self, to: &mut String) -> Drawn {
        let (Some(first), Some(last)) = (self.points().first(), self.points().last()) else {
            return Err("there are no steps".into());
        };
        // By the smoothed loss: the last steps of one that diverges would leave nothing to see of the others.
        let smoothed = || self.points().iter().map(|point| f64::from(point.smoothed));
        let (low, first_loss) = (smoothed().fold(f64::INFINITY, f64::min), f64::from(first.smoothed));
        let high =
            smoothed().fold(f64::NEG_INFINITY, f64::max).min(first_loss + 2.0 * (first_loss - low).max(0.1 * first_loss.abs()));
        let margin = ((high - low) * 0.1).max(high.abs() * 1e-3).max(1e-6);
        let (bottom, top) = (low - margin, high + margin);
        let area = SVGBackend::with_string(to, (640, 360)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption("loss", ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(56)
            .build_cartesian_2d((f64::from(first.rate)..f64::from(last.rate)).log_scale(), bottom..top)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .x_label_formatter(&|rate| format!("{rate:.0e}"))
            .x_desc("learning rate")
            .draw()?;
        let within = |of: fn(&Point) -> f32| {
            let points = self.points().iter().map(move |point| (f64::from(point.rate), f64::from(of(point))));
            points.map(move |(rate, loss)| (rate, loss.clamp(bottom, top)))
        };
        chart
            .draw_series(LineSeries::new(within(|point| point.loss), BLUE.mix(0.3)))?
            .label("each batch")
            .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], BLUE.mix(0.3)));
        chart
            .draw_series(LineSeries::new(within(|point| point.smoothed), BLUE.stroke_width(2)))?
            .label("smoothed")
            .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], BLUE.stroke_width(2)));
        if let Some(rate) = self.suggestion() {
            let at = f64::from(rate);
            chart
                .draw_series(LineSeries::new([(at, bottom), (at, top)], ORANGE.stroke_width(2)))?
                .label(format!("{rate:.1e}"))
                .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], ORANGE.stroke_width(2)));
        }
        chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.2)).draw()?;
        area.present()?;
        Ok(())
    }
}
