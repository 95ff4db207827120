//! PixelCNN: digits drawn pixel by pixel, by masked convolutions.
//!
//! Van den Oord et al. 2016, "Pixel recurrent neural networks", arXiv 1601.06759, section 3.3: the probability of an image is the product of that of each
//! pixel given those before it, from the top and from the left. The first convolution sees neither the pixel nor those after it (mask A), the others see
//! it too, as its map knows no more than the mask let through (mask B). All probabilities are learned in one pass; drawing takes one pass a pixel.
//! Images are the 8×8 digits that ship with the crate, each pixel black or white.
//! The figure is bits per dimension, which is here a pixel, of held-out digits, beside those of independent pixels. A logit must depend on no pixel
//! that comes later, which is measured by changing each; on how many earlier ones it depends shows the blind spot, which `gated_pixel_cnn` closes.
//! The picture has drawn digits on the left and real ones on the right.

use fireclay::prelude::*;
use fireclay_examples::pixels::{BitsPerPixel, Pixels, beside, binarized, draw, each_by_itself, what_logits_see};
use fireclay_examples::{Args, Report, Result};

network! {
    /// A residual block of the paper: 2h channels, of which h are convolved.
    block Residual(x; h) {
        x + (x -> Relu -> down: Conv(h, 1) -> Relu -> conv: Conv(h, 3, pad = 1, mask = B) -> Relu -> up: Conv(2 * h, 1) -> Dropout(0.2))
    }
    /// The logit of each pixel, from those before it.
    pub PixelCnn(image: [1, 8, 8]) -> [1, 8, 8] {
        image -> first: Conv(64, 5, pad = 2, mask = A) -> body: [Residual(32); 5] -> Relu -> mix: Conv(64, 1) -> Relu -> Dropout(0.2) -> out: Conv(1, 1)
    }
}

/// Trains, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("pixel_cnn", args);
    println!("{}\n", PixelCnn::summary());
    let (digits, test) = args.digits()?;
    let (digits, validation) = digits.split_stratified(0.9, args.seed);
    let (digits, validation, test) = (binarized(&digits), binarized(&validation), binarized(&test));

    let mut net = PixelCnn::init(&mut rng(args.seed));
    Trainer::new(BceWithLogits, Adam::new(2e-3))
        .batch(32)
        .epochs(args.of(40, 4))
        .seed(args.seed)
        .schedule(Cosine)
        .validate(&validation, BitsPerPixel)
        .progress(args.progress())
        .fit(&mut net, &digits)?;

    report.figure("bits per pixel, independent pixels", each_by_itself(&digits, &test));
    report.at_most("bits per pixel", net.evaluate(&test, BitsPerPixel), 0.43);
    let mut rng = rng(args.seed);
    let (earlier, later) = what_logits_see(&*net, &mut rng);
    report.figure("share of earlier pixels that a logit depends on", earlier);
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
fn learns_digits_and_sees_nothing_that_comes_later() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["bits per pixel"] < 0.5);
    assert!(
        report["later pixels that a logit depends on"] == 0.0 && report["share of earlier pixels that a logit depends on"] > 0.5
    );
}
