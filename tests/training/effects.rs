//! What courses tell of training, seen: saddle points, vanishing gradients, the zig-zag of data that is not normalized.

use fireclay::data::{Method, Normalization, Samples};
use fireclay::loss;
use fireclay::optim::RmsProp;
use fireclay::prelude::*;

network! { pub Point(one: [1]) -> [2] { one -> at: Dense(2, bias = false) } }

/// The height of x² − y²/10 + y⁴/100, whose saddle is at 0 and whose valleys lie at y = ±√5, a quarter deep: where so many steps lead that start beside the saddle.
fn from_the_saddle(algorithm: impl Algorithm, steps: usize) -> f32 {
    let height = loss::per_sample(|at: &Tensor<shape![2]>, _: &Tensor<shape![1]>, slope| {
        let (x, y) = (at[0], at[1]);
        (slope[0], slope[1]) = (2.0 * x, -0.2 * y + 0.04 * y.powi(3));
        x * x - 0.1 * y * y + 0.01 * y.powi(4)
    });
    let mut net = Point::zeros();
    net.at.weight.as_mut_slice().copy_from_slice(&[1.0, 1e-3]);
    let (mut memory, mut grads, mut optimizer) = (Point::memory(1), Point::grads(), algorithm.on(&*net));
    let (one, none) = (Batch::from_fn(1, |_, _| 1.0), Batch::zeros(1));
    for _ in 0..steps {
        grads.zero();
        net.train(&one, &height, &none, &mut memory, &mut grads);
        optimizer.step(&mut *net, &grads);
    }
    net.forward(Mode::Eval, &one, &mut memory).loss(&height, &none)
}

/// Near a saddle the slope is next to nothing: plain descent stands there as if it had arrived. Momentum adds the small steps up, and Adam divides by their size.
#[test]
fn momentum_and_adam_leave_a_saddle_point() {
    let stalled = from_the_saddle(Sgd::new(0.1), 100);
    assert!(stalled.abs() < 1e-4, "{stalled}");
    for (name, height) in [
        ("momentum", from_the_saddle(Sgd::new(0.1).momentum(0.9), 100)),
        ("Adam", from_the_saddle(Adam::new(0.1), 100)),
        ("RMSprop", from_the_saddle(RmsProp::new(0.05), 100)),
    ] {
        assert!(height < -0.24, "{name}: {height}");
    }
    // It leaves in the end.
    assert!(from_the_saddle(Sgd::new(0.1), 1000) < -0.24);
}

network! {
    pub Sigmoids(x: [16]) -> [1] { x -> first: Dense(16) -> Sigmoid -> middle: [Dense(16) -> Sigmoid; 8] -> last: Dense(1) }
    pub Rectified(x: [16]) -> [1] { x -> first: Dense(16) -> Relu -> middle: [Dense(16) -> Relu; 8] -> last: Dense(1) }
}

fn length(numbers: &[f32]) -> f32 {
    numbers.iter().map(|x| x * x).sum::<f32>().sqrt()
}

/// How much smaller the gradient of the first weights is than that of the last.
fn first_to_last<N>(seed: u64) -> f32
where
    N: Network<Input = Tensor<shape![16]>, TrainOutput = Tensor<shape![1]>> + AsNetwork<Network = N>,
{
    let mut net = N::init(&mut rng(seed));
    let mut grads = N::grads();
    let x = Batch::normal(16, &mut rng(seed + 1));
    net.train(&x, Mse, 3.0, &mut N::memory(16), &mut grads);
    let [first, last] = ["first.weight", "last.weight"].map(|name| length(grads.tensor(name).expect("it is trained")));
    first / last
}

/// The slope of a sigmoid is a quarter at most: through nine of them next to nothing arrives.
#[test]
fn gradients_vanish_through_sigmoids() {
    for seed in [1, 10] {
        let (sigmoid, relu) = (first_to_last::<Sigmoids>(seed), first_to_last::<Rectified>(seed));
        assert!(sigmoid < 1e-4 && relu > 0.05, "sigmoid {sigmoid:e}, ReLU {relu:e}");
    }
}

network! {
    pub Simple(x: [40, 4]) -> [12] { x -> cell: Rnn(12, last = true) }
    pub Gated(x: [40, 4]) -> [12] { x -> cell: Lstm(12, last = true) }
}

/// How much the last state depends on the first step, relative to the last step.
fn memory_of<N>(net: &mut N) -> f32
where
    N: Network<Input = Tensor<shape![40, 4]>, TrainOutput = Tensor<shape![12]>>,
{
    let (x, mut memory) = (Batch::normal(8, &mut rng(2)), N::memory(8));
    net.forward(Mode::Eval, &x, &mut memory).loss(Mse.sum(), 1.0);
    let gradient = net.backward_input(&mut memory);
    let of = |step: usize| length(&(0..8).flat_map(|i| gradient.sample(i)[step]).collect::<Vec<_>>());
    of(0) / of(39)
}

/// A simple cell multiplies the gradient by its weights in each step: with weights below one it vanishes. An LSTM keeps its state where the forget gates are open, and so the gradient.
#[test]
fn gradients_vanish_over_time_but_not_in_an_lstm() {
    let (mut simple, mut gated) = (Simple::init(&mut rng(1)), Gated::init(&mut rng(1)));
    // Gates in PyTorch's order: input, forget, cell, output. Open ones to begin with (Jozefowicz et al. 2015).
    gated.cell.bias_ih_l0.as_mut_slice()[12..24].fill(4.0);
    let (simple, gated) = (memory_of(&mut *simple), memory_of(&mut *gated));
    assert!(simple < 1e-8 && gated > 1e-2, "RNN {simple:e}, LSTM {gated:e}");
}

network! { pub Line(x: [2]) -> [1] { x -> fc: Dense(1) } }

type Points = Samples<Tensor<shape![2]>, Tensor<shape![1]>>;

/// What descends.
struct Descent {
    /// Steps until the loss is small.
    steps: usize,
    /// Those of the first ten that turned back along the steep direction.
    turns: usize,
}

/// Whole-batch descent at this rate; `None` where it does not arrive.
fn descend(data: &Points, rate: f32) -> Option<Descent> {
    let n = data.len();
    let (x, y) = (Batch::from_samples(data.iter().map(|(x, _)| x)), Batch::from_samples(data.iter().map(|(_, y)| y)));
    let mut net = Line::zeros();
    let (mut memory, mut grads, mut optimizer) = (Line::memory(n), Line::grads(), Sgd::new(rate).on(&*net));
    let (mut turns, mut before) = (0, 0.0_f32);
    for steps in 0..5000 {
        grads.zero();
        let loss = net.train(&x, Mse, &y, &mut memory, &mut grads);
        if loss < 1e-3 {
            return Some(Descent { steps, turns });
        }
        if !loss.is_finite() || loss > 1e6 {
            return None;
        }
        let slope = grads.tensor("fc.weight").expect("it is trained")[1];
        turns += usize::from(steps <= 10 && slope * before < 0.0);
        before = slope;
        optimizer.step(&mut *net, &grads);
    }
    None
}

/// At the first of the rates 1, 1/2, 1/4, … that arrives: smaller ones are slower.
fn best(data: &Points) -> Descent {
    (0..20).find_map(|halvings| descend(data, 0.5_f32.powi(halvings))).expect("a rate that is small enough arrives")
}

/// A loss over inputs of very different size is a narrow valley: the rate that its steep sides allow is slow along it, and each step crosses from side to side.
#[test]
fn normalized_data_needs_fewer_steps() -> fireclay::Result<()> {
    let mut rng = rng(3);
    let data: Points = (0..64)
        .map(|_| {
            let (a, b) = (rng.normal(), 20.0 * rng.normal() + 5.0);
            (Tensor::from([a, b]), Tensor::from([a + 0.05 * b]))
        })
        .collect();
    let raw = best(&data);
    let normalization = Normalization::fit(Method::ZScore, &data)?;
    let normal = |x: &Tensor<shape![2]>| {
        let mut x = *x;
        normalization.apply(&mut x);
        x
    };
    let normalized: Points = data.iter().map(|(x, y)| (normal(x), *y)).collect();
    let even = best(&normalized);
    assert!(20 * even.steps < raw.steps, "{} steps normalized, {} as it is", even.steps, raw.steps);
    assert!(raw.turns >= 8, "{} of the first ten steps turn back", raw.turns);
    Ok(())
}
