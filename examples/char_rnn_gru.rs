//! Three recurrent cells side by side: how many bits each needs for a character of a text.
//!
//! Plain RNN (Elman 1990), GRU (Cho et al. 2014, arXiv 1406.1078), LSTM (Hochreiter and Schmidhuber 1997); characters as in Karpathy 2015, "The unreasonable
//! effectiveness of recurrent neural networks". All have one layer of 128 units; the text is the book of Genesis (King James version), of which the last tenth is not
//! learned from.
//! A character by itself, as often as it occurs, takes 4.2 bits.
//! The figures are bits per character of the last tenth; the picture has the curves, and the program prints what each cell writes.

use fireclay::data::Samples;
use fireclay::metrics::Perplexity;
use fireclay::picture::Plot;
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};

/// Characters that the networks know: printable ASCII and the end of a line.
const KNOWN: usize = 96;
/// Characters that they learn from at once.
const STEPS: usize = 64;

network! {
    /// Elman's network.
    #[fireclay(step)]
    pub CharRnn(text: [0..96; 64]) -> [64, 96] { text -> embed: Embedding(32) -> rnn: Rnn(128) -> out: Dense(96) }
    /// Gated recurrent units.
    #[fireclay(step)]
    pub CharGru(text: [0..96; 64]) -> [64, 96] { text -> embed: Embedding(32) -> gru: Gru(128) -> out: Dense(96) }
    /// Long short-term memory.
    #[fireclay(step)]
    pub CharLstm(text: [0..96; 64]) -> [64, 96] { text -> embed: Embedding(32) -> lstm: Lstm(128) -> out: Dense(96) }
}

type Piece = Indices<KNOWN, STEPS>;
type Pieces = Samples<Piece, Piece>;

/// A text's characters, as numbers.
fn numbers(text: &str) -> Vec<Index<KNOWN>> {
    let number = |c: char| match c {
        '\n' => Index::new(KNOWN - 1),
        ' '..='~' => Index::new(c as usize - ' ' as usize),
        _ => None,
    };
    text.chars().filter_map(number).collect()
}

/// Pieces of the text; what is to be learned of each character is the next one.
fn pieces(text: &[Index<KNOWN>]) -> Pieces {
    text.chunks_exact(STEPS + 1).map(|piece| (Indices::from_fn(|t| piece[t]), Indices::from_fn(|t| piece[t + 1]))).collect()
}

/// Trains a cell; bits per character after each epoch, and what it writes in the end.
macro_rules! learn {
    ($net:ident, $args:expr, $train:expr, $test:expr) => {{
        let mut net = $net::init(&mut rng($args.seed));
        let history = Trainer::new(CrossEntropy, Adam::new(5e-3))
            .batch(16)
            .epochs($args.of(8, 1))
            .seed($args.seed)
            .clip_norm(1.0)
            .schedule(Cosine)
            .validate($test, Perplexity::new())
            .progress($args.progress())
            .fit(&mut net, $train)?;
        let bits: Vec<f32> = history.epochs().iter().filter_map(|epoch| epoch.metric).map(f32::log2).collect();
        let (mut state, mut random) = ($net::state(), rng($args.seed));
        let mut c = $train.input(0).as_slice()[0];
        let mut written = String::new();
        for _ in 0..200 {
            written.push(if c.get() == KNOWN - 1 { '\n' } else { char::from(b' ' + c.get() as u8) });
            c = net.step(c, &mut state).softmax(0.6).sample(&mut random);
        }
        println!("{}, {:.2} bits per character, writes:\n{written}\n", stringify!($net), bits[bits.len() - 1]);
        bits
    }};
}

/// Trains all three.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("char_rnn_gru", args);
    let text = numbers(&args.text()?);
    let (first, last) = text.split_at(text.len() / 10 * 9);
    let (train, test) =
        (pieces(&first[..first.len().min(args.of(usize::MAX, 40_000))]), pieces(&last[..args.of(last.len(), 6_000)]));
    let found = [
        ("RNN", learn!(CharRnn, args, &train, &test)),
        ("GRU", learn!(CharGru, args, &train, &test)),
        ("LSTM", learn!(CharLstm, args, &train, &test)),
    ];
    let mut plot = Plot::new("Bits per character of what was not learned").axes("epoch", "bits");
    for (name, bits) in found {
        let wanted = if name == "RNN" { 2.6 } else { 2.4 };
        report.at_most(&format!("{name}: bits per character"), bits[bits.len() - 1], wanted);
        plot = plot.curve(name, bits);
    }
    report.plots("bits.svg", &[plot])?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// All of 96 alike takes 6.6 bits, each as often as it occurs 4.2.
#[test]
fn learns_more_than_letters() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["GRU: bits per character"] < 4.0 && report["LSTM: bits per character"] < 4.0);
}
