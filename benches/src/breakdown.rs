//! Where the time goes: a line for each layer that ran, beside what the machine can do.

use crate::peak;
use crate::timing::{Job, Run, median};
use fireclay::profile;
use std::time::Instant;

const DIRECTIONS: [&str; 2] = ["forward", "backward"];

/// What a layer took, and how much it had to do.
struct Row<'a> {
    name: &'a str,
    layer: &'a str,
    /// Which algorithms were chosen for it, and why.
    algorithms: &'a str,
    /// For one sample.
    macs: usize,
    /// Microseconds of a step, forward and backward.
    micros: [f64; 2],
    /// Floating-point operations of a step.
    operations: [f64; 2],
}

/// Runs the work for some seconds and prints the table.
pub fn show(run: &Run, job: &Job<'_>, mut work: impl FnMut()) {
    let Some(info) = job.network else {
        return println!("{}: no breakdown, since several networks share this step", job.workload);
    };
    (0..3).for_each(|_| work());
    let mut steps = Vec::new();
    let mut whole = Vec::new();
    let begin = Instant::now();
    while steps.len() < 5 || (begin.elapsed().as_secs_f64() < run.seconds && steps.len() < 20_000) {
        let start = Instant::now();
        work();
        whole.push(start.elapsed().as_secs_f64() * 1e6);
        profile::start();
        work();
        steps.push(profile::stop());
    }
    let micros = |node: usize, direction: usize| {
        let times = steps.iter().map(|nodes| nodes.get(node).map_or(0.0, |spent| spent[direction].as_secs_f64() * 1e6));
        median(times.collect())
    };
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (node, layer) in info.layers.iter().enumerate() {
        let micros = [0, 1].map(|direction| micros(node, direction));
        if micros == [0.0; 2] {
            continue;
        }
        // Backward there are two products of that size: for the weights and, but in the first layer, for the input.
        let products = [1.0, if rows.iter().any(|row| row.macs > 0) { 2.0 } else { 1.0 }];
        let operations = products.map(|n| 2.0 * n * layer.macs as f64 * job.samples);
        rows.push(Row {
            name: layer.name,
            layer: layer.layer,
            algorithms: layer.algorithms,
            macs: layer.macs,
            micros,
            operations,
        });
    }
    print(job, &rows, median(whole));
}

fn print(job: &Job<'_>, rows: &[Row<'_>], whole: f64) {
    let (instructions, peak) = peak::measure();
    let directions = if rows.iter().any(|row| row.micros[1] > 0.0) { 2 } else { 1 };
    let width = |of: fn(&Row<'_>) -> usize| rows.iter().map(of).max().unwrap_or(0).max(5);
    let (name, layer) = (width(|row| row.name.chars().count()), width(|row| row.layer.chars().count()));
    println!("{}, {}: one thread, peak {peak:.1} GFLOP/s ({instructions})", job.workload, job.mode);
    print!("{:name$}  {:layer$}  {:>12}", "name", "layer", "MACs");
    DIRECTIONS[..directions].iter().for_each(|direction| print!("  {:>11}  GFLOP/s  of peak", format!("{direction} µs")));
    println!();
    for row in rows {
        print!("{:name$}  {:layer$}  {:>12}", row.name, row.layer, row.macs);
        (0..directions).for_each(|direction| rate(row.micros[direction], row.operations[direction], peak));
        println!();
    }
    let sum = |of: fn(&Row<'_>) -> [f64; 2], direction: usize| rows.iter().map(|row| of(row)[direction]).sum::<f64>();
    print!("{:name$}  {:layer$}  {:>12}", "all", "", rows.iter().map(|row| row.macs).sum::<usize>());
    (0..directions).for_each(|direction| rate(sum(|row| row.micros, direction), sum(|row| row.operations, direction), peak));
    let layers: f64 = (0..directions).map(|direction| sum(|row| row.micros, direction)).sum();
    println!("\nthe whole step {whole:.2} µs, of which the layers are {:.0} %", 100.0 * layers / whole);
    for row in rows.iter().filter(|row| !row.algorithms.is_empty()) {
        println!("{} {}", row.name, row.layer);
        row.algorithms.lines().for_each(|line| println!("    {line}"));
    }
}

/// Time, speed and share of the peak; empty where there is nothing to tell.
fn rate(micros: f64, operations: f64, peak: f64) {
    let gflops = operations / micros / 1e3;
    match (micros > 0.0, operations > 0.0) {
        (false, _) => print!("  {:>11}  {:>7}  {:>7}", "", "", ""),
        (true, false) => print!("  {micros:>11.2}  {:>7}  {:>7}", "", ""),
        (true, true) => print!("  {micros:>11.2}  {gflops:>7.1}  {:>5.0} %", 100.0 * gflops / peak),
    }
}
