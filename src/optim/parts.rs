//! A step of parameters that are not all trained alike.

use super::grouped::{Rules, Settings};
use super::{Algorithm, PIECE, clip, penalty};
use crate::network::{Block, Info, Network, TensorInfo, Trained};
use crate::threads::in_pool;
use crate::{Error, Result, narrow};

/// Trained tensors that stand one after another and are trained alike.
#[derive(Clone)]
struct Part<A> {
    algorithm: A,
    settings: Settings,
    param: usize,
    grad: usize,
    len: usize,
    /// The first gradient of the run whose moments lie piece by piece.
    run: usize,
    /// Where the run ends.
    run_end: usize,
    /// How many steps it was frozen: it takes the others.
    idle: u64,
}

/// The parts of a network, and where their gradients are made ready.
#[derive(Clone)]
pub(super) struct Parts<A> {
    rules: Rules,
    parts: Vec<Part<A>>,
    /// What penalties and clipping make of the gradients; empty where there are none.
    grads: Vec<f32>,
    /// Moments that do not lie together.
    rows: Vec<f32>,
    /// One for each part.
    norms: Vec<f32>,
    /// Of all gradients, before it was clipped.
    norm: Option<f32>,
}

/// The numbers of a step.
pub(super) struct StepNumbers {
    /// The rate that the algorithm was made with, and what a schedule has made of it.
    pub base: f32,
    pub learning_rate: f32,
    pub steps: u64,
    pub threads: usize,
}

impl StepNumbers {
    /// The rate of a group follows the optimizer's: exactly its own as long as that is unchanged.
    fn rate(&self, own: Option<f32>) -> f32 {
        match own {
            None => self.learning_rate,
            Some(own) if self.learning_rate == self.base || self.base == 0.0 => own,
            Some(own) => narrow(f64::from(own) * f64::from(self.learning_rate) / f64::from(self.base)),
        }
    }
}

/// What is known of the steps that a parameter has taken.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Taken {
    /// Steps for which it was frozen.
    pub idle: u64,
    /// What the algorithm counts beside ([`Algorithm::counted`]).
    pub counted: u64,
}

impl Taken {
    /// All steps.
    pub fn all(algorithm: &impl Algorithm) -> Self {
        Self { idle: 0, counted: algorithm.counted() }
    }
}

/// The trained tensors of a network, in the order of their gradients.
fn by_gradient(network: &Info) -> Vec<(usize, &TensorInfo)> {
    let mut tensors: Vec<(usize, &TensorInfo)> =
        network.tensors.iter().filter_map(|tensor| Some((tensor.grad?, tensor))).collect();
    tensors.sort_by_key(|(grad, _)| *grad);
    tensors
}

impl<A: Algorithm> Parts<A> {
    /// Those of this network, after so many steps, of which each parameter, by its gradient, has taken some.
    pub fn new<N: Network>(algorithm: &A, rules: Rules, steps: u64, taken: &dyn Fn(usize) -> Taken) -> Result<Self> {
        Self::of(N::INFO, N::TRAIN.trained, N::GradFields::LEN, algorithm, rules, steps, taken)
    }

    /// As many gradients as there are, and which parameters they are of: the same code for all networks.
    fn of(
        network: &Info,
        trained: &[Trained],
        grads: usize,
        algorithm: &A,
        rules: Rules,
        steps: u64,
        taken: &dyn Fn(usize) -> Taken,
    ) -> Result<Self> {
        rules.check(network)?;
        let by_tensor = algorithm.by_tensor();
        let mut parts: Vec<Part<A>> = Vec::new();
        for (grad, tensor) in by_gradient(network) {
            let (settings, taken) = (rules.of(tensor), taken(grad));
            let own = (grad, grad + tensor.len);
            let run = trained.iter().find(|run| run.grad <= grad && own.1 <= run.grad + run.len);
            let (run, run_end) = run.filter(|_| !by_tensor).map_or(own, |run| (run.grad, run.grad + run.len));
            if let Some(last) = parts.last_mut()
                && (last.run, last.grad + last.len, last.param + last.len) == (run, grad, tensor.offset)
                && last.settings == settings
                && last.taken() == taken
                && !by_tensor
            {
                last.len += tensor.len;
                continue;
            }
            let mut algorithm = algorithm.ungrouped();
            if let Some(weight_decay) = settings.group.weight_decay
                && !algorithm.set_weight_decay(weight_decay)
            {
                return Err(Error::Setting(format!(
                    "{}: a group with `{}` asks for a weight decay, and the algorithm has none\n  help: an `l2` penalty is added to the gradient, \
                     whatever the algorithm",
                    network.name, tensor.path
                )));
            }
            algorithm.set_counted(steps.saturating_sub(taken.idle), taken.counted);
            parts.push(Part { algorithm, settings, param: tensor.offset, grad, len: tensor.len, run, run_end, idle: taken.idle });
        }
        let changes = |part: &Part<A>| {
            let group = part.settings.group;
            !group.penalty.is_none() || group.clip_norm.is_some() || group.clip_value.is_some()
        };
        let changed = rules.clip_norm.is_some() || rules.clip_value.is_some() || parts.iter().any(changes);
        Ok(Self {
            grads: vec![0.0; if changed { grads } else { 0 }],
            rows: vec![0.0; algorithm.state_rows() * PIECE.min(grads)],
            norms: Vec::with_capacity(parts.len()),
            norm: None,
            rules,
            parts,
        })
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    pub fn norm(&self) -> Option<f32> {
        self.norm
    }

    /// What is known of the parameter with this gradient.
    pub fn taken(&self, grad: usize) -> Option<Taken> {
        self.parts.iter().find(|part| (part.grad..part.grad + part.len).contains(&grad)).map(Part::taken)
    }

    /// Of a checkpoint nothing is known but moments: where they are zero, no step was taken.
    pub fn restored(&mut self, steps: u64, state: &[f32], rows: usize) {
        let mut all = 0;
        for part in &mut self.parts {
            let mut stand_still = rows > 0;
            for row in 0..rows {
                let moments = Moments { run: part.run, run_end: part.run_end, rows };
                stand_still &= (part.grad..part.grad + part.len).all(|grad| state[moments.place(grad, row)] == 0.0);
            }
            part.idle = if stand_still { steps } else { 0 };
            all += usize::from(stand_still);
        }
        // Nothing was trained, or gradients were zero: then all go on together.
        if all == self.parts.len() {
            self.parts.iter_mut().for_each(|part| part.idle = 0);
        }
    }

    /// Scales the gradients of all that is not frozen so that together they are at most so long.
    pub fn clip_trained(&mut self, grads: &mut [f32], most: f32) {
        clip_trained(&self.parts, &mut self.norms, grads, (most, clip::Norm::L2));
    }

    pub fn set_momentum(&mut self, momentum: f32) {
        self.parts.iter_mut().for_each(|part| part.algorithm.set_momentum(momentum));
    }

    /// The rate of the part with this gradient; `None` if it is frozen.
    pub fn rate(&self, numbers: &StepNumbers, grad: usize) -> Option<f32> {
        let part = self.parts.iter().find(|part| (part.grad..part.grad + part.len).contains(&grad))?;
        (part.settings.group.frozen != Some(true)).then(|| numbers.rate(part.settings.group.learning_rate))
    }

    /// What the loss has beside its own value.
    pub fn penalty(&self, params: &[f32]) -> f32 {
        let trained = self.parts.iter().filter(|part| !part.frozen());
        penalty::sum(trained.map(|part| part.settings.group.penalty.value(&params[part.param..part.param + part.len])))
    }

    pub fn step(&mut self, numbers: &StepNumbers, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        let changed = !self.grads.is_empty();
        if changed {
            self.change(params, grads);
        }
        let grads = if changed { &self.grads } else { grads };
        for part in &mut self.parts {
            if part.frozen() {
                part.idle += 1;
            } else {
                part.step(numbers, params, grads, state, &mut self.rows);
            }
        }
    }

    /// Penalties, then clipping: by value, by the norms of groups, by that of all.
    fn change(&mut self, params: &[f32], grads: &[f32]) {
        let trained = || self.parts.iter().enumerate().filter(|(_, part)| !part.frozen());
        for (_, part) in trained() {
            let (own, group) = (part.grad..part.grad + part.len, part.settings.group);
            let to = &mut self.grads[own.clone()];
            to.copy_from_slice(&grads[own]);
            if !group.penalty.is_none() {
                group.penalty.add(&params[part.param..part.param + part.len], to);
            }
            for most in [group.clip_value, self.rules.clip_value].into_iter().flatten() {
                clip::clip_value(to, most);
            }
        }
        for (i, (_, group)) in self.rules.groups.iter().enumerate() {
            let Some((most, norm)) = group.clip_norm else { continue };
            self.norms.clear();
            let own = || trained().filter(|(_, part)| part.settings.clips == Some(i));
            self.norms.extend(own().map(|(_, part)| norm.of(&self.grads[part.grad..part.grad + part.len])));
            let scale = clip::scale(norm.of(&self.norms), most);
            if let Some(scale) = scale {
                own().for_each(|(_, part)| clip::times(scale, &mut self.grads[part.grad..part.grad + part.len]));
            }
        }
        if let Some(clip) = self.rules.clip_norm {
            self.norm = Some(clip_trained(&self.parts, &mut self.norms, &mut self.grads, clip));
        }
    }
}

/// Scales the gradients of all parts that are not frozen so that together they are at most so long; how long they were.
fn clip_trained<A: Algorithm>(
    parts: &[Part<A>],
    norms: &mut Vec<f32>,
    grads: &mut [f32],
    (most, norm): (f32, clip::Norm),
) -> f32 {
    let trained = || parts.iter().filter(|part| !part.frozen());
    norms.clear();
    norms.extend(trained().map(|part| norm.of(&grads[part.grad..part.grad + part.len])));
    let length = norm.of(norms);
    if let Some(scale) = clip::scale(length, most) {
        trained().for_each(|part| clip::times(scale, &mut grads[part.grad..part.grad + part.len]));
    }
    length
}

/// How the moments of a run lie: piece by piece, row by row.
struct Moments {
    run: usize,
    run_end: usize,
    rows: usize,
}

impl Moments {
    /// The piece that a gradient belongs to: from where to where.
    fn piece(&self, grad: usize) -> (usize, usize) {
        let first = self.run + (grad - self.run) / PIECE * PIECE;
        (first, (first + PIECE).min(self.run_end))
    }

    fn place(&self, grad: usize, row: usize) -> usize {
        let (first, end) = self.piece(grad);
        self.rows * first + row * (end - first) + (grad - first)
    }
}

impl<A: Algorithm> Part<A> {
    fn taken(&self) -> Taken {
        Taken { idle: self.idle, counted: self.algorithm.counted() }
    }

    fn frozen(&self) -> bool {
        self.settings.group.frozen == Some(true)
    }

    fn step(&mut self, numbers: &StepNumbers, params: &mut [f32], grads: &[f32], state: &mut [f32], scratch: &mut [f32]) {
        let (step, rate) = (numbers.steps - self.idle, numbers.rate(self.settings.group.learning_rate));
        self.algorithm.begin(step);
        let (algorithm, rows, threads) = (&self.algorithm, self.algorithm.state_rows(), numbers.threads);
        let moments = Moments { run: self.run, run_end: self.run_end, rows };
        let (mut from, end) = (self.grad, self.grad + self.len);
        while from < end {
            let param = self.param + from - self.grad;
            let (first, piece_end) = moments.piece(from);
            let whole = from == first && piece_end <= end;
            if whole || rows < 2 {
                // All that lies together: whole pieces up to the last that is whole.
                let last = moments.piece(end - 1);
                let to = if rows < 2 || last.1 == end { end } else { last.0 };
                let (params, grads) = (&mut params[param..param + to - from], &grads[from..to]);
                let state = &mut state[rows * from..rows * to];
                match to - from >= 2 * PIECE {
                    true => in_pool(threads, || algorithm.update_tensor(threads, rate, step, params, grads, state)),
                    false => algorithm.update_tensor(1, rate, step, params, grads, state),
                }
                from = to;
                continue;
            }
            // A part of a piece: its rows are brought together, and back.
            let to = piece_end.min(end);
            let len = to - from;
            let rows_of = |row: usize| moments.place(from, row)..moments.place(from, row) + len;
            let own = &mut scratch[..rows * len];
            for row in 0..rows {
                own[row * len..(row + 1) * len].copy_from_slice(&state[rows_of(row)]);
            }
            algorithm.update(rate, step, &mut params[param..param + len], &grads[from..to], own);
            for row in 0..rows {
                state[rows_of(row)].copy_from_slice(&own[row * len..(row + 1) * len]);
            }
            from = to;
        }
    }
}
