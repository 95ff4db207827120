//! A character LSTM of two layers: learns to write like a text.
//!
//! Graves 2013, "Generating sequences with recurrent neural networks", arXiv 1308.0850; Karpathy 2015, "The unreasonable effectiveness of recurrent neural
//! networks". Two LSTM layers (Hochreiter and Schmidhuber 1997) with dropout between them (Zaremba et al. 2014, arXiv 1409.2329).
//! The text is the book of Genesis (King James version), of which the last tenth is not learned from. What the network writes is sampled character by character,
//! each the next input; the program prints some after each epoch.
//! The figures are bits per character of the last tenth, beside those of unigrams and bigrams, counted in what was learned from.
//! The picture has the curve.

use fireclay::metrics::Perplexity;
use fireclay::picture::Plot;
use fireclay::prelude::*;
use fireclay::trainer::Run;
use fireclay_examples::text::{Char, letter, ngram_bits, numbers, pieces, split};
use fireclay_examples::{Args, Report, Result};

network! {
    /// Two stacked LSTM layers over characters.
    #[fireclay(step)]
    pub CharLstm(text: [0..96; 64]) -> [64, 96] {
        text
            -> embed: Embedding(48)
            -> lstm: Lstm(128, layers = 2, dropout = 0.2)
            -> out: Dense(96)
    }
}

/// Trains it on a text and lets it write.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("char_lstm", args);
    println!("{}\n", CharLstm::summary());
    let text = numbers(&args.text()?);
    let (first, last) = split(&text)?;
    let (first, last) =
        (&first[..first.len().min(args.of(usize::MAX, 40_000))], &last[..last.len().min(args.of(usize::MAX, 6_000))]);

    let mut net = CharLstm::init(&mut rng(args.seed));
    let history = Trainer::new(CrossEntropy, Adam::new(4e-3))
        .batch(args.of(32, 16))
        .epochs(args.of(12, 4))
        .seed(args.seed)
        .clip_norm(1.0)
        .schedule(Cosine)
        .validate(&pieces(last), Perplexity::new())
        .progress(args.progress())
        .on_epoch(|epoch, run: &mut Run<CharLstm>| {
            println!("\nepoch {}, loss {:.3}:\n{}\n", epoch.number, epoch.loss, write(run.net(), first[0], args));
        })
        .fit(&mut net, &pieces(first))?;
    net.save(report.path("weights.safetensors"))?;

    let bits: Vec<f32> = history.epochs().iter().filter_map(|epoch| epoch.metric).map(f32::log2).collect();
    let [alone, after] = ngram_bits(first, last);
    report.figure("bits per character, unigrams", alone);
    report.figure("bits per character, bigrams", after);
    report.at_most("bits per character", bits[bits.len() - 1], 2.2);
    let plot = Plot::new("Bits per character of what was not learned").axes("epoch", "bits").curve("LSTM of two layers", bits);
    report.plots("bits.svg", &[plot])?;
    report.finish()
}

/// Lets the network write: each character that it samples is its next input. A temperature below 1 prefers probable characters.
fn write(net: &CharLstm, first: Char, args: &Args) -> String {
    const TEMPERATURE: f32 = 0.7;
    let (mut state, mut rng) = (CharLstm::state(), rng(args.seed));
    let mut c = first;
    let mut written = String::new();
    for _ in 0..args.of(240, 40) {
        written.push(letter(c));
        c = net.step(c, &mut state).softmax(TEMPERATURE).sample(&mut rng);
    }
    written
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// Bigrams need no state: a network that takes fewer bits uses more than the last character.
#[test]
fn learns_more_than_bigrams() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["bits per character"] < report["bits per character, bigrams"]);
}
