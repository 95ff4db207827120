//! Losses.

use crate::{Check, Golden};
use fireclay::batch::IndicesBatch;
use fireclay::loss::{Ctc, Loss, Weighted, evaluate};
use fireclay::prelude::*;

/// A loss of numbers against numbers, over samples of the shape `S`.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn numbers<S: Shape, L>(path: &str, loss: impl Fn(&Golden) -> L)
where
    L: for<'a> Loss<Tensor<S>, &'a Batch<S>>,
{
    let file = &crate::open(path);
    let (input, target) = (batch::<S>(file, "input"), batch::<S>(file, "target"));
    whole(file, &loss(file), &input, &target);
}

/// A loss of scores of the shape `S` against `P` classes per sample.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn classes<S: Shape, const K: usize, const P: usize, L>(path: &str, ignored: Option<i64>, loss: impl Fn(&Golden) -> L)
where
    L: for<'a> Loss<Tensor<S>, &'a IndicesBatch<K, P>>,
{
    let file = &crate::open(path);
    let input = batch::<S>(file, "input");
    let classes = indices::<K>(file, "target", ignored);
    let mut target = IndicesBatch::<K, P>::with_capacity(input.len());
    target.set_len(input.len());
    for (i, sample) in classes.chunks(P).enumerate() {
        let sample = Indices::new(sample)
            .unwrap_or_else(|| panic!("{path}: {} classes for {} samples of {P}", classes.len(), input.len()));
        target.set_all(i, &sample);
    }
    whole(file, &loss(file), &input, &target);
}

/// A loss that is not reduced: each number on its own. `loss` is the sum.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn each_number<L>(path: &str, loss: impl Fn(&Golden) -> L)
where
    L: for<'a> Loss<Tensor<shape![1]>, &'a Batch<shape![1]>>,
{
    let file = &crate::open(path);
    let (input, target) = (batch::<shape![1]>(file, "input"), batch::<shape![1]>(file, "target"));
    let upstream = file.tensors["grad_output"].f32();
    let one = |batch: &Batch<shape![1]>, i: usize| Batch::from_samples([&batch.sample(i)]);
    let results = (0..input.len()).map(|i| {
        let (x, t) = (one(&input, i), one(&target, i));
        (evaluate(&loss(file), &x, &t).0, evaluate(&Weighted::new(loss(file), upstream[i]), &x, &t).1.to_vec())
    });
    let (outputs, gradients): (Vec<_>, Vec<_>) = results.unzip();
    finish(file, &outputs, &gradients.concat());
}

/// A loss of scores of `K` classes that is not reduced: each position on its own. `loss` is the sum.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn each_class<const K: usize, const B: usize, L>(path: &str, ignored: Option<i64>, loss: impl Fn(&Golden) -> L)
where
    L: for<'a> Loss<Tensor<shape![K]>, &'a IndexBatch<B>>,
{
    let file = &crate::open(path);
    let (scores, upstream) = (file.tensors["input"].f32(), file.tensors["grad_output"].f32());
    let classes = indices::<B>(file, "target", ignored);
    // Scores lie [samples][K][positions], classes [samples][positions].
    let positions = file.dims("input").iter().skip(2).product::<usize>();
    let mut gradient = vec![0.0; scores.len()];
    let mut outputs = Vec::new();
    for (i, class) in classes.iter().enumerate() {
        let place = |k: usize| (i / positions * K + k) * positions + i % positions;
        let x = Batch::from_samples([&Tensor::from_fn(|k| scores[place(k)])]);
        let target = IndexBatch::from_samples(Index::new(*class));
        outputs.push(evaluate(&loss(file), &x, &target).0);
        let (_, g) = evaluate(&Weighted::new(loss(file), upstream[i]), &x, &target);
        for (k, g) in g.to_vec().into_iter().enumerate() {
            gradient[place(k)] = g;
        }
    }
    finish(file, &outputs, &gradient);
}

/// A loss of two outputs against one target.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn pair<A: Shape, B: Shape, C: Shape, L>(path: &str, names: [&str; 2], loss: impl Fn(&Golden) -> L)
where
    L: for<'a> Loss<(Tensor<A>, Tensor<B>), &'a Batch<C>>,
{
    let file = &crate::open(path);
    let outputs = (batch::<A>(file, names[0]), batch::<B>(file, names[1]));
    let target = batch::<C>(file, "target");
    let (value, _) = evaluate(&loss(file), &outputs, &target);
    let (_, (a, b)) = evaluate(&Weighted::new(loss(file), upstream(file)), &outputs, &target);
    several(file, value, names.into_iter().zip([a.to_vec(), b.to_vec()]));
}

/// A loss of three outputs without a target.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn triple<S: Shape, L>(path: &str, names: [&str; 3], loss: impl Fn(&Golden) -> L)
where
    L: Loss<(Tensor<S>, Tensor<S>, Tensor<S>), ()>,
{
    let file = &crate::open(path);
    let [a, b, c] = names.map(|name| batch::<S>(file, name));
    let outputs = (a, b, c);
    let (value, _) = evaluate(&loss(file), &outputs, ());
    let (_, (a, b, c)) = evaluate(&Weighted::new(loss(file), upstream(file)), &outputs, ());
    several(file, value, names.into_iter().zip([a.to_vec(), b.to_vec(), c.to_vec()]));
}

/// Sequences of `T` steps of scores of `K` classes, of which some steps count, against at most `L` of the classes.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn ctc<const T: usize, const K: usize, const L: usize, const N: usize>(path: &str, loss: impl Fn(&Golden) -> Ctc) {
    let file = &crate::open(path);
    let input = batch::<shape![T, K]>(file, "input");
    let labels = indices::<K>(file, "target", None);
    let target = IndicesBatch::<K, L>::from_sequences(labels.chunks(L).filter_map(Indices::new));
    let lengths = IndexBatch::<N>::from_samples(indices::<N>(file, "input_lengths", None).into_iter().filter_map(Index::new));
    whole(file, &loss(file), &input, (&target, &lengths));
}

fn upstream(file: &Golden) -> f32 {
    file.tensors["grad_output"].f32()[0]
}

#[track_caller]
fn several<'a>(file: &Golden, output: f32, gradients: impl Iterator<Item = (&'a str, Vec<f32>)>) {
    let mut check = Check::new(file);
    check.named("output", &[output]);
    for (name, gradient) in gradients {
        check.named(&format!("grad_{name}"), &gradient);
    }
    check.finish();
}

#[track_caller]
fn whole<S: Shape, T: Copy>(file: &Golden, loss: &impl Loss<Tensor<S>, T>, input: &Batch<S>, target: T) {
    let (output, _) = evaluate(loss, input, target);
    let (_, gradient) = evaluate(&Weighted::new(loss, upstream(file)), input, target);
    finish(file, &[output], &gradient.to_vec());
}

#[track_caller]
fn finish(file: &Golden, output: &[f32], gradient: &[f32]) {
    let mut check = Check::new(file);
    check.named("output", output);
    check.named("grad_input", gradient);
    check.finish();
}

#[track_caller]
fn batch<S: Shape>(file: &Golden, name: &str) -> Batch<S> {
    crate::layer::batch(file, name).unwrap_or_else(|| panic!("{}: {name} does not go into {:?}", file.path.display(), S::DIMS))
}

/// Classes of a file; what is ignored becomes the last of `B`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "they are classes")]
fn indices<const B: usize>(file: &Golden, name: &str, ignored: Option<i64>) -> Vec<usize> {
    let class = |x: &f64| if ignored == Some(*x as i64) { B - 1 } else { *x as usize };
    file.tensors[name].values.iter().map(class).collect()
}

/// A tensor of the file, stretched over a sample as PyTorch does: its axes are the last ones, and those of extent 1 repeat.
#[must_use]
pub fn stretched(file: &Golden, name: &str) -> Vec<f32> {
    let (Some(array), sample) = (file.get(name), file.dims("input").get(1..).unwrap_or_default()) else { return Vec::new() };
    let numbers = array.f32();
    (0..sample.iter().product())
        .map(|at: usize| {
            let (mut rest, mut place, mut stride) = (at, 0, 1);
            for (i, size) in sample.iter().rev().enumerate() {
                let own = array.dims.len().checked_sub(i + 1).map_or(1, |axis| array.dims[axis]);
                if own > 1 {
                    place += rest % size * stride;
                }
                stride *= own;
                rest /= size;
            }
            numbers[place]
        })
        .collect()
}
