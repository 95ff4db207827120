//! Images while they are searched for: what makes neighbors alike, and how an image is moved.

use crate::Shape;

/// An image within a sample: `[maps][height][width]`; a sample with fewer axes is one map, of one row if it has one axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Image {
    pub height: usize,
    pub width: usize,
}

impl Image {
    pub fn of<S: Shape>() -> Self {
        match S::DIMS {
            [.., height, width] => Self { height: *height, width: *width },
            [width] => Self { height: 1, width: *width },
            [] => Self { height: 1, width: 1 },
        }
    }

    fn maps(self, numbers: &[f32]) -> impl Iterator<Item = &[f32]> {
        numbers.chunks_exact(self.height * self.width)
    }

    /// The gradient of the total variation, Σ (xᵢ₊₁,ⱼ − xᵢⱼ)² + (xᵢ,ⱼ₊₁ − xᵢⱼ)².
    pub fn total_variation_gradient(self, numbers: &[f32]) -> Vec<f32> {
        let (height, width) = (self.height, self.width);
        let mut gradient = vec![0.0; numbers.len()];
        for (x, g) in self.maps(numbers).zip(gradient.chunks_exact_mut(height * width)) {
            let mut pair = |a: usize, b: usize| {
                let difference = 2.0 * (x[b] - x[a]);
                g[a] -= difference;
                g[b] += difference;
            };
            for at in 0..height * width {
                if at % width + 1 < width {
                    pair(at, at + 1);
                }
                if at / width + 1 < height {
                    pair(at, at + width);
                }
            }
        }
        gradient
    }

    /// The image after a Gaussian blur of this standard deviation, in pixels; beyond a border it goes on as at the border.
    pub fn blurred(self, numbers: &[f32], deviation: f32) -> Vec<f32> {
        #[expect(clippy::cast_possible_truncation, reason = "a few pixels")]
        let radius = (3.0 * deviation).ceil() as isize;
        #[expect(clippy::cast_precision_loss, reason = "a few pixels")]
        let weights: Vec<f32> = (-radius..=radius).map(|d| (-0.5 * (d as f32 / deviation).powi(2)).exp()).collect();
        let sum: f32 = weights.iter().sum();
        // Along one axis: `len` numbers that stand `step` apart.
        let along = |x: &[f32], len: usize, step: usize| -> Vec<f32> {
            let blurred = |at: usize| {
                let (place, first) = (at / step % len, at - at / step % len * step);
                let neighbors = (-radius..=radius).map(|d| place.saturating_add_signed(d).min(len - 1));
                neighbors.zip(&weights).map(|(neighbor, weight)| weight * x[first + neighbor * step]).sum::<f32>() / sum
            };
            (0..x.len()).map(blurred).collect()
        };
        along(&along(numbers, self.width, 1), self.height, self.width)
    }

    /// The image moved down and to the right by so many pixels; what leaves it at one side comes in at the other.
    pub fn rolled(self, numbers: &[f32], [down, right]: [usize; 2]) -> Vec<f32> {
        let (height, width) = (self.height, self.width);
        let from = |at: usize| {
            let (map, row, column) = (at / (height * width), at / width % height, at % width);
            let (row, column) = ((row + height - down % height) % height, (column + width - right % width) % width);
            numbers[(map * height + row) * width + column]
        };
        (0..numbers.len()).map(from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Image;

    const IMAGE: Image = Image { height: 2, width: 3 };

    #[test]
    fn the_gradient_of_the_total_variation_is_that_of_its_sum() {
        let x = [0.5, -1.0, 2.0, 0.0, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0];
        let sum = |x: &[f32]| {
            let pairs = [(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)];
            pairs.iter().flat_map(|(a, b)| [0, 6].map(|map| f64::from(x[map + b] - x[map + a]).powi(2))).sum::<f64>()
        };
        let gradient = IMAGE.total_variation_gradient(&x);
        for i in 0..x.len() {
            let at = |h: f32| {
                let mut x = x;
                x[i] += h;
                sum(&x)
            };
            assert!((f64::from(gradient[i]) - (at(0.125) - at(-0.125)) / 0.25).abs() < 1e-5, "at {i}");
        }
    }

    #[test]
    fn what_is_rolled_comes_back() {
        let x: Vec<f32> = (0..12).map(|i| i as f32).collect();
        assert_eq!(IMAGE.rolled(&x, [1, 1])[..6], [5.0, 3.0, 4.0, 2.0, 0.0, 1.0]);
        for shift in [[0, 0], [1, 2], [5, 7]] {
            let [down, right] = shift;
            let back = [(2 - down % 2) % 2, (3 - right % 3) % 3];
            assert_eq!(IMAGE.rolled(&IMAGE.rolled(&x, shift), back), x);
        }
    }

    #[test]
    fn what_is_even_stays_so_when_blurred() {
        let blurred = IMAGE.blurred(&[3.0; 12], 0.8);
        assert!(blurred.iter().all(|x| (x - 3.0).abs() < 1e-6));
        let blurred = IMAGE.blurred(&[0.0, 1.0, 0.0, 0.0, 0.0, 0.0], 0.5);
        assert!(blurred[1] > blurred[0] && blurred[0] > 0.0 && blurred[0] == blurred[2] && blurred[1] > blurred[4]);
    }
}
