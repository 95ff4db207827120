//! x
use fireclay::prelude::*;
use std::time::Instant;
network! { pub Mlp(x: [784]) -> [10] { x -> fc1: Dense(256) -> Relu -> fc2: Dense(128) -> Relu -> fc3: Dense(10) } }
fn main() {
    let threads: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let mut net = Mlp::init(&mut rng(0));
    let (mut memory, mut grads, mut opt) = (Mlp::memory(64), Mlp::grads(), Adam::new(1e-3).on(&*net));
    memory.threads(threads);
    let x = Batch::<shape![784]>::from_fn(64, |i, j| ((i * 784 + j) % 17) as f32 / 17.0);
    let y = IndexBatch::<10>::from_samples((0..64).map(|i| Index::new(i * 7 % 10).unwrap()));
    let mut t = [vec![], vec![], vec![], vec![]];
    for _ in 0..3000 {
        let a = Instant::now();
        grads.zero();
        let b = Instant::now();
        net.forward(Mode::Train, &x, &mut memory).loss(CrossEntropy, &y);
        let c = Instant::now();
        net.backward(&mut memory, &mut grads);
        let d = Instant::now();
        opt.step(&mut *net, &grads);
        let e = Instant::now();
        for (t, d) in t.iter_mut().zip([b - a, c - b, d - c, e - d]) {
            t.push(d.as_nanos() as f64 / 1e3);
        }
    }
    for (n, t) in ["zero", "forward", "backward", "adam"].iter().zip(&mut t) {
        t.sort_by(f64::total_cmp);
        println!("{n} {:.1} (min {:.1})", t[t.len() / 2], t[0]);
    }
}
