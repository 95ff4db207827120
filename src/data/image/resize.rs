//! Resizing as Pillow does it, on which torchvision's is built: bilinear, with a wider filter where an image becomes smaller, in fixed point, first along rows, then
//! along columns, each rounded to bytes.

use super::decode::Image;
use std::ops::Range;

/// Bits behind the point of a weight.
const BITS: u32 = 22;

/// The pixels that a pixel is made of, and their weights.
struct Taps {
    first: usize,
    weights: Vec<i64>,
}

impl Taps {
    fn pixels(&self) -> Range<usize> {
        self.first..self.first + self.weights.len()
    }

    /// The weighted sum of bytes.
    fn sum(&self, byte: impl Fn(usize) -> u8) -> u8 {
        let sum: i64 = self.pixels().zip(&self.weights).map(|(at, weight)| i64::from(byte(at)) * weight).sum();
        ((sum + (1 << (BITS - 1))) >> BITS).clamp(0, 255) as u8
    }
}

/// What these pixels of a row of `to` are made of, which was one of `from`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "places within an image")]
fn taps(from: usize, to: usize, wanted: Range<usize>) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    let support = scale.max(1.0);
    let one = |at: usize| {
        let center = (at as f64 + 0.5) * scale;
        let first = (center - support + 0.5).max(0.0) as usize;
        let end = ((center + support + 0.5) as usize).min(from);
        let weight = |at: usize| (1.0 - ((at as f64 - center + 0.5) / support).abs()).max(0.0);
        let sum: f64 = (first..end).map(weight).sum();
        let fixed = |at: usize| (weight(at) / sum * f64::from(1 << BITS) + 0.5) as i64;
        Taps { first, weights: (first..end).map(fixed).collect() }
    };
    wanted.map(one).collect()
}

/// Writes the middle of an image whose shorter side became `shorter` as `[channels][height][width]`, 0…1.
pub(super) fn into(image: &Image, shorter: usize, [height, width]: [usize; 2], to: &mut [f32]) {
    let longer = |long: usize, short: usize| shorter * long / short;
    let (new_height, new_width) = if image.width <= image.height {
        (longer(image.height, image.width), shorter)
    } else {
        (shorter, longer(image.width, image.height))
    };
    let (top, left) = (middle(new_height, height), middle(new_width, width));
    let rows = taps(image.height, new_height, top..top + height);
    let columns = taps(image.width, new_width, left..left + width);
    // The rows that are read, each as wide as the crop.
    let first = rows.iter().map(|taps| taps.first).min().unwrap_or(0);
    let end = rows.iter().map(|taps| taps.pixels().end).max().unwrap_or(0);
    let channels = image.channels;
    let mut narrow = Vec::with_capacity((end - first) * width * channels);
    for y in first..end {
        let row = &image.bytes[y * image.width * channels..(y + 1) * image.width * channels];
        for taps in &columns {
            narrow.extend((0..channels).map(|channel| taps.sum(|x| row[x * channels + channel])));
        }
    }
    for (y, taps) in rows.iter().enumerate() {
        for x in 0..width {
            for channel in 0..channels {
                let byte = taps.sum(|y| narrow[((y - first) * width + x) * channels + channel]);
                to[(channel * height + y) * width + x] = f32::from(byte) / 255.0;
            }
        }
    }
}

/// Where the middle begins; what half a pixel decides goes to an even place, as Python rounds.
fn middle(extent: usize, kept: usize) -> usize {
    let (half, rest) = ((extent - kept) / 2, (extent - kept) % 2);
    half + (rest & half)
}

#[cfg(test)]
mod tests {
    use super::middle;

    #[test]
    fn the_middle_is_that_of_python() {
        // round((extent - 4) / 2)
        assert_eq!([4, 5, 6, 7, 8, 9].map(|extent| middle(extent, 4)), [0, 0, 1, 2, 2, 2]);
    }
}
