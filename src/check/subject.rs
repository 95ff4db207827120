//! A copy of a network under examination.

use super::GradientCheck;
use super::choice::{chosen, root_mean_square};
use super::difference::{Claim, Nearest, Value, compare};
use super::numbers::Numbers;
use super::seen::Seen;
use super::wrong::{Of, WrongGradient, place};
use crate::layout::Layout;
use crate::loss::{Loss, MicroBatch};
use crate::network::{Block, Memory, Network, Train};
use crate::values::{Pointers, Values};
use crate::{Error, Initialize, Result};

/// A network, a batch, and the gradients that training computed.
pub(super) struct Subject<'a, N: Network, L, T> {
    settings: &'a GradientCheck,
    net: Box<N>,
    memory: Memory<N>,
    inputs: <N::Input as Values>::Batch,
    loss: &'a L,
    targets: T,
    layout: Layout,
    samples: usize,
    buffers: Vec<f32>,
    /// That of the outputs, as the loss gave it.
    by_output: Vec<Vec<f32>>,
    by_input: Vec<Vec<f32>>,
    by_parameter: Vec<f32>,
}

impl<'a, N: Network, L: Loss<N::TrainOutput, T>, T: Copy + Send + Sync> Subject<'a, N, L, T> {
    #[track_caller]
    pub fn new(
        settings: &'a GradientCheck,
        net: &N,
        inputs: <N::Input as Values>::Refs<'_>,
        memory: Memory<N>,
        loss: &'a L,
        targets: T,
    ) -> Result<Self> {
        let (samples, layout) = (N::Input::samples(inputs), memory.layout());
        let mut own = N::Input::in_layout(samples, layout);
        N::Input::copy_padded(&mut own, inputs, 0);
        let mut subject = Self {
            settings,
            net: net.boxed_clone(),
            memory,
            inputs: own,
            loss,
            targets,
            layout,
            samples,
            buffers: net.buffers().as_slice().to_vec(),
            by_output: Vec::new(),
            by_input: Vec::new(),
            by_parameter: Vec::new(),
        };
        subject.differentiate()?;
        Ok(subject)
    }

    /// The gradients as training computes them.
    #[track_caller]
    fn differentiate(&mut self) -> Result<()> {
        let (layout, samples) = (self.layout, self.samples);
        self.memory.seed(self.settings.seed);
        let mut forward = self.net.forward(self.settings.mode, N::Input::refs(&self.inputs), &mut self.memory);
        let value = forward.loss(self.loss, self.targets);
        if !value.is_finite() {
            return Err(Error::Setting(format!(
                "{}: the gradient of a loss that is {value} cannot be checked; give inputs and targets of which it is a number",
                N::INFO.name
            )));
        }
        self.by_output = Numbers::of::<N::TrainOutput>(&mut self.memory.output_grad, layout, samples).all();
        let mut grads = N::grads();
        self.net.backward(&mut self.memory, &mut grads);
        self.by_parameter = grads.as_slice().to_vec();
        self.net.backward_input(&mut self.memory);
        self.by_input = Numbers::of::<N::Input>(&mut self.memory.input_grad, layout, samples).all();
        Ok(())
    }

    /// The outputs anew.
    fn forward(&mut self) {
        self.net.buffers_mut().as_mut_slice().copy_from_slice(&self.buffers);
        self.memory.seed(self.settings.seed);
        self.net.forward(self.settings.mode, N::Input::refs(&self.inputs), &mut self.memory);
    }

    /// Compares all.
    pub fn check(&mut self, seen: &mut Seen) -> Result<()> {
        self.outputs(seen)?;
        self.parameters(seen)?;
        self.inputs(seen)
    }

    /// The outputs, each times its gradient: what moves as the loss does.
    fn product(&mut self) -> Value {
        self.forward();
        let (mut value, mut squares) = (0.0, 0.0);
        let outputs = Numbers::of::<N::TrainOutput>(&mut self.memory.output, self.layout, self.samples).all();
        for (output, gradient) in outputs.iter().zip(&self.by_output) {
            for (y, g) in output.iter().zip(gradient) {
                let term = f64::from(*y) * f64::from(*g);
                value += term;
                squares += term * term;
            }
        }
        Value { value, size: squares.sqrt() }
    }

    /// The share of the loss that a micro-batch has.
    fn share(&mut self, micro: usize) -> f64 {
        let (mut outputs, mut grads) = (Pointers::NONE, Pointers::NONE);
        N::TrainOutput::batch_pointers_mut(&mut self.memory.output, &mut outputs);
        N::TrainOutput::batch_pointers_mut(&mut self.memory.output_grad, &mut grads);
        // SAFETY: the memory's own batches, of which nobody else has hold; they have this micro-batch, as it has samples.
        let (outputs, grads) =
            unsafe { (N::TrainOutput::lanes(&outputs, &mut 0, micro), N::TrainOutput::lanes_mut(&grads, &mut 0, micro)) };
        let (lanes, samples) = (self.layout.lanes(), self.samples);
        let first = micro * lanes;
        let part = MicroBatch { first, layout: self.layout, count: (samples - first).min(lanes), samples };
        f64::from(self.loss.micro(part, outputs, self.targets, grads))
    }

    /// The gradient that the loss gives.
    fn outputs(&mut self, seen: &mut Seen) -> Result<()> {
        let (layout, samples) = (self.layout, self.samples);
        self.forward();
        for (value, dims) in Numbers::tensors(N::TrainOutput::TYPES) {
            let gradient = self.by_output[value].clone();
            let typical = root_mean_square(&gradient);
            let len: usize = dims.iter().product();
            for at in chosen(&gradient, self.settings.numbers, self.settings.seed) {
                let (sample, j) = (at / len, at % len);
                let was = Numbers::of::<N::TrainOutput>(&mut self.memory.output, layout, samples).get(value, sample, j);
                let verdict = compare(self.claim(gradient[at], typical), was, 1.0, |x| {
                    Numbers::of::<N::TrainOutput>(&mut self.memory.output, layout, samples).set(value, sample, j, x);
                    let share = self.share(sample / layout.lanes());
                    // Rounded once or twice.
                    Value { value: share, size: 0.25 * share.abs() }
                });
                Numbers::of::<N::TrainOutput>(&mut self.memory.output, layout, samples).set(value, sample, j, was);
                seen.hear(verdict, |near| self.wrong(Of::Output(value), Some(sample), place(j, dims), gradient[at], near))?;
            }
            seen.end_of_tensor()?;
        }
        Ok(())
    }

    /// Those of the parameters.
    fn parameters(&mut self, seen: &mut Seen) -> Result<()> {
        for tensor in N::INFO.tensors {
            let Some(grad) = tensor.grad else { continue };
            let gradient = self.by_parameter[grad..grad + tensor.len].to_vec();
            let typical = root_mean_square(&gradient);
            let size = root_mean_square(&self.net.params().as_slice()[tensor.offset..tensor.offset + tensor.len]);
            for at in chosen(&gradient, self.settings.numbers, self.settings.seed) {
                let was = self.net.params().as_slice()[tensor.offset + at];
                let verdict = compare(self.claim(gradient[at], typical), was, size, |x| {
                    self.net.params_mut().as_mut_slice()[tensor.offset + at] = x;
                    self.product()
                });
                self.net.params_mut().as_mut_slice()[tensor.offset + at] = was;
                let of = Of::Parameter(tensor.path);
                seen.hear(verdict, |near| self.wrong(of, None, place(at, tensor.dims), gradient[at], near))?;
            }
            seen.end_of_tensor()?;
        }
        Ok(())
    }

    /// Those of the inputs that are tensors.
    fn inputs(&mut self, seen: &mut Seen) -> Result<()> {
        let (layout, samples) = (self.layout, self.samples);
        let all = Numbers::of::<N::Input>(&mut self.inputs, layout, samples).all();
        for (value, dims) in Numbers::tensors(N::Input::TYPES) {
            let gradient = self.by_input[value].clone();
            let (typical, size) = (root_mean_square(&gradient), root_mean_square(&all[value]));
            let len: usize = dims.iter().product();
            for at in chosen(&gradient, self.settings.numbers, self.settings.seed) {
                let (sample, j, was) = (at / len, at % len, all[value][at]);
                let verdict = compare(self.claim(gradient[at], typical), was, size, |x| {
                    Numbers::of::<N::Input>(&mut self.inputs, layout, samples).set(value, sample, j, x);
                    self.product()
                });
                Numbers::of::<N::Input>(&mut self.inputs, layout, samples).set(value, sample, j, was);
                seen.hear(verdict, |near| self.wrong(Of::Input(value), Some(sample), place(j, dims), gradient[at], near))?;
            }
            seen.end_of_tensor()?;
        }
        Ok(())
    }

    fn claim(&self, gradient: f32, typical: f64) -> Claim {
        Claim { gradient: f64::from(gradient), typical, tolerance: f64::from(self.settings.tolerance) }
    }

    fn wrong(&self, of: Of, sample: Option<usize>, place: Vec<usize>, found: f32, nearest: Nearest) -> Error {
        let Nearest { difference, tolerance } = nearest;
        let (network, layout, found) = (N::INFO.name, self.layout, f64::from(found));
        Error::Gradient(Box::new(WrongGradient { network, of, sample, place, found, difference, tolerance, layout }))
    }
}
