//! Parameters that are trained otherwise than the rest.

use super::clip::Norm;
use super::penalty::Penalty;
use crate::setting;

/// What a group of parameters has in place of what its optimizer has; made in [`Algorithm::group`](super::Algorithm::group). What is not said
/// stays as it is.
///
/// A penalty is a term of the loss, so its derivative is added to the gradient before that is clipped. A weight decay is what the algorithm makes of it
/// (`AdamW` decays apart from the moments), after that.
///
/// ```
/// use fireclay::optim::AdamW;
/// use fireclay::prelude::*;
/// network! { pub Small(x: [4]) -> [2] { x -> trunk: Dense(8) -> Tanh -> head: Dense(2) } }
/// let mut net = Small::init(&mut rng(1));
/// let mut optimizer = AdamW::new(1e-3)
///     .group("*.bias", |g| g.weight_decay(0.0))
///     .group("trunk.*", |g| g.learning_rate(1e-5).clip_norm(1.0))
///     .on(&net);
/// let before = net.clone();
/// let mut grads = Small::grads();
/// grads.as_mut_slice().fill(1.0);
/// optimizer.step(&mut net, &grads);
/// assert!((before.head.bias[0] - net.head.bias[0] - 1e-3).abs() < 1e-6);
/// assert!((before.trunk.bias[0] - net.trunk.bias[0] - 1e-5).abs() < 1e-7);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[must_use = "the closure returns the group"]
pub struct Group {
    pub(super) learning_rate: Option<f32>,
    pub(super) weight_decay: Option<f32>,
    pub(super) penalty: Penalty,
    pub(super) clip_norm: Option<(f32, Norm)>,
    pub(super) clip_value: Option<f32>,
    pub(super) frozen: Option<bool>,
}

impl Group {
    /// Its rate in place of the optimizer's own. A schedule scales both by the same factor.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn learning_rate(mut self, learning_rate: f32) -> Self {
        setting::not_negative("Group: learning_rate", learning_rate);
        self.learning_rate = Some(learning_rate);
        self
    }

    /// Its weight decay in place of the optimizer's own.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn weight_decay(mut self, weight_decay: f32) -> Self {
        setting::not_negative("Group: weight_decay", weight_decay);
        self.weight_decay = Some(weight_decay);
        self
    }

    /// Adds λ·Σ|θ| to the loss (the lasso, Tibshirani 1996): λ·sign θ to the gradient, 0 at 0.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn l1(mut self, weight: f32) -> Self {
        setting::not_negative("Group: l1", weight);
        self.penalty.l1 = weight;
        self
    }

    /// Adds λ/2·Σθ² to the loss (ridge regression, Hoerl and Kennard 1970): λ·θ to the gradient.
    ///
    /// # Panics
    /// If it is not a finite number of at least 0.
    #[track_caller]
    pub const fn l2(mut self, weight: f32) -> Self {
        setting::not_negative("Group: l2", weight);
        self.penalty.l2 = weight;
        self
    }

    /// Adds λ/p·Σ|θ|ᵖ to the loss (bridge regression, Frank and Friedman 1993), for p of at least 1: λ·|θ|ᵖ⁻¹·sign θ to the gradient.
    ///
    /// # Panics
    /// If p is less than 1, or one is not a finite number of at least 0.
    #[track_caller]
    pub const fn lp(mut self, p: f32, weight: f32) -> Self {
        setting::finite("Group: p of lp", p);
        assert!(p >= 1.0, "Group: the p of `lp` must be at least 1: below, the gradient is infinite at 0");
        setting::not_negative("Group: lp", weight);
        self.penalty.lp = Some((p, weight));
        self
    }

    /// Both [`l1`](Group::l1) and [`l2`](Group::l2), with these weights (the elastic net, Zou and Hastie 2005).
    ///
    /// # Panics
    /// If one is not a finite number of at least 0.
    #[track_caller]
    pub const fn elastic_net(self, l1: f32, l2: f32) -> Self {
        self.l1(l1).l2(l2)
    }

    /// Scales the gradients of the group so that together they are at most so long; see [`clip_norm`](super::clip_norm()). After
    /// [`clip_value`](Group::clip_value), before what the optimizer clips of all.
    ///
    /// # Panics
    /// If it is not greater than 0.
    #[track_caller]
    pub const fn clip_norm(self, most: f32) -> Self {
        self.clip_norm_of(most, Norm::L2)
    }

    /// As [`clip_norm`](Group::clip_norm), with another measure of length.
    ///
    /// # Panics
    /// If it is not greater than 0.
    #[track_caller]
    pub const fn clip_norm_of(mut self, most: f32, norm: Norm) -> Self {
        setting::limit("Group: clip_norm", most);
        self.clip_norm = Some((most, norm));
        self
    }

    /// Puts every gradient of the group between −most and most; see [`clip_value`](super::clip_value()).
    ///
    /// # Panics
    /// If it is not greater than 0.
    #[track_caller]
    pub const fn clip_value(mut self, most: f32) -> Self {
        setting::limit("Group: clip_value", most);
        self.clip_value = Some(most);
        self
    }

    /// Its parameters and their moments keep every bit. (Gradients are computed all the same, and the running statistics of a batch norm move on:
    /// `#[frozen]` in the declaration stops both.)
    pub const fn freeze(mut self) -> Self {
        self.frozen = Some(true);
        self
    }

    /// Its parameters train, although a pattern before it froze them.
    pub const fn unfreeze(mut self) -> Self {
        self.frozen = Some(false);
        self
    }

    /// What `other`, which comes later, says instead.
    pub(super) fn then(&mut self, other: &Self) {
        self.learning_rate = other.learning_rate.or(self.learning_rate);
        self.weight_decay = other.weight_decay.or(self.weight_decay);
        self.clip_norm = other.clip_norm.or(self.clip_norm);
        self.clip_value = other.clip_value.or(self.clip_value);
        self.frozen = other.frozen.or(self.frozen);
        if !other.penalty.is_none() {
            self.penalty = other.penalty;
        }
    }

    /// Whether it says nothing but what is frozen.
    pub(super) fn only_freezes(&self) -> bool {
        self.frozen.is_some() && Self { frozen: None, ..*self } == Self::default()
    }
}
