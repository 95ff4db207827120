//! Checks the networks of the corpus against PyTorch's results, and prints a table of them.

use clap::Parser;
use fireclay_corpus::digest::Deviations;
use fireclay_corpus::entry::{Entry, Report, Settings};
use fireclay_corpus::models::NETWORKS;
use fireclay_corpus::reference::{Mode, Reference};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// So many times PyTorch's own error in float32 a result may lie off: Winograd's products lose more than direct sums do, and where a ReLU decides by the
/// last bits, more of them go another way.
const TIMES: f64 = 8.0;
/// And this much at least, of the root of the mean square: the tests of `tests/golden` allow 3e-5 of the largest number, which is about three times that.
const FLOOR: f64 = 1e-4;

/// Checks the networks of the corpus against PyTorch.
#[derive(Debug, Parser)]
struct Arguments {
    /// Only these networks
    names: Vec<String>,
    /// The files that `python -m generate corpus` wrote
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/results"))]
    folder: PathBuf,
    /// A form of training that takes more memory is not run, in GiB
    #[arg(long, default_value_t = 8)]
    memory: usize,
    /// Threads; the results are the same for any number
    #[arg(long)]
    threads: Option<usize>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(unknown) = arguments.names.iter().find(|name| !NETWORKS.iter().any(|entry| entry.name == **name)) {
        let known: Vec<&str> = NETWORKS.iter().map(|entry| entry.name).collect();
        eprintln!("no network is called {unknown}; there are {}", known.join(", "));
        return ExitCode::from(2);
    }
    if let Some(threads) = arguments.threads {
        fireclay_corpus::threads(threads);
    }
    let chosen: Vec<&Entry> = NETWORKS
        .iter()
        .filter(|entry| arguments.names.is_empty() || arguments.names.iter().any(|name| name == entry.name))
        .collect();
    println!("Largest deviation from PyTorch in float64, in brackets that of PyTorch in float32.\n");
    println!("| network | parameters | mode | outputs | gradients | after a step | inference | seconds |");
    println!("|---|---:|---|---|---|---|---|---:|");
    let wrong: usize = chosen.iter().map(|entry| usize::from(!check(entry, &arguments))).sum();
    println!("\n{} of {} networks agree", chosen.len() - wrong, chosen.len());
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Checks a network and prints its rows; whether it agrees.
fn check(entry: &Entry, arguments: &Arguments) -> bool {
    let start = Instant::now();
    let reference = match Reference::read(&arguments.folder.join(format!("{}.safetensors", entry.name))) {
        Ok(reference) => reference,
        Err(error) => {
            println!("| {} | {} | not run: {error} |", entry.name, entry.parameters);
            return false;
        }
    };
    let report = entry.check(&reference, &Settings { most_bytes: arguments.memory << 30 });
    let mut seconds = format!("{:.1}", start.elapsed().as_secs_f64());
    for mode in reference.about.rates.keys() {
        let cells: Vec<String> =
            [&["outputs", "loss", "buffers"][..], &["gradients", "input_gradients"], &["after"], &["inference"]]
                .iter()
                .map(|kinds| cell(&report, *mode, kinds))
                .collect();
        let (name, parameters) = (entry.name, entry.parameters);
        println!("| {name} | {parameters} | {} | {} | {} |", mode.name(), cells.join(" | "), std::mem::take(&mut seconds));
    }
    report.notes.iter().for_each(|note| println!("\n{}: {note}", entry.name));
    let off = report.compared.iter().flat_map(|(mode, what, found)| {
        let largest = (found.name.as_str(), found.largest, found.torch_largest);
        let median = ("the median", found.median, found.torch_median);
        [largest, median].into_iter().filter(|(_, own, torch)| !within(*own, *torch)).map(move |(name, own, torch)| {
            let (mode, bound) = (mode.name(), bound(torch));
            format!("{mode} {what}: {name} lies {own:.2e} off, allowed are {bound:.2e}; PyTorch's float32 lies {torch:.2e} off")
        })
    });
    let wrong: Vec<String> = report.wrong.iter().cloned().chain(off).collect();
    wrong.iter().for_each(|text| println!("\n{}: {text}", entry.name));
    wrong.is_empty()
}

fn bound(torch: f64) -> f64 {
    FLOOR.max(TIMES * torch)
}

/// Also false for what is no number.
fn within(own: f64, torch: f64) -> bool {
    own <= bound(torch)
}

/// `2.1e-6 (8.4e-7)`
fn cell(report: &Report, mode: Mode, kinds: &[&str]) -> String {
    let of_kinds = report.compared.iter().filter(|(m, kind, _)| *m == mode && kinds.contains(kind));
    let worst = of_kinds.map(|(.., worst)| worst.clone()).reduce(Deviations::or);
    worst.map_or_else(String::new, |worst| format!("{:.1e} ({:.1e})", worst.largest, worst.torch_largest))
}
