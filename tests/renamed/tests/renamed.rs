//! Declarations where `Cargo.toml` gives fireclay another name, and where another module re-exports it.

use clay::prelude::*;

/// As a library that builds on fireclay would hand it on.
mod my {
    pub use clay as fireclay;
}

clay::network! {
    #[fireclay(step)]
    pub Renamed(x: [5, 2]) -> [5, 3] { x -> lstm: Lstm(4) -> fc: Dense(3) }
}
my::fireclay::network! {
    pub HandedOn(x: [1, 6, 6]) -> [2] { x -> c: Conv(4, 3) -> BatchNorm -> Relu -> Flatten -> fc: Dense(2) }
}

#[test]
fn under_another_name() {
    let net = Renamed::init(&mut rng(1));
    let (x, mut state) = (Tensor::from_fn(|i| i as f32 / 10.0), Renamed::state());
    let whole = net.predict(&x);
    let row = |t: usize| Tensor::from([x.as_slice()[2 * t], x.as_slice()[2 * t + 1]]);
    for t in 0..5 {
        let step = net.step(row(t), &mut state);
        assert!(step.as_slice().iter().zip(&whole.as_slice()[3 * t..]).all(|(a, b)| (a - b).abs() < 1e-6), "step {t}");
    }
}

#[test]
fn through_another_module() {
    let mut net = HandedOn::init(&mut rng(1));
    let x = Batch::<shape![1, 6, 6]>::from_fn(16, |i, j| ((i * 7 + j * 3) % 5) as f32 - 2.0);
    let (mut memory, mut grads, mut adam) = (HandedOn::memory(16), HandedOn::grads(), Adam::new(1e-2).on(&net));
    let losses: Vec<f32> = (0..20)
        .map(|_| {
            grads.zero();
            let loss = net.train(&x, Mse, 0.5, &mut memory, &mut grads);
            adam.step(&mut net, &grads);
            loss
        })
        .collect();
    assert!(losses[19] < losses[0], "{losses:?}");
}
