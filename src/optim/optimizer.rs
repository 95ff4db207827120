//! An algorithm at work on a network.

use super::grouped::{Rules, Which};
use super::parts::{Parts, StepNumbers, Taken};
use super::{Algorithm, Group, PIECE, clip_norm};
use crate::network::{AsNetwork, Block, Grads, Network};
use crate::threads::{self, in_pool};
use crate::{Result, setting};
use core::marker::PhantomData;

/// An algorithm with the moments of one network's parameters.
pub struct Optimizer<A: Algorithm, N: Network> {
    pub(super) algorithm: A,
    pub(super) learning_rate: f32,
    pub(super) steps: u64,
    /// That a schedule has set last.
    pub(super) momentum: Option<f32>,
    pub(super) state: Vec<f32>,
    threads: usize,
    /// Where not all is trained alike.
    pub(super) parts: Option<Box<Parts<A>>>,
    network: PhantomData<fn() -> N>,
}

impl<A: Algorithm, N: Network> Optimizer<A, N> {
    /// With all moments zero.
    ///
    /// # Panics
    /// If the pattern of a group stands for no parameter.
    #[must_use]
    #[track_caller]
    pub fn new(algorithm: A) -> Self {
        match Self::try_new(algorithm) {
            Ok(optimizer) => optimizer,
            Err(error) => panic!("{error}"),
        }
    }

    /// With all moments zero.
    ///
    /// # Errors
    /// As [`Algorithm::try_on`].
    pub fn try_new(algorithm: A) -> Result<Self> {
        let state = vec![0.0; algorithm.state_rows() * N::GradFields::LEN];
        let parts = match algorithm.rules() {
            Some(rules) => Some(Box::new(Parts::new::<N>(&algorithm, rules.clone(), 0, &|_| Taken::all(&algorithm))?)),
            None => None,
        };
        Ok(Self {
            learning_rate: algorithm.learning_rate(),
            algorithm,
            steps: 0,
            momentum: None,
            state,
            threads: threads::available(),
            parts,
            network: PhantomData,
        })
    }

    /// At most this many threads, where there are parameters enough; the bits are the same for any number. At first those of rayon's pool.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub fn threads(&mut self, threads: usize) -> &mut Self {
        setting::at_least_one("Optimizer: threads", threads);
        self.threads = threads;
        self
    }

    fn numbers(&self) -> StepNumbers {
        let (base, learning_rate) = (self.algorithm.learning_rate(), self.learning_rate);
        StepNumbers { base, learning_rate, steps: self.steps, threads: self.threads }
    }

    /// Moves the trained parameters by one step. Buffers and frozen parameters stay as they are.
    pub fn step(&mut self, net: &mut impl AsNetwork<Network = N>, grads: &Grads<N>) {
        self.steps += 1;
        self.algorithm.begin(self.steps);
        let rows = self.algorithm.state_rows();
        let params = net.network_mut().params_mut().as_mut_slice();
        let grads = grads.as_slice();
        let numbers = self.numbers();
        if let Some(parts) = &mut self.parts {
            parts.step(&numbers, params, grads, &mut self.state);
            return;
        }
        let (algorithm, learning_rate, steps, threads) = (&self.algorithm, self.learning_rate, self.steps, self.threads);
        let state = &mut self.state;
        let mut step = |param: usize, grad: usize, len: usize| {
            let params = &mut params[param..param + len];
            let state = &mut state[rows * grad..rows * (grad + len)];
            let grads = &grads[grad..grad + len];
            match len >= 2 * PIECE {
                true => in_pool(threads, || algorithm.update_tensor(threads, learning_rate, steps, params, grads, state)),
                false => algorithm.update_tensor(1, learning_rate, steps, params, grads, state),
            }
        };
        if algorithm.by_tensor() {
            for tensor in N::INFO.tensors {
                if let Some(grad) = tensor.grad {
                    step(tensor.offset, grad, tensor.len);
                }
            }
        } else {
            N::TRAIN.trained.iter().for_each(|run| step(run.param, run.grad, run.len));
        }
    }

    /// The learning rate of the next step.
    #[must_use]
    pub fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    /// That of a parameter, by its name: its group's own, times what was made of the optimizer's since the start. `None` for what is frozen and
    /// for what is no trained parameter.
    #[must_use]
    pub fn learning_rate_of(&self, name: &str) -> Option<f32> {
        let grad = N::INFO.tensors.iter().find(|tensor| tensor.path == name)?.grad?;
        match &self.parts {
            Some(parts) => parts.rate(&self.numbers(), grad),
            None => Some(self.learning_rate),
        }
    }

    /// Leaves the parameters that a [pattern](Algorithm::group) stands for as they are, from the next step on.
    ///
    /// # Errors
    /// If it stands for no parameter.
    pub fn freeze(&mut self, pattern: &str) -> Result<()> {
        self.rule(pattern, Group::freeze)
    }

    /// Trains the parameters that a [pattern](Algorithm::group) stands for, from the next step on, if they were frozen here and not in the
    /// declaration. What was never trained begins with its own first step, as in PyTorch: the corrections of Adam's moments count the steps that
    /// a parameter has taken. (After [`restore`](Optimizer::restore) that is known of parameters that had taken none.)
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Small(x: [4]) -> [2] { x -> trunk: Dense(8) -> Tanh -> head: Dense(2) } }
    /// let net = Small::init(&mut rng(1));
    /// let mut optimizer = Adam::new(0.1).freeze("trunk").on(&net);
    /// // … some epochs later
    /// optimizer.unfreeze("trunk")?;
    /// assert_eq!(optimizer.learning_rate_of("trunk.weight"), Some(0.1));
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Errors
    /// If it stands for no parameter.
    pub fn unfreeze(&mut self, pattern: &str) -> Result<()> {
        self.rule(pattern, Group::unfreeze)
    }

    fn rule(&mut self, pattern: &str, group: impl FnOnce(Group) -> Group) -> Result<()> {
        let mut rules = self.parts.as_ref().map_or_else(Rules::default, |parts| parts.rules().clone());
        let which = Which::Pattern(pattern.to_owned());
        // What an earlier rule says of the same parameters is said anew.
        rules.groups.retain(|(other, group)| *other != which || !group.only_freezes());
        rules.groups.push((which, group(Group::default())));
        let before =
            |grad| self.parts.as_ref().and_then(|parts| parts.taken(grad)).unwrap_or_else(|| Taken::all(&self.algorithm));
        self.parts = Some(Box::new(Parts::new::<N>(&self.algorithm, rules, self.steps, &before)?));
        Ok(())
    }

    /// How long all gradients of the last step were, before they were clipped; `None` without [`Algorithm::clip_norm`] and before the first step.
    #[must_use]
    pub fn gradient_norm(&self) -> Option<f32> {
        self.parts.as_ref()?.norm()
    }

    /// Scales the gradients of all that is not frozen so that together they are at most so long, as [`clip_norm`] does.
    pub(crate) fn clip_trained(&mut self, grads: &mut [f32], most: f32) {
        match &mut self.parts {
            Some(parts) => parts.clip_trained(grads, most),
            None => drop(clip_norm(grads, most)),
        }
    }

    /// What the [penalties](Group::l1) of the groups add to the loss.
    #[must_use]
    pub fn penalty(&self, net: &impl AsNetwork<Network = N>) -> f32 {
        self.parts.as_ref().map_or(0.0, |parts| parts.penalty(net.network().params().as_slice()))
    }

    /// Changes the learning rate. Those of groups change by the same factor.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub fn set_learning_rate(&mut self, learning_rate: f32) {
        setting::not_negative("Optimizer: learning rate", learning_rate);
        self.learning_rate = learning_rate;
    }

    /// Changes the momentum, where the algorithm was made with one: 0 is a momentum like others then, and may rise again.
    ///
    /// # Panics
    /// If it is not at least 0 and less than 1.
    #[track_caller]
    pub fn set_momentum(&mut self, momentum: f32) {
        setting::below_one("Optimizer: momentum", momentum);
        self.algorithm.set_momentum(momentum);
        self.momentum = Some(momentum);
        if let Some(parts) = &mut self.parts {
            parts.set_momentum(momentum);
        }
    }

    /// How many steps were made.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> &A {
        &self.algorithm
    }

    /// All moments, for a checkpoint: of each run of trained parameters (of each tensor, where the algorithm goes by them), piece by piece (32,768
    /// parameters), row by row; the same whatever the groups are.
    #[must_use]
    pub fn state(&self) -> &[f32] {
        &self.state
    }

    /// Goes on where a checkpoint was made: its steps and moments. `false`, and nothing changes, if there are not as many moments.
    #[must_use]
    pub fn restore(&mut self, steps: u64, state: &[f32]) -> bool {
        if state.len() != self.state.len() {
            return false;
        }
        self.steps = steps;
        self.state.copy_from_slice(state);
        if let Some(parts) = &mut self.parts {
            parts.restored(steps, state, self.algorithm.state_rows());
        }
        true
    }
}

impl<A: Algorithm, N: Network> Clone for Optimizer<A, N> {
    fn clone(&self) -> Self {
        Self {
            algorithm: self.algorithm.clone(),
            learning_rate: self.learning_rate,
            steps: self.steps,
            momentum: self.momentum,
            state: self.state.clone(),
            threads: self.threads,
            parts: self.parts.clone(),
            network: PhantomData,
        }
    }
}

impl<A: Algorithm, N: Network> core::fmt::Debug for Optimizer<A, N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "Optimizer of {}: learning rate {}, {} steps, {} moments",
            N::INFO.name,
            self.learning_rate,
            self.steps,
            self.state.len()
        )
    }
}
