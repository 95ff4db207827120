//! The training loop and what it takes: optimizers, schedules, metrics, checkpoints.
//!
//! One program for many files: each program that is linked costs seconds.

mod checkpoints;
mod effects;
mod groups;
mod history;
mod initialization;
mod metrics;
mod optimizers;
mod rate_finder;
mod schedules;
mod sessions;
mod settings;
mod tensorboard;
mod threads;
mod trainer;
mod whole_set;
