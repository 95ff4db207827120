//! PixelRNN: digits drawn row by row by a row LSTM, beside PixelCNN.
//!
//! Van den Oord et al. 2016, "Pixel recurrent neural networks", arXiv 1601.06759, section 3.1. An LSTM goes down the rows of an image; its state is a whole row. What it
//! takes of a row is computed for all rows at once (input-to-state, masked), what it takes of the row above in one step after the other (state-to-state). Both are
//! convolutions along the row. PixelCNN, of the same paper, has masked convolutions in place of that recurrence: it computes all rows at once.
//! Images are the 8×8 digits that ship with the crate, each pixel black or white. Both networks have three layers of the same width.
//! The figures are bits per dimension, which is here a pixel, of held-out digits, and the time of the gradients of 32 of them on one core: on images as small as these,
//! with eight steps of recurrence, the ratio is small too, and PixelRNN takes fewer bits. A logit must depend on no pixel that comes later.
//! The picture has digits that PixelRNN drew on the left and real ones on the right.

use fireclay::data::Samples;
use fireclay::prelude::*;
use fireclay_examples::pixels::{BitsPerPixel, Pixels, beside, binarized, draw, each_by_itself, what_logits_see};
use fireclay_examples::{Args, Report, Result};
use std::time::Instant;

/// Images of a step.
const BATCH: usize = 32;

network! {
    /// A residual block of PixelRNN: 2n channels come and go, n are the row's state.
    block Recurrent(x; n) { x + (x -> lstm: RowLstm(n, kernel = 3) -> up: Conv(2 * n, 1) -> Dropout(0.2)) }
    /// A residual block of PixelCNN.
    block Residual(x; n) {
        x + (x -> Relu -> down: Conv(n, 1) -> Relu -> conv: Conv(n, 3, pad = 1, mask = B) -> Relu -> up: Conv(2 * n, 1) -> Dropout(0.2))
    }
    block Last(x) { x -> Relu -> mix: Conv(64, 1) -> Relu -> Dropout(0.2) -> out: Conv(1, 1) }
    /// The logit of each pixel, from those before it.
    pub PixelRnn(image: [1, 8, 8]) -> [1, 8, 8] { image -> first: Conv(64, 5, pad = 2, mask = A) -> body: [Recurrent(32); 3] -> last: Last }
    /// The same without recurrence.
    pub PixelCnn(image: [1, 8, 8]) -> [1, 8, 8] { image -> first: Conv(64, 5, pad = 2, mask = A) -> body: [Residual(32); 3] -> last: Last }
}

/// Trains one of them.
macro_rules! learn {
    ($net:ident, $args:expr, $train:expr, $validation:expr) => {{
        let mut net = $net::init(&mut rng($args.seed));
        Trainer::new(BceWithLogits, Adam::new(2e-3))
            .batch(BATCH)
            .epochs($args.of(30, 8))
            .seed($args.seed)
            .schedule(Cosine)
            .validate($validation, BitsPerPixel)
            .progress($args.progress())
            .fit(&mut net, $train)?;
        net
    }};
}

/// Milliseconds that the gradients of a batch take on one core.
fn step<N: Network<Input = Pixels, TrainOutput = Pixels>>(
    net: &mut N,
    x: &Batch<shape![1, 8, 8]>,
    memory: &mut Memory<N>,
    grads: &mut Grads<N>,
) -> f64 {
    memory.threads(1);
    let start = Instant::now();
    net.train(x, BceWithLogits, x, memory, grads);
    1e3 * start.elapsed().as_secs_f64()
}

/// Trains both, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("pixel_rnn", args);
    println!("{}\n", PixelRnn::summary());
    let (digits, test) = args.digits()?;
    let (digits, validation) = digits.split_stratified(0.9, args.seed);
    let [digits, validation, test]: [Samples<Pixels, Pixels>; 3] = [&digits, &validation, &test].map(binarized);
    let digits = if args.quick { digits.split(0.5, args.seed).0 } else { digits };

    let mut rnn = learn!(PixelRnn, args, &digits, &validation);
    let mut cnn = learn!(PixelCnn, args, &digits, &validation);
    // Step by step in turns, and the quickest of each: what else the machine does counts as little as it can.
    let x = Batch::from_samples((0..BATCH).map(|i| test.input(i)));
    let (mut rnn_memory, mut rnn_grads) = (PixelRnn::memory(BATCH), PixelRnn::grads());
    let (mut cnn_memory, mut cnn_grads) = (PixelCnn::memory(BATCH), PixelCnn::grads());
    let (mut rnn_time, mut cnn_time) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..args.of(200, 20) {
        rnn_time = rnn_time.min(step(&mut *rnn, &x, &mut rnn_memory, &mut rnn_grads));
        cnn_time = cnn_time.min(step(&mut *cnn, &x, &mut cnn_memory, &mut cnn_grads));
    }

    report.figure("bits per pixel, independent pixels", each_by_itself(&digits, &test));
    report.at_most("PixelRNN: bits per pixel", rnn.evaluate(&test, BitsPerPixel), 0.42);
    report.at_most("PixelCNN: bits per pixel", cnn.evaluate(&test, BitsPerPixel), 0.43);
    report.figure("PixelRNN: milliseconds for the gradients of 32", rnn_time);
    report.figure("PixelCNN: milliseconds for the gradients of 32", cnn_time);
    report.figure("ratio of the time of PixelRNN to that of PixelCNN", rnn_time / cnn_time);
    let mut rng = rng(args.seed);
    let (earlier, later) = what_logits_see(&*rnn, &mut rng);
    report.figure("PixelRNN: share of earlier pixels that a logit depends on", earlier);
    report.at_most("PixelRNN: later pixels that a logit depends on", later as f64, 0.0);
    let drawn: Vec<Pixels> = (0..64).map(|_| draw(&*rnn, &mut rng)).collect();
    report.picture("digits.png", &beside(&drawn, &test))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// The mean of each pixel as its probability takes 0.55 bits; a model that uses other pixels takes less.
#[test]
fn learns_digits_by_rows() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["PixelRNN: bits per pixel"] < 0.5 && report["PixelCNN: bits per pixel"] < 0.5);
    assert!(report["PixelRNN: later pixels that a logit depends on"] == 0.0);
}
