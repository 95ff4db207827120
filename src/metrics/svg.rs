//! A confusion matrix as a picture.

use super::{ConfusionMatrix, ratio};
use core::fmt::Write;

/// Side of a cell, and what is left around the cells for titles and names.
const CELL: usize = 40;
const EDGE: usize = 70;

/// What XML does not take as it is.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => result.push_str("&amp;"),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            '"' => result.push_str("&quot;"),
            // No document may hold these, escaped or not.
            c if c.is_control() => result.push(' '),
            c => result.push(c),
        }
    }
    result
}

impl<const CLASSES: usize> ConfusionMatrix<CLASSES> {
    /// The matrix as an SVG document: a row for each class, a column for each predicted one, each cell the darker the larger its share of the
    /// row. Where outputs were NaN, they have a column of their own.
    ///
    /// ```
    /// use fireclay::{Index, metrics::ConfusionMatrix};
    /// let mut matrix = ConfusionMatrix::<2>::new();
    /// matrix.add(Index::default(), Index::new(1));
    /// assert!(matrix.to_svg().starts_with("<svg"));
    /// ```
    #[must_use]
    pub fn to_svg(&self) -> String {
        self.draw(|class| class.to_string())
    }

    /// As [`to_svg`](ConfusionMatrix::to_svg), with the names of the classes.
    ///
    /// ```
    /// use fireclay::metrics::ConfusionMatrix;
    /// let picture = ConfusionMatrix::<2>::new().to_svg_named(["shirt", "trousers & belt"]);
    /// assert!(picture.contains("trousers &amp; belt"));
    /// ```
    #[must_use]
    pub fn to_svg_named(&self, names: [&str; CLASSES]) -> String {
        self.draw(|class| escaped(names[class]))
    }

    /// `name` gives what XML takes.
    fn draw(&self, name: impl Fn(usize) -> String) -> String {
        let nan = (0..CLASSES).any(|class| self.row(class).1 > 0);
        let columns = CLASSES + usize::from(nan);
        let (width, height) = (EDGE + columns * CELL + 10, EDGE + CLASSES * CELL + 10);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"sans-serif\" font-size=\"12\" text-anchor=\"middle\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
        );
        let mut text = |x: usize, y: usize, color: &str, text: &str| {
            // Writing to a string never fails.
            let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" fill=\"{color}\">{text}</text>");
        };
        text(EDGE + columns * CELL / 2, 20, "black", "predicted");
        text(EDGE / 2 - 5, EDGE - 24, "black", "actual");
        let mut cells = String::new();
        for column in 0..columns {
            let name = if column < CLASSES { name(column) } else { "NaN".to_owned() };
            text(EDGE + column * CELL + CELL / 2, EDGE - 10, "black", &name);
        }
        for class in 0..CLASSES {
            let (row, unanswered) = self.row(class);
            let whole = row.iter().sum::<usize>() + unanswered;
            let top = EDGE + class * CELL;
            text(EDGE / 2 - 5, top + CELL / 2 + 4, "black", &name(class));
            for (column, count) in row.iter().chain(Some(&unanswered).filter(|_| nan)).enumerate() {
                let (share, left) = (ratio(*count, whole), EDGE + column * CELL);
                // From white to the blue of the curves (Okabe and Ito 2008), which color-blind people tell from orange.
                let shade = |dark: f64| (255.0 + share * (dark - 255.0)).round();
                let _ = writeln!(
                    cells,
                    "<rect x=\"{left}\" y=\"{top}\" width=\"{CELL}\" height=\"{CELL}\" stroke=\"#ccc\" fill=\"rgb({},{},{})\"/>",
                    shade(0.0),
                    shade(114.0),
                    shade(178.0)
                );
                let color = if share > 0.5 { "white" } else { "black" };
                let _ = writeln!(
                    cells,
                    "<text x=\"{}\" y=\"{}\" fill=\"{color}\">{count}</text>",
                    left + CELL / 2,
                    top + CELL / 2 + 4
                );
            }
        }
        svg + &cells + "</svg>\n"
    }
}
