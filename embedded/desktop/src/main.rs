//! The desktop's side of the firmware.
//!
//! ```text
//! desktop samples                          digits/src/samples.rs anew: the first test digit of each class
//! desktop rounded                          rounded.safetensors anew: weights by chance
//! desktop check FIRMWARE_OUTPUT BARE_OUTPUT    compares logits with those of this machine, prints what they cost
//! ```

use digits::{DigitNet, Rounded, SAMPLES, image};
use fireclay::prelude::*;
use std::collections::HashMap;

type Failure = Box<dyn std::error::Error>;

const WEIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../digits.safetensors");

const ROUNDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../rounded.safetensors");

/// Of the largest logit.
const TOLERANCE: f32 = 1e-5;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["samples"] => samples(),
        ["rounded"] => Ok(Rounded::init(&mut rng(1)).save(ROUNDED)?),
        ["check", firmware, bare] => check(&Output::read(firmware)?, &Output::read(bare)?),
        _ => Err("usage: desktop samples | desktop rounded | desktop check FIRMWARE_OUTPUT BARE_OUTPUT".into()),
    }
}

/// The first test digit of each class, as Rust.
fn samples() -> Result<(), Failure> {
    let (_, test) = Digits::split()?;
    println!("//! Made by `desktop samples`: the first test digit of each class.\n//!");
    println!(
        "//! Optical Recognition of Handwritten Digits (Alpaydin and Kaynak 1998), UCI machine learning repository, CC BY 4.0.\n"
    );
    println!("/// A zero to a nine, from white (0) to black (16).\n#[rustfmt::skip]\npub static SAMPLES: [[[u8; 8]; 8]; 10] = [");
    for class in 0..10 {
        let first = (0..test.len()).find(|i| test.target(*i).get() == class).ok_or("a class without digits")?;
        println!("    [");
        for row in &test.input(first)[0] {
            let pixels: Vec<String> = row.iter().map(|pixel| format!("{:2}", pixel * 16.0)).collect();
            println!("        [{}],", pixels.join(", "));
        }
        println!("    ],");
    }
    println!("];");
    Ok(())
}

/// What a firmware printed.
struct Output {
    logits: Vec<Vec<f32>>,
    /// Of the network with values of `i8`.
    rounded: Vec<Vec<f32>>,
    instructions: Vec<usize>,
    bytes: HashMap<String, usize>,
}

impl Output {
    fn read(path: &str) -> Result<Self, Failure> {
        let mut output = Self { logits: Vec::new(), rounded: Vec::new(), instructions: Vec::new(), bytes: HashMap::new() };
        for line in std::fs::read_to_string(path)?.lines() {
            let (what, rest) = line.split_once(' ').ok_or_else(|| format!("the firmware says: {line}"))?;
            match what {
                "logits" | "rounded" => {
                    let bits = rest.split_whitespace().map(|hex| u32::from_str_radix(hex, 16).map(f32::from_bits));
                    let list = if what == "logits" { &mut output.logits } else { &mut output.rounded };
                    list.push(bits.collect::<Result<_, _>>()?);
                }
                "instructions" => output.instructions.push(rest.trim().parse()?),
                _ => {
                    output.bytes.insert(what.to_owned(), rest.trim().parse()?);
                }
            }
        }
        Ok(output)
    }

    fn bytes(&self, what: &str) -> Result<usize, Failure> {
        self.bytes.get(what).copied().ok_or_else(|| format!("the firmware did not print its {what}").into())
    }
}

/// How far apart logits are, as a share of the largest. What is no number must not pass for a small one.
fn apart(here: &[f32], there: &[f32]) -> f32 {
    let largest = here.iter().fold(0.0_f32, |most, logit| most.max(logit.abs()));
    let apart = here.iter().zip(there).map(|(a, b)| (a - b).abs() / largest);
    apart.fold(0.0, |most, apart| if apart.is_nan() { f32::INFINITY } else { most.max(apart) })
}

/// The network whose values are bytes between two of its layers: how far the device is from this machine.
fn check_rounded(device: &Output) -> Result<f32, Failure> {
    let net = Rounded::open(ROUNDED)?;
    if device.rounded.len() != SAMPLES.len() || device.rounded.iter().any(|logits| logits.len() != 10) {
        return Err("the firmware did not print ten times ten logits of `Rounded`".into());
    }
    let pairs = SAMPLES.iter().zip(&device.rounded);
    Ok(pairs.map(|(sample, there)| apart(net.predict(&image(sample)).as_slice(), there)).fold(0.0, f32::max))
}

/// The text of the first declaration in a file.
fn declaration(file: &str) -> Option<&str> {
    let declaration = &file[file.find("network! {")?..];
    declaration.find("\n}\n").map(|end| &declaration[..end])
}

fn check(device: &Output, bare: &Output) -> Result<(), Failure> {
    let example = declaration(include_str!("../../../examples/digits.rs"));
    if example.is_none() || example != declaration(include_str!("../../digits/src/lib.rs")) {
        return Err("examples/digits.rs declares something else than embedded/digits".into());
    }
    // The network as it was trained, packed on this machine for its vectors.
    let net = DigitNet::open(WEIGHTS)?;
    if device.logits.len() != SAMPLES.len() {
        return Err(format!("the firmware printed {} of {} digits", device.logits.len(), SAMPLES.len()).into());
    }
    let (mut worst, mut right) = (0.0_f32, 0);
    println!("digit  device  desktop  difference / largest logit");
    for (class, (sample, logits)) in SAMPLES.iter().zip(&device.logits).enumerate() {
        let here = net.predict(&image(sample));
        let there = Tensor::<shape![10]>::from_slice(logits).ok_or("10 logits were expected")?;
        let difference = apart(here.as_slice(), logits);
        println!("{class:5}  {:6}  {:7}  {difference:.1e}", there.argmax(), here.argmax());
        worst = worst.max(difference);
        right += usize::from(there.argmax() == class);
    }
    println!("\n{right} of 10 right; {worst:.1e} of the largest logit apart at most (allowed: {TOLERANCE:e})");
    let (least, most) = (device.instructions.iter().min(), device.instructions.iter().max());
    if let (Some(least), Some(most)) = (least, most) {
        let per_mac = *most as f64 / DigitNet::MACS as f64;
        println!("{least}–{most} instructions per inference, {per_mac:.2} per multiply-accumulate of {}", DigitNet::MACS);
    }
    let of = |what| Ok::<_, Failure>((device.bytes(what)?, bare.bytes(what)?));
    let ((flash, bare_flash), (ram, bare_ram), (stack, bare_stack)) = (of("flash")?, of("ram")?, of("stack")?);
    let (weights, memory) = (device.bytes("weights")?, device.bytes("memory")?);
    println!("flash: {flash} bytes; without the firmware's own {bare_flash}: {}, of which weights {weights}", flash - bare_flash);
    println!(
        "ram:   {ram} bytes of statics; without the firmware's own {bare_ram}: {}, of which working memory {memory}",
        ram - bare_ram
    );
    println!("stack: {stack} bytes at most; {bare_stack} without inference");
    let rounded = check_rounded(device)?;
    println!("with values of i8 between its layers: {rounded:.1e} of the largest logit apart at most");
    if worst > TOLERANCE || rounded > TOLERANCE {
        return Err("the device computes something else".into());
    }
    Ok(())
}
