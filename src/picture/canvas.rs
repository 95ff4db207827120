//! Pictures of pixels.

use super::{Color, WHITE, blend};
use crate::replace::replace;
use crate::vision::Corners;
use crate::{Error, Result, Shape, Tensor};
use core::convert::Infallible;
use embedded_graphics::mono_font::{MonoTextStyle, ascii::FONT_6X10};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::prelude::{DrawTarget, Drawable, OriginDimensions, Pixel, Point, Primitive, Size};
use embedded_graphics::primitives::{Circle, Line, PrimitiveStyle, Rectangle};
use embedded_graphics::text::{Baseline, Text};
use std::path::Path;

/// A picture of pixels, written as PNG. What is drawn beyond its border is cut off.
///
/// ```
/// use fireclay::{picture::{COLORS, Picture}, prelude::*};
/// let (train, _) = Digits::split()?;
/// let digits = (0..6).map(|i| {
///     let mut digit = Picture::of(train.input(i)).enlarged(6);
///     digit.text([2, 2], &train.target(i).get().to_string(), COLORS[1]);
///     digit
/// });
/// let grid = Picture::grid(digits, 3);
/// assert_eq!((grid.width(), grid.height()), (3 * 48 + 4 * 2, 2 * 48 + 3 * 2));
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    pixels: Vec<Color>,
}

impl Picture {
    /// Of one color.
    #[must_use]
    pub fn new(width: usize, height: usize, color: Color) -> Self {
        Self { width, pixels: vec![color; width * height] }
    }

    /// Each pixel by its column and row.
    #[must_use]
    pub fn from_fn(width: usize, height: usize, color: impl Fn(usize, usize) -> Color) -> Self {
        Self { width, pixels: (0..width * height).map(|at| color(at % width, at / width)).collect() }
    }

    /// The picture in a PNG or JPEG file, also one in grays.
    ///
    /// # Errors
    /// If the file cannot be read or holds no whole image.
    #[cfg(feature = "image")]
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let image = crate::data::decode(path.as_ref())?;
        let pixels = image.bytes.chunks_exact(image.channels).map(|pixel| core::array::from_fn(|c| pixel[c % image.channels]));
        Ok(Self { width: image.width, pixels: pixels.collect() })
    }

    /// An image of numbers from 0 to 1: `[1, height, width]` or `[height, width]` in grays, `[3, height, width]` in red, green and blue. Of a tensor of other channels
    /// the first one is shown.
    #[must_use]
    pub fn of<S: Shape>(image: &Tensor<S>) -> Self {
        let (height, width) = match S::DIMS {
            [.., height, width] => (*height, *width),
            [width] => (1, *width),
            [] => (1, 1),
        };
        Self::of_numbers(image.as_slice(), height, width)
    }

    /// As [`of`](Picture::of), of numbers that lie `[channels][height][width]`.
    ///
    /// # Panics
    /// If there are fewer numbers than pixels.
    #[must_use]
    #[track_caller]
    pub fn of_numbers(numbers: &[f32], height: usize, width: usize) -> Self {
        let pixels = height * width;
        assert!(numbers.len() >= pixels, "{} numbers for an image of {height}×{width}", numbers.len());
        let channel = |c: usize| if numbers.len() == 3 * pixels { c * pixels } else { 0 };
        Self::from_fn(width, height, |x, y| core::array::from_fn(|c| byte(numbers[channel(c) + y * width + x])))
    }

    /// Pictures in rows of so many, two pixels of white around each. A row is as high as its highest picture.
    #[must_use]
    pub fn grid(pictures: impl IntoIterator<Item = Self>, columns: usize) -> Self {
        const GAP: usize = 2;
        let pictures: Vec<Self> = pictures.into_iter().collect();
        let columns = columns.max(1).min(pictures.len().max(1));
        let width = |column: usize| pictures.iter().skip(column).step_by(columns).map(Self::width).max().unwrap_or(0);
        let lefts: Vec<usize> = (0..columns).scan(GAP, |at, c| Some(core::mem::replace(at, *at + width(c) + GAP))).collect();
        let heights: Vec<usize> = pictures.chunks(columns).map(|row| row.iter().map(Self::height).max().unwrap_or(0)).collect();
        let all = lefts[columns - 1] + width(columns - 1) + GAP;
        let mut grid = Self::new(all, heights.iter().map(|h| h + GAP).sum::<usize>() + GAP, WHITE);
        let mut top = GAP;
        for (row, height) in pictures.chunks(columns).zip(&heights) {
            for (picture, left) in row.iter().zip(&lefts) {
                grid.paste(picture, [*left, top]);
            }
            top += height + GAP;
        }
        grid
    }

    /// Columns.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.pixels.len().checked_div(self.width).unwrap_or(0)
    }

    /// The color of a pixel; `None` beyond the border.
    #[must_use]
    pub fn pixel(&self, x: usize, y: usize) -> Option<Color> {
        (x < self.width).then(|| self.pixels.get(y * self.width + x).copied()).flatten()
    }

    /// Each pixel so many times as wide and as high.
    #[must_use]
    pub fn enlarged(&self, times: usize) -> Self {
        let times = times.max(1);
        Self::from_fn(self.width * times, self.height() * times, |x, y| self.pixels[y / times * self.width + x / times])
    }

    /// With a line of text below, where it takes no room from the picture.
    #[must_use]
    pub fn captioned(&self, text: &str) -> Self {
        let wide = self.width.max(6 * text.chars().count() + 2);
        let mut all = Self::new(wide, self.height() + 12, WHITE);
        all.paste(self, [(wide - self.width) / 2, 0]);
        all.text([(wide.saturating_sub(6 * text.chars().count())) / 2, self.height() + 1], text, super::BLACK);
        all
    }

    /// Puts a picture over this one, its left upper corner at `[x, y]`.
    pub fn paste(&mut self, other: &Self, [left, top]: [usize; 2]) {
        let (width, height) = (self.width, self.height());
        for y in 0..other.height().min(height.saturating_sub(top)) {
            for x in 0..other.width.min(width.saturating_sub(left)) {
                self.pixels[(top + y) * width + left + x] = other.pixels[y * other.width + x];
            }
        }
    }

    /// Mixes a color into the pixels for which `mask` says so, row by row: as much of it as `share`.
    pub fn mask(&mut self, mask: impl IntoIterator<Item = bool>, color: Color, share: f32) {
        for (pixel, _) in self.pixels.iter_mut().zip(mask).filter(|(_, covered)| *covered) {
            *pixel = blend(*pixel, color, share);
        }
    }

    /// The outline of a box, just outside of it.
    pub fn frame(&mut self, [left, top, right, bottom]: Corners, color: Color) {
        let [left, top, right, bottom] = [left - 1.0, top - 1.0, right, bottom].map(whole);
        let style = PrimitiveStyle::with_stroke(of(color), 1);
        drawn(Rectangle::with_corners(Point::new(left, top), Point::new(right, bottom)).into_styled(style).draw(self));
    }

    /// Text, whose left upper corner is at `[x, y]`, in letters of 6×10 pixels.
    pub fn text(&mut self, [x, y]: [usize; 2], text: &str, color: Color) {
        let style = MonoTextStyle::new(&FONT_6X10, of(color));
        drawn(Text::with_baseline(text, Point::new(whole_of(x), whole_of(y)), style, Baseline::Top).draw(self));
    }

    /// A straight line from `[x, y]` to `[x, y]`.
    pub fn line(&mut self, from: [f32; 2], to: [f32; 2], color: Color) {
        let [from, to] = [from, to].map(|[x, y]| Point::new(whole(x), whole(y)));
        drawn(Line::new(from, to).into_styled(PrimitiveStyle::with_stroke(of(color), 1)).draw(self));
    }

    /// A disk around `[x, y]`.
    pub fn dot(&mut self, [x, y]: [f32; 2], diameter: u32, color: Color) {
        let disk = Circle::with_center(Point::new(whole(x), whole(y)), diameter);
        drawn(disk.into_styled(PrimitiveStyle::with_fill(of(color))).draw(self));
    }

    /// Writes a PNG file; missing folders are made, and the file appears whole or not at all.
    ///
    /// # Errors
    /// If the name ends in that of another format, or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let wrong = |reason: String| Error::Plot { path: path.to_owned(), reason };
        if path.extension().is_some_and(|extension| !extension.eq_ignore_ascii_case("png")) {
            return Err(wrong("a picture is a PNG file: let its name end in `.png`".to_owned()));
        }
        let side = |side: usize| u32::try_from(side).map_err(|_| wrong(format!("a side of {side} pixels is too long for PNG")));
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, side(self.width)?, side(self.height())?);
        // Of pictures in grays a third is enough.
        let gray = self.pixels.iter().all(|[r, g, b]| r == g && g == b);
        encoder.set_color(if gray { png::ColorType::Grayscale } else { png::ColorType::Rgb });
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        let data: Vec<u8> = if gray { self.pixels.iter().map(|p| p[0]).collect() } else { self.pixels.concat() };
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&data));
        written.map_err(|error| wrong(error.to_string()))?;
        replace(path, &mut |beside| std::fs::write(beside, &bytes).map_err(|source| Error::Io { path: path.to_owned(), source }))
    }
}

impl OriginDimensions for Picture {
    fn size(&self) -> Size {
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        Size::new(side(self.width), side(self.height()))
    }
}

/// Whatever embedded-graphics draws can be drawn into a picture.
impl DrawTarget for Picture {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> core::result::Result<(), Infallible> {
        for Pixel(Point { x, y }, color) in pixels {
            let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { continue };
            if x < self.width && y < self.height() {
                self.pixels[y * self.width + x] = [color.r(), color.g(), color.b()];
            }
        }
        Ok(())
    }
}

const fn of([r, g, b]: Color) -> Rgb888 {
    Rgb888::new(r, g, b)
}

/// Drawing into memory cannot fail.
fn drawn<T>(result: core::result::Result<T, Infallible>) {
    let Ok(_) = result;
}

/// The nearest byte; NaN is black.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats cut at both ends")]
fn byte(x: f32) -> u8 {
    (x * 255.0).round() as u8
}

/// The nearest whole number, not so large that sums of two would wrap around.
#[expect(clippy::cast_possible_truncation, reason = "casts of floats cut at both ends")]
fn whole(x: f32) -> i32 {
    x.round().clamp(-1e6, 1e6) as i32
}

fn whole_of(x: usize) -> i32 {
    i32::try_from(x).unwrap_or(i32::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::super::{BLACK, COLORS};
    use super::*;

    #[test]
    fn what_is_drawn_is_where_it_belongs_and_what_lies_beyond_is_cut_off() {
        let mut picture = Picture::new(10, 8, WHITE);
        picture.frame([2.0, 2.0, 5.0, 6.0], COLORS[1]);
        assert_eq!((picture.pixel(1, 1), picture.pixel(5, 6)), (Some(COLORS[1]), Some(COLORS[1])));
        assert_eq!((picture.pixel(2, 2), picture.pixel(6, 6), picture.pixel(10, 0)), (Some(WHITE), Some(WHITE), None));
        picture.frame([-1e30, f32::NAN, 1e30, 4.0], BLACK);
        picture.dot([100.0, -5.0], 3, BLACK);
        picture.paste(&Picture::new(4, 4, BLACK), [8, 6]);
        assert_eq!((picture.pixel(9, 7), picture.pixel(7, 7)), (Some(BLACK), Some(WHITE)));
    }

    #[test]
    fn a_file_holds_the_picture() {
        let folder = std::env::temp_dir().join(format!("fireclay-picture-{}", std::process::id()));
        let colors = Picture::from_fn(3, 2, |x, y| COLORS[x + 3 * y]);
        colors.save(folder.join("a.png")).expect("written");
        let decoder = png::Decoder::new(std::io::Cursor::new(std::fs::read(folder.join("a.png")).expect("there")));
        let mut reader = decoder.read_info().expect("a PNG file");
        let mut bytes = vec![0; reader.output_buffer_size().expect("small")];
        reader.next_frame(&mut bytes).expect("a picture");
        assert_eq!(bytes, colors.pixels.concat());
        assert!(colors.save(folder.join("a.svg")).is_err());
        std::fs::remove_dir_all(folder).expect("ours");
    }
}
