//! Gradient ascent on inputs.

use super::image::Image;
use crate::{Batch, Rng, Shape, rng, setting};

/// Gradient ascent on an input, with what keeps it an image: in each step x ← x + η·(g − 2·λ₂·x − λₜᵥ·∇TV(x)), where g is the gradient of what is to grow
/// and TV(x) = Σ (xᵢ₊₁,ⱼ − xᵢⱼ)² + (xᵢ,ⱼ₊₁ − xᵢⱼ)² (Mahendran and Vedaldi 2015, arXiv 1412.0035, with β = 2); then, where asked, a Gaussian blur (Yosinski et al.
/// 2015, arXiv 1506.06579). With jitter g is that of the image moved by a few pixels (Mordvintsev et al. 2015, "Inceptionism").
///
/// [`visualize`](super::visualize) and [`invert`](super::invert) take one; [`run`](Ascent::run) climbs anything.
///
/// ```
/// use fireclay::{explain::Ascent, prelude::*};
/// // What grows is −(x − 3)², and the penalty 0.5·x² holds it back.
/// let x = Ascent::new(100, 0.1).l2(0.5).run(&Batch::<shape![1]>::zeros(1), |x| Batch::from_fn(1, |i, _| -2.0 * (x.sample(i)[0] - 3.0)));
/// assert!((x.sample(0)[0] - 2.0).abs() < 1e-4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Ascent {
    steps: usize,
    rate: f32,
    l2: f32,
    total_variation: f32,
    blur: Option<(f32, usize)>,
    jitter: Option<(usize, u64)>,
}

impl Ascent {
    /// So many steps of the rate η, and nothing else.
    ///
    /// # Panics
    /// If there are no steps, or the rate is not a finite number greater than 0.
    #[track_caller]
    pub const fn new(steps: usize, rate: f32) -> Self {
        setting::at_least_one("Ascent: steps", steps);
        setting::positive("Ascent: rate", rate);
        Self { steps, rate, l2: 0.0, total_variation: 0.0, blur: None, jitter: None }
    }

    /// A penalty λ₂·Σx²: small numbers.
    ///
    /// # Panics
    /// If it is negative or not finite.
    #[track_caller]
    pub const fn l2(mut self, weight: f32) -> Self {
        setting::not_negative("Ascent: l2", weight);
        self.l2 = weight;
        self
    }

    /// A penalty λₜᵥ·TV(x): neighbors alike. They are those of the last two axes.
    ///
    /// # Panics
    /// If it is negative or not finite.
    #[track_caller]
    pub const fn total_variation(mut self, weight: f32) -> Self {
        setting::not_negative("Ascent: total_variation", weight);
        self.total_variation = weight;
        self
    }

    /// A Gaussian blur of this standard deviation, in pixels of the last two axes, after every so many steps.
    ///
    /// # Panics
    /// If the deviation is not greater than 0 and at most 1000, or `every` is 0.
    #[track_caller]
    pub const fn blur(mut self, deviation: f32, every: usize) -> Self {
        setting::positive("Ascent: blur", deviation);
        assert!(deviation <= 1000.0, "Ascent: blur: a standard deviation of more than 1000 pixels");
        setting::at_least_one("Ascent: steps between blurs", every);
        self.blur = Some((deviation, every));
        self
    }

    /// Moves the image by up to so many pixels along the last two axes, to either side, at random in each step, and back after it.
    pub const fn jitter(mut self, pixels: usize, seed: u64) -> Self {
        self.jitter = Some((pixels, seed));
        self
    }

    /// Where the ascent ends that begins at `start`; `gradient` gives for each sample the gradient of what is to grow.
    ///
    /// # Panics
    /// If the gradient is of another number of samples.
    #[must_use]
    #[track_caller]
    pub fn run<S: Shape>(&self, start: &Batch<S>, mut gradient: impl FnMut(&Batch<S>) -> Batch<S>) -> Batch<S> {
        let (image, mut random) = (Image::of::<S>(), self.jitter.map(|(pixels, seed)| (pixels, rng(seed))));
        // As many numbers as the start has: they come out even.
        let batch = |numbers: &[f32]| Batch::from_slice(numbers).unwrap_or_else(|| start.clone());
        let mut x = start.to_vec();
        for step in 1..=self.steps {
            let [forth, back] = shifts(image, &mut random);
            let found = gradient(&batch(&image.rolled(&x, forth)));
            assert!(found.len() == start.len(), "a gradient of {} samples for {}", found.len(), start.len());
            let g = image.rolled(&found.to_vec(), back);
            let smooth = image.total_variation_gradient(&x);
            for ((x, g), smooth) in x.iter_mut().zip(g).zip(smooth) {
                *x += self.rate * (g - 2.0 * self.l2 * *x - self.total_variation * smooth);
            }
            if let Some((deviation, _)) = self.blur.filter(|(_, every)| step % every == 0) {
                x = image.blurred(&x, deviation);
            }
        }
        batch(&x)
    }
}

/// By how much an image is moved, down and to the right, and by how much it comes back.
fn shifts(image: Image, random: &mut Option<(usize, Rng)>) -> [[usize; 2]; 2] {
    let Some((pixels, rng)) = random else { return [[0; 2]; 2] };
    let axes = [image.height, image.width];
    let forth = axes.map(|len| {
        let most = (*pixels).min(len - 1);
        len + rng.below(2 * most + 1) - most
    });
    [forth, [2 * axes[0] - forth[0], 2 * axes[1] - forth[1]]]
}

#[cfg(test)]
mod tests {
    use super::Ascent;
    use crate::prelude::*;

    type Image = shape![2, 3, 4];

    /// A gradient that does not see where pixels are.
    fn quadratic(x: &Batch<Image>) -> Batch<Image> {
        Batch::from_fn(x.len(), |i, j| 1.0 - x.sample(i).as_slice()[j])
    }

    #[test]
    fn jitter_is_undone_after_each_step() {
        let start = Batch::uniform(2, 0.0..1.0, &mut rng(1));
        let plain = Ascent::new(5, 0.1).run(&start, quadratic);
        assert_eq!(Ascent::new(5, 0.1).jitter(2, 9).run(&start, quadratic).to_vec(), plain.to_vec());
        // Seen by a gradient that knows one pixel, others move.
        let corner = |x: &Batch<Image>| Batch::from_fn(x.len(), |_, j| if j == 0 { 1.0 } else { 0.0 });
        let moved = |seed| Ascent::new(5, 0.1).jitter(2, seed).run(&Batch::zeros(1), corner).to_vec();
        assert!(moved(1).iter().filter(|x| **x > 0.0).count() > 1);
        assert_eq!(moved(1), moved(1));
        assert_ne!(moved(1), moved(2));
    }

    #[test]
    fn regularizers_make_images_smaller_and_smoother() {
        let start = Batch::<Image>::normal(1, &mut rng(1));
        let still = |x: &Batch<Image>| Batch::zeros(x.len());
        let variation = |x: &Batch<Image>| x.to_vec().windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum::<f32>();
        let size = |x: &Batch<Image>| x.to_vec().iter().map(|x| x * x).sum::<f32>();
        assert!(size(&Ascent::new(3, 0.1).l2(1.0).run(&start, still)) < 0.6 * size(&start));
        assert!(variation(&Ascent::new(3, 0.05).total_variation(1.0).run(&start, still)) < 0.8 * variation(&start));
        assert!(variation(&Ascent::new(4, 0.1).blur(1.0, 2).run(&start, still)) < 0.5 * variation(&start));
        assert_eq!(Ascent::new(3, 0.1).blur(1.0, 4).run(&start, still).to_vec(), start.to_vec());
    }
}
