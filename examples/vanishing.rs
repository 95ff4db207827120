//! Vanishing and exploding gradients: what the first of sixty time steps hears of an error at the last.
//!
//! Bengio, Simard and Frasconi 1994, "Learning long-term dependencies with gradient descent is difficult"; LSTM: Hochreiter and Schmidhuber 1997, with
//! a forget gate that begins open (Gers et al. 2000); GRU: Cho et al. 2014, arXiv 1406.1078; clipping: Pascanu et al. 2013, arXiv 1211.5063.
//! Going back one step multiplies the gradient of a plain RNN by the same matrix: it vanishes, or, with larger weights, explodes. LSTM and GRU carry their
//! state over by gates near 1, and so the gradient.
//! The figures are norms of ∂loss/∂x at the first step, relative to the last one. The picture has all steps, and a training with exploding gradients
//! with and without clipping.

use fireclay::data::Samples;
use fireclay::picture::Plot;
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};

network! {
    const HIDDEN = 32;

    /// A plain recurrent network.
    pub RnnNet(x: [60, 8]) -> [1] { x -> rnn: Rnn(HIDDEN, last = true) -> out: Dense(1) }
    /// With ReLU, which does not hold anything down.
    pub ReluNet(x: [60, 8]) -> [1] { x -> rnn: Rnn(HIDDEN, last = true, nonlinearity = relu) -> out: Dense(1) }
    /// Long short-term memory.
    pub LstmNet(x: [60, 8]) -> [1] { x -> lstm: Lstm(HIDDEN, last = true) -> out: Dense(1) }
    /// Gated recurrent units.
    pub GruNet(x: [60, 8]) -> [1] { x -> gru: Gru(HIDDEN, last = true) -> out: Dense(1) }
}

const HIDDEN: usize = 32;
const STEPS: usize = 60;
type Sequence = Tensor<shape![60, 8]>;
type Number = Tensor<shape![1]>;

/// The norm of ∂loss/∂x at each step, over a batch.
fn norms<N>(net: &mut N, x: &Batch<shape![60, 8]>, y: &Batch<shape![1]>) -> Vec<f32>
where
    N: Network<Input = Sequence, TrainOutput = Number>,
{
    let mut memory = N::memory(x.len());
    net.forward(Mode::Train, x, &mut memory).loss(Mse, y);
    let gradient = net.backward_input(&mut memory);
    let square =
        |t: usize| (0..x.len() * 8).map(|i| gradient.as_slice()[gradient.position(i / 8, t * 8 + i % 8)].powi(2)).sum::<f32>();
    (0..STEPS).map(|t| square(t).sqrt()).collect()
}

/// The losses of a training by SGD, as far as they are numbers.
fn train(algorithm: impl Algorithm, large: f32, data: &Samples<Sequence, Number>, args: &Args) -> Vec<f32> {
    let mut net = ReluNet::init(&mut rng(args.seed));
    net.rnn.weight_hh_l0.as_mut_slice().iter_mut().for_each(|w| *w *= large);
    let (mut memory, mut grads, mut optimizer) = (ReluNet::memory(32), ReluNet::grads(), algorithm.on(&net));
    let mut losses = Vec::new();
    for epoch in 0..args.of(40, 10) {
        for first in (0..data.len() - 31).step_by(32) {
            let x = Batch::from_samples((first..first + 32).map(|i| data.input(i)));
            let y = Batch::from_samples((first..first + 32).map(|i| data.target(i)));
            grads.zero();
            let loss = net.train(&x, Mse, &y, &mut memory, &mut grads);
            if !loss.is_finite() {
                println!("epoch {epoch}: the loss is {loss}");
                return losses;
            }
            losses.push(loss);
            optimizer.step(&mut net, &grads);
        }
    }
    losses
}

/// Looks at gradients and trains.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("vanishing", args);
    let mut random = rng(args.seed);
    let (x, y) = (Batch::normal(32, &mut random), Batch::normal(32, &mut random));
    let mut rnn = RnnNet::init(&mut rng(args.seed));
    let mut exploding = ReluNet::init(&mut rng(args.seed));
    const LARGE: f32 = 3.2;
    exploding.rnn.weight_hh_l0.as_mut_slice().iter_mut().for_each(|w| *w *= LARGE);
    // Gates that begin open: the second quarter of an LSTM's biases is of its forget gates, the second third of a GRU's of its update gates.
    let mut lstm = LstmNet::init(&mut rng(args.seed));
    lstm.lstm.bias_ih_l0.as_mut_slice()[HIDDEN..2 * HIDDEN].fill(4.0);
    let mut gru = GruNet::init(&mut rng(args.seed));
    gru.gru.bias_ih_l0.as_mut_slice()[HIDDEN..2 * HIDDEN].fill(4.0);

    let curves = [
        ("RNN", norms(&mut *rnn, &x, &y)),
        ("LSTM", norms(&mut *lstm, &x, &y)),
        ("GRU", norms(&mut *gru, &x, &y)),
        ("RNN, ReLU, large weights", norms(&mut *exploding, &x, &y)),
    ];
    let mut steps = Plot::new("What each step hears of the error at the last").axes("time step", "‖∂loss/∂x‖").logarithmic();
    for (name, norms) in curves {
        let share = norms[0] / norms[STEPS - 1];
        let title = format!("{name}: gradient of the first step by that of the last");
        match name {
            "RNN" => report.at_most(&title, share, 1e-9),
            "LSTM" | "GRU" => report.at_least(&title, share, 1e-2),
            _ => report.at_least(&title, share, 1e3),
        }
        steps = steps.curve(name, norms);
    }

    // The mean of the first components: easy, if the steps were not so large.
    let mean = |x: &Sequence| Tensor::from([(0..STEPS).map(|t| x[t][0]).sum::<f32>() / 8.0]);
    let mut sample = || Tensor::from_fn(|_| random.normal());
    let data: Samples<Sequence, Number> = (0..320).map(|_| sample()).map(|x: Sequence| (x, mean(&x))).collect();
    let without = train(Sgd::new(0.01), LARGE, &data, args);
    let clipped = train(Sgd::new(0.01).clip_norm(1.0), LARGE, &data, args);
    report.at_most("steps without clipping until the loss is no number", without.len() as f64, 20.0);
    let ratio = clipped.iter().rev().take(10).sum::<f32>() / clipped.iter().take(10).sum::<f32>();
    report.at_most("with clipping: last losses by first losses", ratio, 0.2);
    let training = Plot::new("Training with exploding gradients").axes("step", "loss").logarithmic();
    report.plots("gradients.svg", &[steps, training.curve("clipped", clipped).curve("not clipped", without)])?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// The figures of gradients are exact up to the seed: the quick form has the same.
#[test]
fn gradients_vanish_and_do_not() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["RNN: gradient of the first step by that of the last"] < 1e-9);
    assert!(report["LSTM: gradient of the first step by that of the last"] > 1e-2);
    assert!(report["GRU: gradient of the first step by that of the last"] > 1e-2);
}
