//! An algorithm with groups.

use super::clip::Norm;
use super::group::Group;
use super::{Algorithm, pattern};
use crate::network::{Info, TensorInfo};
use crate::{Error, Result, setting};

/// Whom a group is for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Which {
    /// Parameters by their names.
    Pattern(String),
    /// Biases and the scales and shifts of norms: what has fewer than two axes.
    Vectors,
}

impl Which {
    fn takes(&self, tensor: &TensorInfo) -> bool {
        match self {
            Self::Pattern(pattern) => pattern::matches(pattern, tensor.path),
            Self::Vectors => tensor.dims.len() < 2,
        }
    }
}

/// Groups in the order in which they were made, and what is clipped of all gradients together.
#[derive(Debug, Clone, PartialEq, Default)]
#[doc(hidden)]
pub struct Rules {
    pub(super) groups: Vec<(Which, Group)>,
    pub(super) clip_norm: Option<(f32, Norm)>,
    pub(super) clip_value: Option<f32>,
}

/// What a trained tensor is trained by.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Settings {
    pub group: Group,
    /// The number of the group that clips it by norm.
    pub clips: Option<usize>,
}

impl Rules {
    /// An error if a pattern stands for nothing.
    pub(super) fn check(&self, info: &Info) -> Result<()> {
        for (which, group) in &self.groups {
            let Which::Pattern(pattern) = which else { continue };
            // To freeze what is frozen already changes nothing.
            let may = |tensor: &&TensorInfo| tensor.grad.is_some() || (group.only_freezes() && !tensor.buffer);
            if !info.tensors.iter().filter(may).any(|tensor| which.takes(tensor)) {
                return Err(Error::Setting(pattern::nothing(pattern, info)));
            }
        }
        Ok(())
    }

    pub(super) fn of(&self, tensor: &TensorInfo) -> Settings {
        let mut settings = Settings::default();
        for (i, (which, group)) in self.groups.iter().enumerate() {
            if which.takes(tensor) {
                settings.group.then(group);
                settings.clips = group.clip_norm.map(|_| i).or(settings.clips);
            }
        }
        settings
    }
}

/// An algorithm with groups; made by [`Algorithm::group`] and its like, which it has too.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a description does nothing until `.on(&net)` makes an optimizer of it"]
pub struct Grouped<A> {
    algorithm: A,
    rules: Rules,
}

impl<A: Algorithm> Grouped<A> {
    pub(super) fn new(algorithm: A) -> Self {
        Self { algorithm, rules: Rules::default() }
    }

    /// The algorithm without its groups.
    #[must_use]
    pub const fn algorithm(&self) -> &A {
        &self.algorithm
    }

    /// As [`Algorithm::group`].
    pub fn group(mut self, pattern: impl Into<String>, settings: impl FnOnce(Group) -> Group) -> Self {
        self.rules.groups.push((Which::Pattern(pattern.into()), settings(Group::default())));
        self
    }

    /// As [`Algorithm::freeze`].
    pub fn freeze(self, pattern: impl Into<String>) -> Self {
        self.group(pattern, Group::freeze)
    }

    /// As [`Algorithm::decay_weights_only`].
    pub fn decay_weights_only(mut self) -> Self {
        self.rules.groups.push((Which::Vectors, Group::default().weight_decay(0.0)));
        self
    }

    /// As [`Algorithm::clip_norm`].
    ///
    /// # Panics
    /// If it is not greater than 0.
    #[track_caller]
    pub fn clip_norm(self, most: f32) -> Self {
        self.clip_norm_of(most, Norm::L2)
    }

    /// As [`Grouped::clip_norm`], with another measure of length.
    ///
    /// # Panics
    /// If it is not greater than 0.
    #[track_caller]
    pub fn clip_norm_of(mut self, most: f32, norm: Norm) -> Self {
        setting::limit("clip_norm: most", most);
        self.rules.clip_norm = Some((most, norm));
        self
    }

    /// As [`Algorithm::clip_value`].
    ///
    /// # Panics
    /// If it is not greater than 0.
    #[track_caller]
    pub fn clip_value(mut self, most: f32) -> Self {
        setting::limit("clip_value: most", most);
        self.rules.clip_value = Some(most);
        self
    }
}

impl<A: Algorithm> Algorithm for Grouped<A> {
    fn state_rows(&self) -> usize {
        self.algorithm.state_rows()
    }

    fn learning_rate(&self) -> f32 {
        self.algorithm.learning_rate()
    }

    fn update(&self, learning_rate: f32, step: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        self.algorithm.update(learning_rate, step, params, grads, state);
    }

    fn begin(&mut self, step: u64) {
        self.algorithm.begin(step);
    }

    fn by_tensor(&self) -> bool {
        self.algorithm.by_tensor()
    }

    fn update_tensor(&self, threads: usize, learning_rate: f32, step: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        self.algorithm.update_tensor(threads, learning_rate, step, params, grads, state);
    }

    fn set_momentum(&mut self, momentum: f32) {
        self.algorithm.set_momentum(momentum);
    }

    fn set_weight_decay(&mut self, weight_decay: f32) -> bool {
        self.algorithm.set_weight_decay(weight_decay)
    }

    fn counted(&self) -> u64 {
        self.algorithm.counted()
    }

    fn set_counted(&mut self, step: u64, counted: u64) {
        self.algorithm.set_counted(step, counted);
    }

    fn rules(&self) -> Option<&Rules> {
        Some(&self.rules)
    }

    fn ungrouped(&self) -> Self {
        Self::new(self.algorithm.ungrouped())
    }
}
