//! Recurrent layers, cells, lengths, steps and states.
//!
//! One program for many files: each program that is linked costs seconds.

mod lengths;
mod pixel_rnn;
mod recurrent;
mod recurrent_cells;
mod time;
