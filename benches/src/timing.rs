//! Timing as the peers' programs do it: warm up, then single calls, at least twenty and for some seconds.

use crate::{breakdown, simulate};
use fireclay::prelude::*;
use fireclay::{Info, Layout};
use std::time::Instant;

/// How to run.
pub struct Run {
    pub threads: usize,
    pub seconds: f64,
    /// A table of layers instead of the line.
    pub breakdown: bool,
    /// A table of workers instead of the line.
    pub simulate: bool,
    /// Samples of a batch, where not the workload's own.
    pub batch: Option<usize>,
    /// How samples lie while a network trains, where that is not to be chosen.
    pub layout: Option<Layout>,
}

/// What is run.
pub struct Job<'a> {
    pub workload: &'a str,
    pub mode: &'a str,
    /// The network, where there is only one.
    pub network: Option<&'static Info>,
    /// How often a step does the work that the network's table tells.
    pub samples: f64,
    /// How many steps one call takes.
    pub steps: u32,
}

impl Run {
    /// The memory of a training step.
    pub fn memory<N: Network>(&self, batch: usize) -> Memory<N> {
        let asked = self.layout.and_then(|layout| fireclay::__private::memory_in(layout, batch));
        asked.unwrap_or_else(|| N::memory(batch))
    }

    /// Times `work` and prints the line.
    pub fn measure(&self, job: &Job<'_>, mut work: impl FnMut()) {
        if self.breakdown {
            return breakdown::show(self, job, work);
        }
        if self.simulate {
            return simulate::show(self, job, work);
        }
        const WARM: f64 = 0.4;
        const LEAST: usize = 20;
        const MOST: usize = 200_000;
        let begin = Instant::now();
        let mut warm = 0;
        while warm < 3 || begin.elapsed().as_secs_f64() < WARM.min(self.seconds) {
            work();
            warm += 1;
        }
        let begin = Instant::now();
        let mut times = Vec::new();
        while (times.len() < LEAST || begin.elapsed().as_secs_f64() < self.seconds) && times.len() < MOST {
            if begin.elapsed().as_secs_f64() > 12.0 * self.seconds && times.len() >= 3 {
                break;
            }
            let start = Instant::now();
            work();
            times.push(start.elapsed().as_secs_f64() * 1e3 / f64::from(job.steps));
        }
        let least = times.iter().copied().fold(f64::INFINITY, f64::min);
        let line = serde_json::json!({
            "workload": job.workload, "peer": "fireclay", "mode": job.mode, "threads": self.threads,
            "median_ms": round(median(times.clone())), "min_ms": round(least), "runs": times.len(),
        });
        println!("{line}");
    }
}

/// The middle one.
pub fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn round(ms: f64) -> f64 {
    (ms * 1e7).round() / 1e7
}
