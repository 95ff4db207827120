//! Voice activity: Silero VAD with its published weights, chunk by chunk.
//!
//! Silero Team 2024, "Silero VAD: pre-trained enterprise-grade voice activity detector"; the weights are those of the Python package silero-vad (MIT), loaded by
//! their names.
//! A chunk is 32 ms of sound. Its spectrum is a convolution whose filters are sines and cosines (a short-time Fourier transform); four convolutions look at the
//! magnitudes, and an LSTM remembers what was before. What is carried from chunk to chunk is three values of the declaration: the end of the sound that was heard,
//! and the two states of the LSTM.
//! The figures are the largest difference from PyTorch, and the time that a chunk takes on one core. ONNX Runtime 1.32 took 101.5 µs for it, measured
//! by `benches/compare` on 2026-11-30 (two cores of an Intel Xeon; `benches/README.md`).
//! The picture has the sound with the probability that somebody speaks. `embedded/voice` is the same declaration without `std`.
//! `--data` names another folder with the files of `examples/data/silero`.

use fireclay::picture::Plot;
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};
use std::time::Instant;

network! {
    /// The probability of speech in a chunk, given the last samples before it and the state; what the next chunk is to be given.
    pub Silero(before: [64, 1], chunk: [512, 1], h: [1, 128], c: [1, 128]) -> (speech: [1], before: [64, 1], h: [1, 128], c: [1, 128]) {
        let spectrum = concat(before, chunk, axis = time) -> Pad((0, 64), mode = reflect) -> stft: Conv1d(258, 256, stride = 128, bias = false);
        let (re, im) = split(spectrum, 2);
        let features = re * re + im * im -> Sqrt -> conv0: Conv1d(128, 3, pad = 1) -> Relu -> conv1: Conv1d(64, 3, stride = 2, pad = 1) -> Relu
            -> conv2: Conv1d(64, 3, stride = 2, pad = 1) -> Relu -> conv3: Conv1d(128, 3, pad = 1) -> Relu;
        let (y, (h, c)) = (features, (h, c)) -> lstm: Lstm(128, state = out);
        (speech: y -> Relu -> out: Conv1d(1, 1) -> Sigmoid -> Flatten, before: chunk -> Slice(time = 448..), h, c)
    }
}

const CHUNK: usize = 512;

/// Listens.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("voice_activity", args);
    println!("{}\n", Silero::summary());
    let folder = args.folder("silero");
    let net = Silero::open(folder.join("silero_vad_16k.safetensors"))?;
    let samples: Vec<i16> = hound::WavReader::open(folder.join("speech.wav"))?.into_samples().collect::<hound::Result<_>>()?;
    let sound: Vec<f32> = samples.iter().map(|sample| f32::from(*sample) / 32768.0).collect();

    let (packed, mut memory) = (net.pack(), Silero::infer_memory());
    let (mut speech, start) = (Vec::new(), Instant::now());
    let mut state = (Tensor::zeros(), Tensor::zeros(), Tensor::zeros());
    // The last chunk ends in silence.
    for chunk in sound.chunks(CHUNK) {
        let chunk = Tensor::from_fn(|i| chunk.get(i).copied().unwrap_or(0.0));
        let (probability, before, h, c) = packed.infer(&(state.0, chunk, state.1, state.2), &mut memory);
        speech.push(f64::from(probability[0]));
        state = (*before, *h, *c);
    }
    let each = start.elapsed().as_secs_f64() / speech.len() as f64;

    let expected: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(folder.join("silero_expected.json"))?)?;
    let expected: Vec<f64> = serde_json::from_value(expected["probabilities"].clone())?;
    report.at_most("difference in the number of chunks from PyTorch", speech.len().abs_diff(expected.len()) as f64, 0.0);
    let far = speech.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    report.at_most("largest difference of a probability from PyTorch", far, 1e-4);
    report.figure("share of chunks with speech", speech.iter().filter(|p| **p > 0.5).count() as f64 / speech.len() as f64);
    report.figure("microseconds for a chunk of 32 ms", each * 1e6);

    // Of each chunk the loudest number up and down, which is what a drawn wave shows.
    let most = sound.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let seconds = |chunk: usize| (chunk * CHUNK) as f64 / 16_000.0;
    let wave = sound.chunks(CHUNK / 4).enumerate().flat_map(|(i, part)| {
        let ends = [part.iter().copied().fold(0.0, f32::min), part.iter().copied().fold(0.0, f32::max)];
        ends.map(|x| (seconds(i) / 4.0, f64::from(x / most)))
    });
    let probability = speech.iter().enumerate().map(|(i, p)| (seconds(i), *p));
    let plot = Plot::new("when somebody speaks")
        .axes("seconds", "sound, and probability of speech")
        .line("sound", wave)
        .line("speech", probability);
    report.plots("speech.svg", &[plot])?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// What is built without `std` is this declaration.
#[test]
fn the_device_has_the_same_declaration() {
    let declaration = |source: &'static str| {
        source.split_once("network! {").and_then(|(_, rest)| rest.split_once("\n}\n")).map(|(this, _)| this)
    };
    assert_eq!(declaration(include_str!("../embedded/voice/src/lib.rs")), declaration(include_str!("voice_activity.rs")));
}

/// The published weights either give PyTorch's probabilities, which go from 0 to 1 and back, or they do not.
#[test]
fn hears_as_pytorch() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["largest difference of a probability from PyTorch"] < 1e-4);
    assert!(report["difference in the number of chunks from PyTorch"] == 0.0);
}
