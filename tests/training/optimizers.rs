//! Optimizers beyond single steps (`tests/golden` has those): checkpoints, tensors, and what the trainer does with them.

use fireclay::optim::{Lamb, Lion, NAdam, RAdam};
use fireclay::prelude::*;

network! {
    pub Two(x: [4]) -> [3] { x -> a: Dense(5) -> Tanh -> b: Dense(3) }
    /// One weight of more than two pieces.
    pub Wide(x: [300]) -> [256] { x -> fc: Dense(256) }
}

fn data() -> (Batch<shape![4]>, IndexBatch<3>) {
    let x = Batch::from_fn(20, |i, j| ((i * 7 + j * 5) % 11) as f32 / 4.0 - 1.0);
    (x, IndexBatch::from_samples((0..20_usize).map(|i| Index::new(i % 3).expect("below 3"))))
}

/// So many steps.
fn steps<A: Algorithm>(net: &mut Two, optimizer: &mut Optimizer<A, Two>, steps: usize) -> f32 {
    let ((x, y), mut memory, mut grads) = (data(), Two::memory(20), Two::grads());
    let mut loss = 0.0;
    for _ in 0..steps {
        grads.zero();
        loss = net.train(&x, CrossEntropy, &y, &mut memory, &mut grads);
        optimizer.step(net, &grads);
    }
    loss
}

#[test]
fn a_checkpoint_goes_on_where_it_was_made() {
    fn check<A: Algorithm>(algorithm: A) {
        let mut net = Two::init(&mut rng(1));
        let mut optimizer = algorithm.clone().on(&net);
        let first = steps(&mut net, &mut optimizer, 25);
        let mut resumed = net.clone();
        let mut other = algorithm.on(&resumed);
        assert!(other.restore(optimizer.steps(), optimizer.state()));
        let loss = steps(&mut net, &mut optimizer, 15);
        steps(&mut resumed, &mut other, 15);
        assert!(loss < first, "{loss} after {first}");
        assert_eq!((net.params().as_slice(), optimizer.state()), (resumed.params().as_slice(), other.state()));
    }
    check(NAdam::new(1e-2));
    check(RAdam::new(1e-2));
    check(Lion::new(1e-3));
    check(Lamb::new(1e-2));
}

/// Steps by parts come to what the description gives for the whole.
#[test]
fn lamb_takes_each_tensor_by_itself() {
    let mut net = Two::init(&mut rng(2));
    let mut expected = net.params().as_slice().to_vec();
    let mut grads = Two::grads();
    for (i, g) in grads.as_mut_slice().iter_mut().enumerate() {
        *g = (i % 13) as f32 / 6.0 - 1.0;
    }
    let algorithm = Lamb::new(0.1);
    for tensor in Two::INFO.tensors {
        let (part, grad) = (tensor.offset..tensor.offset + tensor.len, tensor.grad.expect("trained"));
        let mut state = vec![0.0; 2 * tensor.len];
        algorithm.update(0.1, 1, &mut expected[part], &grads.as_slice()[grad..grad + tensor.len], &mut state);
    }
    algorithm.on(&net).step(&mut net, &grads);
    assert_eq!(net.params().as_slice(), expected);
    // The step of a tensor is as long as the rate times its norm, whatever the gradient.
    let norm = |numbers: &[f32]| numbers.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    let before = Two::init(&mut rng(2));
    let moved: Vec<f32> = before.a.weight.as_flattened().iter().zip(net.a.weight.as_flattened()).map(|(a, b)| a - b).collect();
    assert!((norm(&moved) / norm(before.a.weight.as_flattened()) - 0.1).abs() < 1e-5);
}

/// The sums of a large tensor are made in another order than those of a small one, and come to the same norm.
#[test]
fn a_tensor_of_many_pieces_follows_as_one_piece_does() {
    let mut net = Wide::init(&mut rng(2));
    let mut expected = net.fc.weight.as_flattened().to_vec();
    let mut grads = Wide::grads();
    for (i, g) in grads.as_mut_slice().iter_mut().enumerate() {
        *g = (i % 101) as f32 / 50.0 - 1.0;
    }
    let mut state = vec![0.0; 2 * expected.len()];
    let mut optimizer = Lamb::new(0.1).on(&*net);
    for step in 1..=3 {
        Lamb::new(0.1).update(0.1, step, &mut expected, grads.fc.weight.as_flattened(), &mut state);
        optimizer.threads(step as usize).step(&mut *net, &grads);
    }
    for (found, wanted) in net.fc.weight.as_flattened().iter().zip(&expected) {
        assert!((found - wanted).abs() <= 1e-6 * wanted.abs().max(1e-3), "{found}, {wanted}");
    }
}

/// NAdam's momentum changes under it (one-cycle schedules do that): the product of momenta goes on from where it was.
#[test]
fn a_momentum_that_is_set_moves_the_product_on() {
    let mut net = Two::init(&mut rng(1));
    let mut optimizer = NAdam::new(1e-2).on(&net);
    let mut grads = Two::grads();
    grads.as_mut_slice().fill(0.5);
    let (mut p, mut m, mut v) = (f64::from(net.a.bias[0]), 0.0_f64, 0.0_f64);
    let mut product = 1.0;
    for (step, beta) in (1..).zip([0.95, 0.9, 0.85, 0.85, 0.9, 0.95_f32]) {
        optimizer.set_momentum(beta);
        optimizer.step(&mut net, &grads);
        let beta = (f64::from(beta) * 1e4).round() / 1e4;
        let momentum = |step: i32| beta * (1.0 - 0.5 * 0.96_f64.powf(f64::from(step) * 0.004));
        product *= momentum(step);
        m = beta * m + (1.0 - beta) * 0.5;
        v = 0.999 * v + 0.001 * 0.25;
        let below = (v / (1.0 - 0.999_f64.powi(step))).sqrt() + 1e-8;
        let next = momentum(step + 1);
        p -= 0.01 * ((1.0 - momentum(step)) * 0.5 / (1.0 - product) + next * m / (1.0 - product * next)) / below;
        assert!((f64::from(net.a.bias[0]) - p).abs() < 1e-5, "step {step}: {} instead of {p}", net.a.bias[0]);
    }
}

#[test]
fn the_trainer_takes_them() -> fireclay::Result<()> {
    network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc1: Dense(24) -> Relu -> fc2: Dense(10) } }
    fn accuracy<A: Algorithm>(algorithm: A) -> fireclay::Result<f32> {
        let (train, test) = Digits::split()?;
        let mut net = Small::init(&mut rng(1));
        Trainer::new(CrossEntropy, algorithm).batch(32).epochs(4).progress(ProgressBar::Off).fit(&mut net, &train)?;
        Ok(net.evaluate(&test, Accuracy))
    }
    let all = [
        ("NAdam", accuracy(NAdam::new(5e-3))?),
        ("RAdam", accuracy(RAdam::new(2e-2))?),
        ("Lion", accuracy(Lion::new(2e-3))?),
        ("Lamb", accuracy(Lamb::new(1e-2))?),
    ];
    assert!(all.iter().all(|(_, accuracy)| *accuracy > 0.85), "{all:?}");
    Ok(())
}
