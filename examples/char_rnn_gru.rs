//! Three recurrent cells side by side: how many bits each needs for a character of a text.
//!
//! Plain RNN (Elman 1990), GRU (Cho et al. 2014, arXiv 1406.1078), LSTM (Hochreiter and Schmidhuber 1997); characters as in Karpathy 2015, "The unreasonable
//! effectiveness of recurrent neural networks". All have one layer of 128 units; the text is the book of Genesis (King James version), of which the last tenth is not
//! learned from.
//! The figures are bits per character of the last tenth, beside those of unigrams and bigrams, counted in what was learned from.
//! The picture has the curves, and the program prints what each cell writes.

use fireclay::metrics::Perplexity;
use fireclay::picture::Plot;
use fireclay::prelude::*;
use fireclay_examples::text::{Char, letter, ngram_bits, numbers, pieces, split};
use fireclay_examples::{Args, Report, Result};

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

/// Trains a cell; bits per character after each epoch, and what it writes in the end.
macro_rules! learn {
    ($net:ident, $args:expr, $train:expr, $test:expr) => {{
        let mut net = $net::init(&mut rng($args.seed));
        let history = Trainer::new(CrossEntropy, Adam::new(5e-3))
            .batch(16)
            .epochs($args.of(8, 4))
            .seed($args.seed)
            .clip_norm(1.0)
            .schedule(Cosine)
            .validate($test, Perplexity::new())
            .progress($args.progress())
            .fit(&mut net, $train)?;
        let bits: Vec<f32> = history.epochs().iter().filter_map(|epoch| epoch.metric).map(f32::log2).collect();
        let (mut state, mut random) = ($net::state(), rng($args.seed));
        let mut c: Char = $train.input(0).as_slice()[0];
        let mut written = String::new();
        for _ in 0..200 {
            written.push(letter(c));
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
    let (first, last) = split(&text)?;
    let (first, last) =
        (&first[..first.len().min(args.of(usize::MAX, 40_000))], &last[..last.len().min(args.of(usize::MAX, 6_000))]);
    let [alone, after] = ngram_bits(first, last);
    report.figure("bits per character, unigrams", alone);
    report.figure("bits per character, bigrams", after);
    let (train, test) = (pieces(first), pieces(last));
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

/// Bigrams need no state: a network that takes fewer bits uses more than the last character.
#[test]
fn learns_more_than_bigrams() {
    let report = run(&Args::quick()).expect("runs");
    let bigrams = report["bits per character, bigrams"];
    assert!(report["GRU: bits per character"] < bigrams && report["LSTM: bits per character"] < bigrams);
}
