//! The plain settings of a training, with what they are where nobody sets them.

use super::ProgressBar;
use std::time::Duration;

/// Everything of a [`Trainer`](super::Trainer) that has no type of its own.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub batch: usize,
    pub epochs: usize,
    pub seed: u64,
    pub shuffle: bool,
    pub threads: Option<usize>,
    pub prefetch: Option<usize>,
    pub workers: usize,
    /// Batches of which an update is made.
    pub accumulate: usize,
    pub patience: Option<usize>,
    pub clip_norm: Option<f32>,
    /// The decay of the moving average of the weights.
    pub ema: Option<f32>,
    pub budget: Option<Duration>,
    pub progress: ProgressBar,
    #[cfg(feature = "safetensors")]
    pub checkpoints: Option<super::checkpoint::Folder>,
    #[cfg(feature = "safetensors")]
    pub resume: bool,
    /// The type of the schedule.
    #[cfg(feature = "safetensors")]
    pub schedule: &'static str,
}

impl Settings {
    pub const DEFAULT: Self = Self {
        batch: 64,
        epochs: 10,
        seed: 0,
        shuffle: true,
        threads: None,
        prefetch: None,
        workers: 1,
        accumulate: 1,
        patience: None,
        clip_norm: None,
        ema: None,
        budget: None,
        progress: ProgressBar::Auto,
        #[cfg(feature = "safetensors")]
        checkpoints: None,
        #[cfg(feature = "safetensors")]
        resume: false,
        #[cfg(feature = "safetensors")]
        schedule: "none",
    };
}
