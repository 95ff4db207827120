//! Vanishing and exploding gradients: the gradient of an error at the last of sixty time steps with respect to the input of each step.
//!
//! Bengio, Simard and Frasconi 1994, "Learning long-term dependencies with gradient descent is difficult"; LSTM: Hochreiter and Schmidhuber 1997, with
//! a forget gate that is initialized open (Gers et al. 2000); GRU: Cho et al. 2014, arXiv 1406.1078; clipping: Pascanu et al. 2013, arXiv 1211.5063.
//! Each step backward multiplies the gradient of a plain RNN by the same matrix: it vanishes, or, with larger weights, explodes. The gates of LSTM and GRU keep the
//! state nearly as it is, and so the gradient. Clipping scales a gradient whose norm is above 1 down to 1; it does not help against vanishing.
//! Then the RNN with large weights learns to sum up a part of its inputs, by SGD with momentum, with and without clipping.
//! The figures are ratios of the norm of ∂loss/∂x at the first step to that at the last, and the training. The picture has the norms at all time steps, without and with
//! clipping, and the norm of the gradient and the loss in each training step.

use fireclay::data::Samples;
use fireclay::optim::clip_norm;
use fireclay::picture::Plot;
use fireclay::prelude::*;
use fireclay_examples::{Args, Report, Result};

network! {
    const HIDDEN = 32;

    /// A plain recurrent network.
    pub RnnNet(x: [60, 8]) -> [1] { x -> rnn: Rnn(HIDDEN, last = true) -> out: Dense(1) }
    /// With ReLU, which has no bound.
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

/// Clipping: the largest norm of a gradient.
const MOST: f32 = 1.0;
/// Times the usual initialization of the recurrent weights: one where the gradient explodes, and one where it explodes less, so that SGD takes some steps.
const LARGE: f32 = 3.2;
const TRAINED: f32 = 2.4;

/// The norm of ∂loss/∂x at each step, over a batch; and what clipping multiplies the gradients of the parameters by, and all that leads to them.
fn norms<N>(net: &mut N, x: &Batch<shape![60, 8]>, y: &Batch<shape![1]>) -> (Vec<f32>, f32)
where
    N: Network<Input = Sequence, TrainOutput = Number>,
{
    let (mut memory, mut grads) = (N::memory(x.len()), N::grads());
    net.train(x, Mse, y, &mut memory, &mut grads);
    let scale = (MOST / clip_norm(grads.as_mut_slice(), f32::INFINITY)).min(1.0);
    net.forward(Mode::Train, x, &mut memory).loss(Mse, y);
    let gradient = net.backward_input(&mut memory);
    let square =
        |t: usize| (0..x.len() * 8).map(|i| gradient.as_slice()[gradient.position(i / 8, t * 8 + i % 8)].powi(2)).sum::<f32>();
    ((0..STEPS).map(|t| square(t).sqrt()).collect(), scale)
}

/// A plain RNN whose recurrent weights are so many times as large.
fn large(times: f32, args: &Args) -> Box<ReluNet> {
    let mut net = ReluNet::init(&mut rng(args.seed));
    net.rnn.weight_hh_l0.as_mut_slice().iter_mut().for_each(|w| *w *= times);
    net
}

/// Losses and norms of the gradients of a training by SGD with momentum that clips to `most`, up to the first that is not finite.
fn train(most: f32, data: &Samples<Sequence, Number>, args: &Args) -> (Vec<f32>, Vec<f32>) {
    let mut net = large(TRAINED, args);
    let (mut memory, mut grads, mut optimizer) = (ReluNet::memory(32), ReluNet::grads(), Sgd::new(0.025).momentum(0.9).on(&net));
    let (mut losses, mut norms) = (Vec::new(), Vec::new());
    for _ in 0..args.of(120, 60) {
        for first in (0..data.len() - 31).step_by(32) {
            let x = Batch::from_samples((first..first + 32).map(|i| data.input(i)));
            let y = Batch::from_samples((first..first + 32).map(|i| data.target(i)));
            grads.zero();
            let loss = net.train(&x, Mse, &y, &mut memory, &mut grads);
            let norm = clip_norm(grads.as_mut_slice(), f32::INFINITY);
            if !(loss.is_finite() && norm.is_finite()) {
                println!("step {}: a loss of {loss}", losses.len() + 1);
                return (losses, norms);
            }
            losses.push(loss);
            norms.push(norm);
            clip_norm(grads.as_mut_slice(), most);
            optimizer.step(&mut net, &grads);
        }
    }
    (losses, norms)
}

/// Measures gradients and trains.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("vanishing", args);
    let mut random = rng(args.seed);
    let (x, y) = (Batch::normal(32, &mut random), Batch::normal(32, &mut random));
    let mut rnn = RnnNet::init(&mut rng(args.seed));
    // Gates that are initialized open: the second quarter of an LSTM's biases is of its forget gates, the second third of a GRU's of its update gates.
    let mut lstm = LstmNet::init(&mut rng(args.seed));
    lstm.lstm.bias_ih_l0.as_mut_slice()[HIDDEN..2 * HIDDEN].fill(4.0);
    let mut gru = GruNet::init(&mut rng(args.seed));
    gru.gru.bias_ih_l0.as_mut_slice()[HIDDEN..2 * HIDDEN].fill(4.0);

    let found = [
        ("RNN", norms(&mut *rnn, &x, &y)),
        ("LSTM", norms(&mut *lstm, &x, &y)),
        ("GRU", norms(&mut *gru, &x, &y)),
        ("RNN, ReLU, large weights", norms(&mut *large(LARGE, args), &x, &y)),
    ];
    let plot = |title: &str| Plot::new(title).axes("time step", "‖∂loss/∂x‖").logarithmic();
    let (mut without, mut with) = (plot("Not clipped"), plot("Clipped"));
    for (name, (norms, scale)) in found {
        let ratio = norms[0] / norms[STEPS - 1];
        let title = format!("{name}: ratio of the gradient at the first step to that at the last");
        match name {
            "RNN" => report.at_most(&title, ratio, 1e-9),
            "LSTM" | "GRU" => report.at_least(&title, ratio, 1e-2),
            _ => report.at_least(&title, ratio, 1e3),
        }
        report.figure(&format!("{name}: factor of clipping"), scale);
        with = with.curve(name, norms.iter().map(|norm| scale * norm));
        without = without.curve(name, norms);
    }

    // The sum of the first components, by 8.
    let sum = |x: &Sequence| Tensor::from([(0..STEPS).map(|t| x[t][0]).sum::<f32>() / 8.0]);
    let mut sample = || Tensor::from_fn(|_| random.normal());
    let data: Samples<Sequence, Number> = (0..320).map(|_| sample()).map(|x: Sequence| (x, sum(&x))).collect();
    report.figure("loss of the answer 0", data.iter().map(|(_, y)| y[0] * y[0]).sum::<f32>() / data.len() as f32);
    let (losses, norms) = train(f32::INFINITY, &data, args);
    let (clipped_losses, clipped_norms) = train(MOST, &data, args);
    report.at_least("steps without clipping", losses.len() as f64, 3.0);
    report.at_most("steps without clipping until the loss is infinite or NaN", losses.len() as f64, 20.0);
    let last = clipped_losses.iter().rev().take(10).sum::<f32>() / 10.0;
    report.at_most("loss of the last ten steps with clipping", last, 0.3);
    let plot = |title: &str, what: &str| Plot::new(title).axes("training step", what).logarithmic();
    let first = |norms: Vec<f32>| norms.into_iter().take(40);
    let gradients = plot("Gradients of the first 40 steps", "norm")
        .curve("clipped training, before clipping", first(clipped_norms))
        .curve("not clipped", first(norms));
    let losses = plot("Losses", "loss").curve("clipped", clipped_losses).curve("not clipped", losses);
    report.plots("gradients.svg", &[without, with, gradients, losses])?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse().without_data()?).map(drop)
}

/// The gradients are those of the full form.
#[test]
fn gradients_vanish_and_do_not() {
    let report = run(&Args::quick()).expect("runs");
    let ratio = |name: &str| report[&*format!("{name}: ratio of the gradient at the first step to that at the last")];
    assert!(ratio("RNN") < 1e-9 && ratio("LSTM") > 1e-2 && ratio("GRU") > 1e-2);
    assert!(ratio("RNN, ReLU, large weights") > 1e3);
    let steps = report["steps without clipping until the loss is infinite or NaN"];
    assert!((3.0..20.0).contains(&steps));
    assert!(report["loss of the last ten steps with clipping"] < 0.5 * report["loss of the answer 0"]);
}
