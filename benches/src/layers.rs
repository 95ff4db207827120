//! One layer at a time: a small network around each, of which only the layer's own time counts.
//!
//! Before the layer stands a product to as many channels as it takes, so that networks of maps and of sequences train one sample at a time too, and `Tanh`, so that no
//! product takes the layer over; behind it another product, so that it has a gradient and its result stays in whatever layout it has.

use crate::bandwidth;
use crate::peak;
use crate::timing::{Run, median};
use crate::train::numbers;
use fireclay::__private::memory_in;
use fireclay::prelude::*;
use fireclay::{Info, Layout, Values, profile};
use std::hint::black_box;
use std::time::Instant;

mod networks;
mod samples;

use samples::Sampled;

/// The stages around the layer.
const AROUND: [&str; 4] = ["pre", "act", "post", "end"];
/// What is measured, in this order.
const PHASES: [&str; 3] = ["forward", "backward", "infer"];

/// What the gradient reads beside that of the result: as many bytes must come through memory at least.
#[derive(Clone, Copy)]
pub enum Saved {
    Nothing,
    Input,
    Output,
}

/// How its work is measured.
#[derive(Clone, Copy)]
pub enum Measure {
    /// By the bytes that it must move.
    Bytes(Saved),
    /// By its multiply-adds.
    Products,
    /// By its multiply-adds, over the whole pass: weights are made of parameters outside of the layers.
    Pass,
}

pub struct Layer {
    pub name: &'static str,
    pub measure: Measure,
    pub run: fn(&Bench<'_>),
}

/// One layer on its way through the batches.
pub struct Bench<'a> {
    run: &'a Run,
    name: &'static str,
    measure: Measure,
    batches: &'a [usize],
    peak: f64,
}

/// Every layer, or that of a name.
pub fn measure(run: &Run, name: &str, batches: &[usize]) -> Result<(), String> {
    let chosen: Vec<&Layer> =
        networks::ALL.iter().flat_map(|family| family.iter()).filter(|layer| name == "all" || layer.name == name).collect();
    if chosen.is_empty() {
        let known: Vec<&str> = networks::ALL.iter().flat_map(|family| family.iter()).map(|layer| layer.name).collect();
        return Err(format!("there is no layer `{name}`; there are {} and all", known.join(", ")));
    }
    let (_, peak) = peak::measure();
    for layer in chosen {
        (layer.run)(&Bench { run, name: layer.name, measure: layer.measure, batches, peak });
    }
    Ok(())
}

impl Bench<'_> {
    /// Training at each batch, then the inference of one sample.
    pub fn network<N, T>(&self)
    where
        N: Network<TrainOutput = Tensor<T>>,
        N::Input: Sampled,
        T: Shape,
    {
        for &batch in self.batches {
            self.training::<N, T>(batch);
        }
        let net = N::init(&mut rng(0)).pack();
        let (mut memory, x) = (N::infer_memory(), N::Input::one());
        memory.threads(1);
        let times = self.repeat(|| {
            let whole = Instant::now();
            profile::start();
            black_box(net.infer(&*x, &mut memory));
            let nodes = profile::stop();
            [self.spent(N::INFO, &nodes, 0, whole), 0.0]
        });
        self.print(N::INFO, 2, 1, times.iter().map(|time| time[0]).collect());
    }

    fn training<N, T>(&self, batch: usize)
    where
        N: Network<TrainOutput = Tensor<T>>,
        N::Input: Sampled,
        T: Shape,
    {
        // One sample alone, as small batches train; others sixteen side by side.
        let layout = if batch == 1 { Layout::Chw } else { Layout::Chwn16 };
        let (mut net, mut grads) = (N::init(&mut rng(0)), N::grads());
        let mut memory = memory_in::<N>(self.run.layout.unwrap_or(layout), batch).unwrap_or_else(|| N::memory(batch));
        memory.threads(1);
        let (x, dy) = (N::Input::several(batch), numbers::<T>(batch));
        let times = self.repeat(|| {
            grads.zero();
            let forward = Instant::now();
            profile::start();
            let _ = net.forward(Mode::Train, N::Input::refs(&x), &mut memory);
            let nodes = profile::stop();
            let forward = self.spent(N::INFO, &nodes, 0, forward);
            let backward = Instant::now();
            profile::start();
            net.backward_from(&dy, &mut memory, &mut grads);
            let nodes = profile::stop();
            [forward, self.spent(N::INFO, &nodes, 1, backward)]
        });
        for phase in 0..2 {
            self.print(N::INFO, phase, batch, times.iter().map(|time| time[phase]).collect());
        }
    }

    /// Seconds of the layer, or of all since `begin`.
    fn spent(&self, info: &Info, nodes: &profile::Nodes, direction: usize, begin: Instant) -> f64 {
        if matches!(self.measure, Measure::Pass) {
            return begin.elapsed().as_secs_f64();
        }
        let own = info.layers.iter().zip(nodes).filter(|(layer, _)| !AROUND.contains(&layer.name));
        own.map(|(_, times)| times[direction].as_secs_f64()).sum()
    }

    fn repeat(&self, mut work: impl FnMut() -> [f64; 2]) -> Vec<[f64; 2]> {
        for _ in 0..3 {
            work();
        }
        let (begin, mut times) = (Instant::now(), Vec::new());
        while times.len() < 10 || (begin.elapsed().as_secs_f64() < self.run.seconds && times.len() < 20_000) {
            times.push(work());
        }
        times
    }

    fn print(&self, info: &Info, phase: usize, batch: usize, seconds: Vec<f64>) {
        let least = seconds.iter().copied().fold(f64::INFINITY, f64::min);
        let (speed, share, unit) = match self.measure {
            Measure::Bytes(saved) => {
                let bytes = self.bytes(info, phase, saved) * batch;
                let speed = bytes as f64 / least / 1e9;
                (speed, speed / bandwidth::copying(bytes), "GB/s")
            }
            Measure::Products | Measure::Pass => {
                let own = info.layers.iter().filter(|layer| !AROUND.contains(&layer.name));
                let products = own.map(|layer| layer.macs).sum::<usize>() * batch * [1, 2, 1][phase];
                let speed = 2.0 * products as f64 / least / 1e9;
                (speed, speed / self.peak, "GFLOP/s")
            }
        };
        let line = serde_json::json!({
            "layer": self.name, "sizes": sizes(info), "phase": PHASES[phase], "batch": batch, "peer": "fireclay", "mode": "", "threads": 1,
            "median_ms": median(seconds) * 1e3, "min_ms": least * 1e3, "speed": speed, "unit": unit, "share": share,
        });
        println!("{line}");
    }

    /// What one sample must move at least: the values that the layer reads and writes once, backward their gradients and what was saved.
    fn bytes(&self, info: &Info, phase: usize, saved: Saved) -> usize {
        let (input, output) = (read(info), written(info));
        let saved = match saved {
            Saved::Nothing => 0,
            Saved::Input => input,
            Saved::Output => output,
        };
        size_of::<f32>() * (input + output + if phase == 1 { saved } else { 0 })
    }
}

/// How many numbers the layer reads of one sample.
fn read(info: &Info) -> usize {
    info.layers.iter().find(|layer| layer.name == "act").map_or(0, |layer| layer.output.iter().product())
}

/// How many it gives: what the stage behind it reads.
fn written(info: &Info) -> usize {
    let post = info.layers.iter().find(|layer| layer.name == "post");
    let from = post.and_then(|layer| layer.inputs.first()).and_then(|at| at.checked_sub(info.inputs.len()));
    from.map_or(0, |at| info.layers[at].output.iter().product())
}

/// `[64, 32, 32]`, as the layer reads it.
fn sizes(info: &Info) -> String {
    let act = info.layers.iter().find(|layer| layer.name == "act");
    act.map_or_else(|| info.inputs[0].to_string(), |layer| format!("{:?}", layer.output))
}
