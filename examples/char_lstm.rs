//! A character LSTM learns to write like a text, and writes a little after each epoch.

use clap::Parser;
use fireclay::{data::Samples, prelude::*, trainer::Run};
use std::path::{Path, PathBuf};

/// Characters that the network knows: printable ASCII and the end of a line.
const KNOWN: usize = 96;
/// Characters that it learns from at once.
const STEPS: usize = 64;

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

/// Trains a character LSTM on a text and lets it write.
#[derive(Parser)]
struct Args {
    /// The text; characters outside of ASCII are passed over
    #[arg(default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/genesis.txt"))]
    text: PathBuf,
    /// How often the text is gone through
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// First weights and order of the pieces follow from it
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// How many characters are written after each epoch
    #[arg(long, default_value_t = 240)]
    length: usize,
    /// Below 1 it writes what it is surer of, above 1 what it is less sure of
    #[arg(long, default_value_t = 0.7)]
    temperature: f32,
}

/// Trains it on a text; the loss of the last epoch.
fn run(args: &Args, text: &[Index<KNOWN>]) -> Result<f32, Box<dyn std::error::Error>> {
    println!("{}\n", CharLstm::summary());

    // Pieces of the text; what is to be learned of each character is the next one.
    let pieces = text.chunks_exact(STEPS + 1).map(|piece| (Indices::from_fn(|t| piece[t]), Indices::from_fn(|t| piece[t + 1])));
    let pieces: Samples<_, Indices<KNOWN, STEPS>> = pieces.collect();
    let mut net = CharLstm::init(&mut rng(args.seed));
    let history = Trainer::new(CrossEntropy, Adam::new(4e-3))
        .batch(32)
        .epochs(args.epochs as usize)
        .seed(args.seed)
        .clip_norm(1.0)
        .schedule(Cosine)
        .on_epoch(|epoch, run: &mut Run<CharLstm>| {
            println!(
                "\nepoch {}, loss {:.3}:\n{}\n",
                epoch.number,
                epoch.loss,
                write(run.net(), text[0], args.length, args.temperature)
            );
        })
        .fit(&mut net, &pieces)?;
    net.save("target/char_lstm.safetensors")?;
    println!("target/char_lstm.safetensors has the weights");
    Ok(history.epochs().last().map_or(f32::NAN, |epoch| epoch.loss))
}

/// The characters of a file.
fn read(path: &Path) -> Result<Vec<Index<KNOWN>>, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let known = |c: char| match c {
        '\n' => Index::new(KNOWN - 1),
        ' '..='~' => Index::new(c as usize - ' ' as usize),
        _ => None,
    };
    let text: Vec<_> = text.chars().filter_map(known).collect();
    if text.len() <= STEPS {
        return Err(
            format!("{} has {} characters of ASCII; at least {} are needed", path.display(), text.len(), STEPS + 1).into()
        );
    }
    Ok(text)
}

/// Lets the network write: each character it chooses is what it reads next.
fn write(net: &CharLstm, first: Index<KNOWN>, length: usize, temperature: f32) -> String {
    let (mut state, mut rng) = (CharLstm::state(), rng(1));
    let mut c = first;
    let mut written = String::new();
    for _ in 0..length {
        written.push(if c.get() == KNOWN - 1 { '\n' } else { char::from(b' ' + c.get() as u8) });
        c = net.step(c, &mut state).softmax(temperature).sample(&mut rng);
    }
    written
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    run(&args, &read(&args.text)?).map(drop)
}

/// All of 96 characters alike is a loss of 4.6, each as often as it occurs 2.9.
#[test]
fn learns_more_than_letters() {
    let args = Args::parse_from(["char_lstm", "--epochs", "3", "--length", "40"]);
    let text = read(&args.text).expect("a text");
    assert!(run(&args, &text[..40_000]).expect("runs") < 2.7);
}
