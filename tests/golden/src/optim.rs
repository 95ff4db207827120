//! Optimizers, schedules, clipping.

use crate::{Array, Check, Golden};
use fireclay::optim::{Norm, Progress, clip_norm_of, clip_value};
use fireclay::prelude::*;

/// Ten steps of an optimizer on the file's gradients; and the gradients themselves, where the network is the file's problem:
/// the mean square of tanh(W·x + b) − target.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn steps<N, I, O>(path: &str, algorithm: impl Algorithm)
where
    N: Network<Input = Tensor<I>, TrainOutput = Tensor<O>> + AsNetwork<Network = N>,
    I: Shape,
    O: Shape,
{
    let file = &crate::open(path);
    let mut check = Check::new(file);
    let mut net = N::zeros();
    let names = [("W", "m.weight"), ("b", "m.bias")];
    for (short, long) in names {
        if let (Some(to), Some(from)) = (net.tensor_mut(long), file.get(&format!("{short}_step0"))) {
            to.copy_from_slice(&from.f32());
        }
    }
    let mut optimizer = algorithm.on(&*net);
    let problem = crate::layer::batch::<I>(file, "input").zip(crate::layer::batch::<O>(file, "target"));
    let mut grads = N::grads();
    let mut step = 1;
    while file.get(&format!("W_step{step}")).is_some() {
        if let Some((x, y)) = &problem {
            grads.zero();
            net.train(x, Mse, y, &mut N::memory(x.len()), &mut grads);
            for (short, long) in names {
                if let Some(grad) = grads.tensor(long) {
                    check.named(&format!("grad_{short}_step{step}"), grad);
                }
            }
        }
        for (short, long) in names {
            let (Some(info), Some(from)) = (info::<N>(long), file.get(&format!("grad_{short}_step{step}"))) else { continue };
            grads.as_mut_slice()[info..info + from.values.len()].copy_from_slice(&from.f32());
        }
        optimizer.step(&mut *net, &grads);
        for (short, long) in names {
            if let Some(param) = net.tensor(long) {
                check.named(&format!("{short}_step{step}"), param);
            }
        }
        step += 1;
    }
    check.finish();
}

/// Where a parameter's gradient stands.
fn info<N: Network>(name: &str) -> Option<usize> {
    N::INFO.tensors.iter().find(|tensor| tensor.path == name)?.grad
}

/// The rates of a schedule, asked step by step; each step counts as an epoch too. `steps` is the length of the training.
///
/// # Panics
/// If anything is off.
#[track_caller]
#[expect(clippy::cast_possible_truncation, reason = "rates and metrics")]
pub fn rates(path: &str, base: f32, steps: Option<usize>, mut schedule: impl Schedule) {
    let file = &crate::open(path);
    let mut check = Check::new(file);
    let length = file.tensors["lr"].values.len();
    let steps = steps.unwrap_or(length);
    let at = |i| Progress { step: i, steps, epoch: i, epochs: steps };
    let metrics = file.get("lr_metric").map_or(&[][..], |array| &array.values);
    let rates: Vec<f32> = (0..length)
        .map(|i| {
            if let Some(metric) = i.checked_sub(1).and_then(|i| metrics.get(i)) {
                schedule.observe(*metric as f32, at(i));
            }
            schedule.learning_rate(base, at(i))
        })
        .collect();
    check.named("lr", &rates);
    if file.get("lr_momentum").is_some() {
        let momenta: Vec<f32> = (0..length).filter_map(|i| schedule.momentum(at(i))).collect();
        check.named("lr_momentum", &momenta);
    }
    check.finish();
}

/// All gradients of the file in one row, and where each ends.
fn row(file: &Golden) -> Vec<(String, &Array)> {
    (0..).map_while(|i| Some((format!("clipped{i}"), file.get(&format!("grad{i}"))?))).collect()
}

#[track_caller]
fn clipped(path: &str, clip: impl Fn(&mut [f32]) -> Option<f32>) {
    let file = &crate::open(path);
    let mut check = Check::new(file);
    let row = row(file);
    let mut numbers: Vec<f32> = row.iter().flat_map(|(_, array)| array.f32()).collect();
    if let Some(norm) = clip(&mut numbers) {
        check.named("total_norm", &[norm]);
    }
    let mut rest = &numbers[..];
    for (name, array) in row {
        let (own, others) = rest.split_at(array.values.len());
        check.named(&name, own);
        rest = others;
    }
    check.finish();
}

/// Clipping by the norm of all gradients.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn clip_by_norm(path: &str, most: f32, norm: Norm) {
    clipped(path, |grads| Some(clip_norm_of(grads, most, norm)));
}

/// Clipping of each number.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn clip_by_value(path: &str, most: f32) {
    clipped(path, |grads| {
        clip_value(grads, most);
        None
    });
}
