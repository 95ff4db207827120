//! Timing as the peers' programs do it: warm up, then single calls, at least twenty and for some seconds.

use std::time::Instant;

/// How to run.
pub struct Run {
    pub threads: usize,
    pub seconds: f64,
}

impl Run {
    /// Times `work` and prints the line.
    pub fn measure(&self, workload: &str, mode: &str, mut work: impl FnMut()) {
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
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        let line = serde_json::json!({
            "workload": workload, "peer": "fireclay", "mode": mode, "threads": self.threads,
            "median_ms": round(times[times.len() / 2]), "min_ms": round(times[0]), "runs": times.len(),
        });
        println!("{line}");
    }
}

fn round(ms: f64) -> f64 {
    (ms * 1e5).round() / 1e5
}
