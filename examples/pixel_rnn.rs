//! PixelRNN: digits drawn pixel by pixel by LSTMs over rows and over diagonals, beside PixelCNN.
//!
//! Van den Oord et al. 2016, "Pixel recurrent neural networks", arXiv 1601.06759. A row LSTM (section 3.1) goes down the rows of an image; its state is a whole row, and
//! each pixel has seen a triangle above it. A diagonal BiLSTM (section 3.2) goes along the diagonals, from the left and from the right, and each pixel has seen all
//! before it. What they take of the image is computed at once, what they take of the step before in one step after the other. PixelCNN has masked
//! convolutions in place of that recurrence: it computes all pixels at once, which is why it trains many times faster.
//! Images are the 8×8 digits that ship with the crate, each pixel black or white. All networks have three residual layers of the same width.
//! The figures are bits per dimension, which is here a pixel, of held-out digits, and the time of the gradients of 32 of them on one core, as a ratio to
//! PixelCNN's. A logit must depend on no pixel that comes later. The picture has digits that the diagonal PixelRNN drew on the left and real ones on the right.

use fireclay::data::Samples;
use fireclay::prelude::*;
use fireclay_examples::pixels::{BitsPerPixel, Pixels, beside, binarized, draw, each_by_itself, what_logits_see};
use fireclay_examples::{Args, Report, Result};
use std::time::Instant;

/// Images of a step.
const BATCH: usize = 32;

network! {
    /// Residual blocks of PixelRNN: 2n channels come and go, n are the state of a row or of a diagonal.
    block Rows(x; n) { x + (x -> lstm: RowLstm(n, kernel = 3) -> up: Conv(2 * n, 1) -> Dropout(0.2)) }
    block Diagonals(x; n) { x + (x -> lstm: DiagonalBiLstm(n) -> up: Conv(2 * n, 1) -> Dropout(0.2)) }
    /// A residual block of PixelCNN.
    block Residual(x; n) {
        x + (x -> Relu -> down: Conv(n, 1) -> Relu -> conv: Conv(n, 3, pad = 1, mask = B) -> Relu -> up: Conv(2 * n, 1) -> Dropout(0.2))
    }
    block Last(x) { x -> Relu -> mix: Conv(64, 1) -> Relu -> Dropout(0.2) -> out: Conv(1, 1) }
    /// The logit of each pixel, from those before it.
    pub DiagonalRnn(image: [1, 8, 8]) -> [1, 8, 8] { image -> first: Conv(64, 5, pad = 2, mask = A) -> body: [Diagonals(32); 3] -> last: Last }
    /// The same by rows.
    pub RowRnn(image: [1, 8, 8]) -> [1, 8, 8] { image -> first: Conv(64, 5, pad = 2, mask = A) -> body: [Rows(32); 3] -> last: Last }
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

/// The gradients of one batch, again and again on one core.
struct Step<N: Network> {
    net: Box<N>,
    memory: Memory<N>,
    grads: Box<Grads<N>>,
    /// Milliseconds of the quickest turn.
    least: f64,
}

impl<N: Network<Input = Pixels, TrainOutput = Pixels>> Step<N> {
    fn new(net: Box<N>) -> Self {
        let mut memory = N::memory(BATCH);
        memory.threads(1);
        Self { net, memory, grads: N::grads(), least: f64::INFINITY }
    }
    fn turn(&mut self, x: &Batch<shape![1, 8, 8]>) {
        let start = Instant::now();
        self.net.train(x, BceWithLogits, x, &mut self.memory, &mut self.grads);
        self.least = self.least.min(1e3 * start.elapsed().as_secs_f64());
    }
}

/// Trains all, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("pixel_rnn", args);
    println!("{}\n", DiagonalRnn::summary());
    let (digits, test) = args.digits()?;
    let (digits, validation) = digits.split_stratified(0.9, args.seed);
    let [digits, validation, test]: [Samples<Pixels, Pixels>; 3] = [&digits, &validation, &test].map(binarized);
    let digits = if args.quick { digits.split(0.5, args.seed).0 } else { digits };

    let diagonal = learn!(DiagonalRnn, args, &digits, &validation);
    let row = learn!(RowRnn, args, &digits, &validation);
    let cnn = learn!(PixelCnn, args, &digits, &validation);
    report.figure("bits per pixel, independent pixels", each_by_itself(&digits, &test));
    report.at_most("PixelRNN (diagonal BiLSTM): bits per pixel", diagonal.evaluate(&test, BitsPerPixel), 0.4);
    report.at_most("PixelRNN (row LSTM): bits per pixel", row.evaluate(&test, BitsPerPixel), 0.42);
    report.at_most("PixelCNN: bits per pixel", cnn.evaluate(&test, BitsPerPixel), 0.43);
    let mut rng = rng(args.seed);
    let (earlier, later) = what_logits_see(&*diagonal, &mut rng);
    report.at_least("PixelRNN (diagonal BiLSTM): share of earlier pixels that a logit depends on", earlier, 0.95);
    report.at_most("PixelRNN (diagonal BiLSTM): later pixels that a logit depends on", later as f64, 0.0);
    let drawn: Vec<Pixels> = (0..64).map(|_| draw(&*diagonal, &mut rng)).collect();
    report.picture("digits.png", &beside(&drawn, &test))?;

    // In turns, and the quickest of each: what else the machine does counts as little as it can.
    let x = Batch::from_samples((0..BATCH).map(|i| test.input(i)));
    let (mut diagonal, mut row, mut cnn) = (Step::new(diagonal), Step::new(row), Step::new(cnn));
    for _ in 0..args.of(200, 20) {
        diagonal.turn(&x);
        row.turn(&x);
        cnn.turn(&x);
    }
    report.figure("PixelCNN: milliseconds for the gradients of 32", cnn.least);
    report.figure("PixelRNN (row LSTM): times as long", row.least / cnn.least);
    report.figure("PixelRNN (diagonal BiLSTM): times as long", diagonal.least / cnn.least);
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// The mean of each pixel as its probability takes 0.55 bits; a model that uses other pixels takes less.
#[test]
fn learns_digits_by_rows_and_diagonals() {
    let report = run(&Args::quick()).expect("runs");
    for net in ["PixelRNN (diagonal BiLSTM)", "PixelRNN (row LSTM)", "PixelCNN"] {
        assert!(report[&format!("{net}: bits per pixel")] < 0.5, "{net}");
    }
    assert!(report["PixelRNN (diagonal BiLSTM): share of earlier pixels that a logit depends on"] > 0.9);
    assert!(report["PixelRNN (diagonal BiLSTM): later pixels that a logit depends on"] == 0.0);
}
