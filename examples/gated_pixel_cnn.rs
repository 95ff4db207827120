//! Gated PixelCNN: two stacks of convolutions, of which one looks up and one looks left, so that no pixel is in a blind spot.
//!
//! Van den Oord et al. 2016, "Conditional image generation with PixelCNN decoders", arXiv 1606.05328. Masked convolutions one after the other never see
//! some of the pixels above and to the right. Here the vertical stack sees all rows above a pixel (its maps lie one row lower), the horizontal stack
//! the pixels to the left, and what the vertical stack found is added to it. Each layer's result is gated, tanh(a)·σ(b), as in an LSTM.
//! Images are the 8×8 digits that ship with the crate, each pixel black or white.
//! The figures are bits per dimension, which is here a pixel, of held-out digits, and on how many pixels before it a logit depends: on all of them, where
//! `pixel_cnn` misses some, and on none that comes later.
//! The picture has drawn digits on the left and real ones on the right.

use fireclay::prelude::*;
use fireclay_examples::pixels::{BitsPerPixel, Pixels, beside, binarized, draw, each_by_itself, what_logits_see};
use fireclay_examples::{Args, Report, Result};

network! {
    /// tanh of the first half of the channels, where the second half lets it through.
    block Gate(x) {
        let (a, b) = split(x, 2);
        (a -> Tanh) * (b -> Sigmoid)
    }
    /// The vertical and the horizontal stack, with kernels of k×k. In the first layer the horizontal one does not see the pixel itself.
    block Layer(v, h; c, k, first = false) {
        // The rows above and the pixel's own; moved down by one, the rows above.
        let rows = v -> vertical: Conv(2 * c, (k / 2 + 1, k), pad = ((k / 2 + if first { 1 } else { 0 }, 0), k / 2)) -> Slice(height = 0..8);
        let row = (h -> horizontal: Conv(2 * c, (1, k), pad = (0, k / 2), mask = if first { A } else { B })) + (rows -> across: Conv(2 * c, 1));
        let y = row -> Gate -> out: Conv(c, 1) -> Dropout(0.2);
        (rows -> Gate, if first { y } else { h + y })
    }
    /// The logit of each pixel, from those before it.
    pub GatedPixelCnn(image: [1, 8, 8]) -> [1, 8, 8] {
        let (_, h) = (image, image) -> first: Layer(32, 5, first = true) -> body: [Layer(32, 3); 5];
        h -> Relu -> mix: Conv(64, 1) -> Relu -> Dropout(0.2) -> out: Conv(1, 1)
    }
}

/// Trains, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("gated_pixel_cnn", args);
    println!("{}\n", GatedPixelCnn::summary());
    let (digits, test) = args.digits()?;
    let (digits, validation) = digits.split_stratified(0.9, args.seed);
    let (digits, validation, test) = (binarized(&digits), binarized(&validation), binarized(&test));

    let mut net = GatedPixelCnn::init(&mut rng(args.seed));
    Trainer::new(BceWithLogits, Adam::new(2e-3))
        .batch(32)
        .epochs(args.of(40, 4))
        .seed(args.seed)
        .schedule(Cosine)
        .validate(&validation, BitsPerPixel)
        .progress(args.progress())
        .fit(&mut net, &digits)?;

    report.figure("bits per pixel, independent pixels", each_by_itself(&digits, &test));
    report.at_most("bits per pixel", net.evaluate(&test, BitsPerPixel), 0.4);
    let mut rng = rng(args.seed);
    let (earlier, later) = what_logits_see(&*net, &mut rng);
    report.at_least("share of earlier pixels that a logit depends on", earlier, 1.0);
    report.at_most("later pixels that a logit depends on", later as f64, 0.0);
    let drawn: Vec<Pixels> = (0..64).map(|_| draw(&*net, &mut rng)).collect();
    report.picture("digits.png", &beside(&drawn, &test))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// The mean of each pixel as its probability takes 0.55 bits; a model that uses other pixels takes less.
#[test]
fn learns_digits_and_sees_all_that_comes_before() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["bits per pixel"] < 0.5);
    assert!(
        report["later pixels that a logit depends on"] == 0.0 && report["share of earlier pixels that a logit depends on"] == 1.0
    );
}
