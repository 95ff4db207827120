//! Who is told what a training does, and may interfere.

use super::{Epoch, Run, Step, Trainer};
use crate::Result;
use crate::network::{Grads, Network};

/// Callbacks of a training of `N`, with a state of their own: a log, a file for TensorBoard, a rule. Each function may stop the training, save, change the learning rate
/// ([`Run`]); an error that it returns ends the training. A checkpoint does not hold the state of listeners. [`Trainer::listen`] takes one; closures do for a single function ([`Trainer::on_step`] and its like).
///
/// ```
/// use fireclay::{Result, prelude::*, trainer::{Listener, Run, Step}};
/// network! { pub Line(x: [1]) -> [1] { x -> fc: Dense(1) } }
///
/// /// Halves the rate whenever the loss of a step rises.
/// struct Careful {
///     before: f32,
/// }
///
/// impl<N: Network> Listener<N> for Careful {
///     fn on_step(&mut self, step: &Step, run: &mut Run<'_, N>) -> Result<()> {
///         if step.loss > self.before {
///             run.set_learning_rate(0.5 * run.learning_rate());
///         }
///         self.before = step.loss;
///         Ok(())
///     }
/// }
///
/// let data = fireclay::data::Samples::new(vec![Tensor::from([1.0])], vec![Tensor::from([3.0])])?;
/// let trainer = Trainer::new(Mse, Sgd::new(1.5)).epochs(60).progress(ProgressBar::Off).listen(Careful { before: f32::INFINITY });
/// let history = trainer.fit(&mut Line::init(&mut rng(1)), &data)?;
/// assert!(history.epochs()[59].loss < 1e-3);
/// # Ok::<(), fireclay::Error>(())
/// ```
pub trait Listener<N: Network> {
    /// Between the gradients of a step and the update, before [`Trainer::clip_norm`]: where gradients are averaged over machines, noise is added to them, or they are looked at.
    ///
    /// # Errors
    /// Whatever is to end the training.
    fn on_gradients(&mut self, grads: &mut Grads<N>, net: &N) -> Result<()> {
        let _ = (grads, net);
        Ok(())
    }

    /// After each step.
    ///
    /// # Errors
    /// Whatever is to end the training.
    fn on_step(&mut self, step: &Step, run: &mut Run<'_, N>) -> Result<()> {
        let _ = (step, run);
        Ok(())
    }

    /// After each validation, before [`on_epoch`](Listener::on_epoch) of the same epoch.
    ///
    /// # Errors
    /// Whatever is to end the training.
    fn on_validation(&mut self, epoch: &Epoch, run: &mut Run<'_, N>) -> Result<()> {
        let _ = (epoch, run);
        Ok(())
    }

    /// After each epoch.
    ///
    /// # Errors
    /// Whatever is to end the training.
    fn on_epoch(&mut self, epoch: &Epoch, run: &mut Run<'_, N>) -> Result<()> {
        let _ = (epoch, run);
        Ok(())
    }
}

/// Nobody listens.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl<N: Network> Listener<N> for Silent {}

/// What a callback gives back: nothing, or `Result<()>`, whose error ends the training.
pub trait Outcome {
    #[doc(hidden)]
    fn result(self) -> Result<()>;
}

impl Outcome for () {
    fn result(self) -> Result<()> {
        Ok(())
    }
}

impl Outcome for Result<()> {
    fn result(self) -> Result<()> {
        self
    }
}

/// Two who listen, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Both<A, B>(A, B);

impl<N: Network, A: Listener<N>, B: Listener<N>> Listener<N> for Both<A, B> {
    fn on_gradients(&mut self, grads: &mut Grads<N>, net: &N) -> Result<()> {
        self.0.on_gradients(grads, net)?;
        self.1.on_gradients(grads, net)
    }
    fn on_step(&mut self, step: &Step, run: &mut Run<'_, N>) -> Result<()> {
        self.0.on_step(step, run)?;
        self.1.on_step(step, run)
    }
    fn on_validation(&mut self, epoch: &Epoch, run: &mut Run<'_, N>) -> Result<()> {
        self.0.on_validation(epoch, run)?;
        self.1.on_validation(epoch, run)
    }
    fn on_epoch(&mut self, epoch: &Epoch, run: &mut Run<'_, N>) -> Result<()> {
        self.0.on_epoch(epoch, run)?;
        self.1.on_epoch(epoch, run)
    }
}

impl<N: Network, L: Listener<N> + ?Sized> Listener<N> for &mut L {
    fn on_gradients(&mut self, grads: &mut Grads<N>, net: &N) -> Result<()> {
        (**self).on_gradients(grads, net)
    }
    fn on_step(&mut self, step: &Step, run: &mut Run<'_, N>) -> Result<()> {
        (**self).on_step(step, run)
    }
    fn on_validation(&mut self, epoch: &Epoch, run: &mut Run<'_, N>) -> Result<()> {
        (**self).on_validation(epoch, run)
    }
    fn on_epoch(&mut self, epoch: &Epoch, run: &mut Run<'_, N>) -> Result<()> {
        (**self).on_epoch(epoch, run)
    }
}

macro_rules! callback {
    ($name:ident, $method:ident($number:ident: $numbers:ty, $state:ident: $handle:ty)) => {
        #[doc = concat!("A function as a [`Listener`]: [`Trainer::", stringify!($method), "`].")]
        #[derive(Clone, Copy)]
        pub struct $name<F>(F);

        impl<N: Network, R: Outcome, F: FnMut($numbers, $handle) -> R> Listener<N> for $name<F> {
            fn $method(&mut self, $number: $numbers, $state: $handle) -> Result<()> {
                (self.0)($number, $state).result()
            }
        }

        impl<F> core::fmt::Debug for $name<F> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}
callback!(OnGradients, on_gradients(grads: &mut Grads<N>, net: &N));
callback!(OnStep, on_step(step: &Step, run: &mut Run<'_, N>));
callback!(OnValidation, on_validation(epoch: &Epoch, run: &mut Run<'_, N>));
callback!(OnEpoch, on_epoch(epoch: &Epoch, run: &mut Run<'_, N>));

impl<L, A, V, C> Trainer<L, A, V, C> {
    /// Tells a [`Listener`] what the training does, beside those that are told already: `&mut` one, to have it back afterwards.
    pub fn listen<B>(self, listener: B) -> Trainer<L, A, V, Both<C, B>> {
        let Self { loss, algorithm, settings, schedule, validation, listeners } = self;
        Trainer { loss, algorithm, settings, schedule, validation, listeners: Both(listeners, listener) }
    }

    /// Calls a function between the gradients of each step and the update: `.on_gradients(|grads: &mut Grads<LeNet>, net| …)`.
    pub fn on_gradients<N, R, F>(self, f: F) -> Trainer<L, A, V, Both<C, OnGradients<F>>>
    where
        N: Network,
        R: Outcome,
        F: FnMut(&mut Grads<N>, &N) -> R,
    {
        self.listen(OnGradients(f))
    }

    /// Calls a function after each step, with its numbers and the training: `.on_step(|step, run: &mut Run<LeNet>| …)`. What it gives back is nothing or
    /// `Result<()>`.
    pub fn on_step<N, R, F>(self, f: F) -> Trainer<L, A, V, Both<C, OnStep<F>>>
    where
        N: Network,
        R: Outcome,
        F: FnMut(&Step, &mut Run<'_, N>) -> R,
    {
        self.listen(OnStep(f))
    }

    /// Calls a function after each validation, with the numbers of the epoch and the training: `.on_validation(|epoch, run: &mut Run<LeNet>| …)`.
    pub fn on_validation<N, R, F>(self, f: F) -> Trainer<L, A, V, Both<C, OnValidation<F>>>
    where
        N: Network,
        R: Outcome,
        F: FnMut(&Epoch, &mut Run<'_, N>) -> R,
    {
        self.listen(OnValidation(f))
    }

    /// Calls a function after each epoch, with its numbers and the training: `.on_epoch(|epoch, run: &mut Run<LeNet>| …)`.
    pub fn on_epoch<N, R, F>(self, f: F) -> Trainer<L, A, V, Both<C, OnEpoch<F>>>
    where
        N: Network,
        R: Outcome,
        F: FnMut(&Epoch, &mut Run<'_, N>) -> R,
    {
        self.listen(OnEpoch(f))
    }
}
