//! What models of images pixel by pixel share: digits of black and white pixels, bits per pixel, drawing one pixel after the other.

use fireclay::data::Samples;
use fireclay::picture::Picture;
use fireclay::prelude::*;

/// Pixels of a digit, each 0 or 1; as an output, the logit of each being 1.
pub type Pixels = Tensor<shape![1, 8, 8]>;

/// Height and width.
const SIDE: usize = 8;

/// The digits that ship with the crate, a pixel being 1 if it is more white than black. What is to be learned of an image is the image.
#[must_use]
pub fn binarized(digits: &Digits) -> Samples<Pixels, Pixels> {
    let binary = |x: &Pixels| Tensor::from_fn(|i| f32::from(u8::from(x.as_slice()[i] > 0.5)));
    digits.iter().map(|(x, _)| (binary(x), binary(x))).collect()
}

/// Bits that an image takes, divided by its pixels: its negative log-likelihood.
#[derive(Debug, Clone, Copy)]
pub struct BitsPerPixel;

impl Metric<Pixels, Pixels> for BitsPerPixel {
    fn name(&self) -> &'static str {
        "bits per pixel"
    }
    fn higher_is_better(&self) -> bool {
        false
    }
    fn score(&self, logits: &Pixels, pixels: &Pixels) -> f32 {
        let nats = |(y, x): (&f32, &f32)| y.max(0.0) - y * x + (-y.abs()).exp().ln_1p();
        let sum: f32 = logits.as_slice().iter().zip(pixels.as_slice()).map(nats).sum();
        sum / (SIDE * SIDE) as f32 / core::f32::consts::LN_2
    }
}

/// Bits per pixel where the probability of each is how often it is 1 in other images: what a model has to beat.
#[must_use]
pub fn each_by_itself(learned: &Samples<Pixels, Pixels>, test: &Samples<Pixels, Pixels>) -> f32 {
    let share = |i: usize| learned.iter().map(|(x, _)| x.as_slice()[i]).sum::<f32>() / learned.len() as f32;
    let logits = Tensor::from_fn(|i| {
        let p = share(i).clamp(1e-3, 1.0 - 1e-3);
        (p / (1.0 - p)).ln()
    });
    test.iter().map(|(x, _)| BitsPerPixel.score(&logits, x)).sum::<f32>() / test.len() as f32
}

/// Draws an image, pixel by pixel, each from its probability given those before it.
#[must_use]
pub fn draw<N: Network<Input = Pixels, Output = Pixels>>(net: &N, rng: &mut fireclay::Rng) -> Pixels {
    let mut image = Pixels::zeros();
    for i in 0..SIDE * SIDE {
        let logit = net.predict(&image).as_slice()[i];
        image.as_mut_slice()[i] = f32::from(u8::from(rng.uniform() < 1.0 / (1.0 + (-logit).exp())));
    }
    image
}

/// On how many of the pixels before it a logit depends (of all pairs, a share), and on how many of those that it must not know, itself and later
/// ones (of which there must be none): found by changing each pixel of some images.
#[must_use]
pub fn what_logits_see<N: Network<Input = Pixels, Output = Pixels>>(net: &N, rng: &mut fireclay::Rng) -> (f32, usize) {
    /// What fast convolutions round is less.
    const ROUNDING: f32 = 1e-4;
    const PIXELS: usize = SIDE * SIDE;
    let mut seen = [[false; PIXELS]; PIXELS];
    for _ in 0..8 {
        let mut image = Pixels::from_fn(|_| rng.normal());
        let logits = net.predict(&image);
        for (changed, seen) in seen.iter_mut().enumerate() {
            let was = image.as_slice()[changed];
            image.as_mut_slice()[changed] = was + 2.0;
            let others = net.predict(&image);
            let differ =
                logits.as_slice().iter().zip(others.as_slice()).map(|(a, b)| (a - b).abs() > ROUNDING * a.abs().max(1.0));
            seen.iter_mut().zip(differ).for_each(|(seen, differs)| *seen |= differs);
            image.as_mut_slice()[changed] = was;
        }
    }
    let count = |wanted: fn(usize, usize) -> bool| {
        (0..PIXELS * PIXELS).filter(|i| wanted(i / PIXELS, i % PIXELS) && seen[i / PIXELS][i % PIXELS]).count()
    };
    let pairs = PIXELS * (PIXELS - 1) / 2;
    (count(|pixel, logit| pixel < logit) as f32 / pairs as f32, count(|pixel, logit| pixel >= logit))
}

/// Drawn images on the left, as many real ones on the right.
#[must_use]
pub fn beside(drawn: &[Pixels], real: &Samples<Pixels, Pixels>) -> Picture {
    let every = (real.len() / drawn.len().max(1)).max(1);
    let real: Vec<&Pixels> = real.iter().step_by(every).take(drawn.len()).map(|(x, _)| x).collect();
    let grid = |images: &[&Pixels]| Picture::grid(images.iter().map(|x| Picture::of(x).enlarged(4)), 8);
    Picture::grid([grid(&drawn.iter().collect::<Vec<_>>()), grid(&real)], 2)
}
