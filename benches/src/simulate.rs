//! How a step would scale: its pieces, timed on one thread, are dealt to 1, 2, … 64 workers as the library deals them to threads.
//!
//! A slot of gradients is one worker's; workers take consecutive slots. What is done in shares takes as many as there are workers, but for those that
//! the work is too small for. One worker does what stands between, clearing the gradients too.

use crate::timing::{Job, Run, median};
use fireclay::profile::{self, Piece};
use std::time::{Duration, Instant};

/// How many workers.
const WORKERS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// What the step takes with so many workers, where forking and joining takes `join` for each doubling.
fn makespan(pieces: &[(Piece, Duration)], rest: Duration, workers: usize, join: Duration) -> Duration {
    let joins = |shares: usize| join * shares.next_power_of_two().trailing_zeros();
    let mut all = rest;
    let mut at = 0;
    while let Some((piece, time)) = pieces.get(at) {
        match *piece {
            Piece::Serial => all += *time,
            Piece::Shares { most } => {
                let shares = workers.min(most);
                all += *time / u32::try_from(shares).unwrap_or(1) + joins(shares);
            }
            Piece::Slot { slots, .. } => {
                let groups = workers.min(slots);
                let of_slots = &pieces[at..pieces.len().min(at + slots)];
                let of = |group: usize| {
                    of_slots[group * slots / groups..(group + 1) * slots / groups].iter().map(|(_, time)| *time).sum::<Duration>()
                };
                all += (0..groups).map(of).max().unwrap_or_default() + joins(groups);
                at += slots - 1;
            }
        }
        at += 1;
    }
    all
}

/// What it takes to fork and join once, measured on the threads that there are.
fn join_time() -> Duration {
    let times = (0..2000).map(|_| {
        let begin = Instant::now();
        rayon::join(|| (), || ());
        begin.elapsed().as_secs_f64()
    });
    Duration::from_secs_f64(median(times.collect()))
}

/// Prints the table.
pub fn show(run: &Run, job: &Job<'_>, mut work: impl FnMut()) {
    for _ in 0..3 {
        work();
    }
    // The quickest step of some: what came between on this machine is not the step's.
    let (mut best, mut pieces) = (Duration::MAX, Vec::new());
    let begin = Instant::now();
    while begin.elapsed().as_secs_f64() < run.seconds {
        let start = Instant::now();
        let found = profile::pieces(&mut work);
        let time = start.elapsed();
        if time < best {
            (best, pieces) = (time, found);
        }
    }
    let counted: Duration = pieces.iter().map(|(_, time)| *time).sum();
    let (rest, join) = (best.saturating_sub(counted), join_time());
    println!(
        "{}: {} pieces, {:.3} ms, of which {:.3} between pieces; a join {:.1} µs\n",
        job.workload,
        pieces.len(),
        ms(best),
        ms(rest),
        join.as_secs_f64() * 1e6
    );
    println!("| workers | ms | times as fast | efficiency |\n|---:|---:|---:|---:|");
    for workers in WORKERS {
        let time = makespan(&pieces, rest, workers, join);
        let speedup = best.as_secs_f64() / time.as_secs_f64();
        println!("| {workers} | {:.3} | {speedup:.2} | {:.0} % |", ms(time), speedup / workers as f64 * 100.0);
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn slots_are_dealt_in_runs_and_shares_evenly() {
        let slot = |slot: usize| (Piece::Slot { slot, slots: 3 }, MS * (slot as u32 + 1));
        let pieces = [slot(0), slot(1), slot(2), (Piece::Serial, MS), (Piece::Shares { most: 2 }, MS * 4)];
        let of = |workers| makespan(&pieces, MS, workers, Duration::ZERO);
        // Two workers take slots 0 and 1, 2: 1 | 2 + 3.
        assert_eq!([1, 2, 3, 64].map(of), [MS * 12, MS * 9, MS * 7, MS * 7]);
    }
}
