//! What recurrent layers cost in training, in the measure of `training_cost.rs`.

use super::cost::Price;
use super::training_cost::{CACHE, ROWS};
use crate::layers::RecurrentOp;
use fireclay_ir::geometry::{Recurrent, Symbols};

/// A gate of a hidden unit in a step, forward and backward, where units or samples fill vectors.
const GATE: u64 = 60;

/// A step of one sample besides: it is a call of its own in either direction.
const STEP: u64 = 9000;

/// A number of a gate's products that is looked up by its symbol, and of its gradient that is added up by it.
const LOOKUP: u64 = 8;

/// What loading the recurrent weight takes of its products, both ways, however many samples meet it, while it stays in the second-level cache of a
/// large machine and where it does not.
const LOADS: [u64; 2] = [2, 9];

/// What a layer takes: each sample of single ones, all of them once, sixteen side by side.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    pub each: u64,
    pub once: u64,
    pub sixteen: u64,
}

impl Cost {
    /// `passes_on`: with the gradient of its input.
    pub fn of(layer: &RecurrentOp, passes_on: bool) -> Self {
        layer.geometries().fold(Self::default(), |all, (g, first)| {
            let run = Self::of_run(&g, layer.symbols.as_ref().filter(|_| first), passes_on || !first);
            Self {
                each: all.each.saturating_add(run.each),
                once: all.once.saturating_add(run.once),
                sixteen: all.sixteen.saturating_add(run.sixteen),
            }
        })
    }

    fn of_run(g: &Recurrent, symbols: Option<&Symbols>, passes_on: bool) -> Self {
        let product = |factors: &[usize]| factors.iter().fold(1_u64, |all, n| all.saturating_mul(*n as u64));
        let (gates, of_h) = (product(&[g.time, g.gates()]), product(&[g.time, g.gates(), g.hidden]));
        let (of_x, weights) = (product(&[g.time, g.gates(), g.inputs]), product(&[g.gates(), g.inputs]));
        let lanes = Price::of_lanes(g.hidden);
        // Forward, backward, and the gradient of the weight.
        let recurrence = of_h.saturating_mul(3).saturating_add(gates.saturating_mul(GATE));
        let alone = lanes.of_macs(recurrence).saturating_add(product(&[g.time]).saturating_mul(STEP));
        let (each, once, micro) = match symbols {
            Some(symbols) => {
                // A table with a row for each symbol: of single samples, for those that occur.
                let of_symbols = |count: usize| weights.saturating_mul(count as u64).saturating_mul(3);
                (
                    gates.saturating_mul(LOOKUP),
                    of_symbols(symbols.bound.min(g.time)),
                    of_symbols(symbols.bound.next_multiple_of(16)),
                )
            }
            None => (of_x.saturating_mul(2 + u64::from(passes_on)), 0, 0),
        };
        let far = usize::from(product(&[g.gates(), g.hidden, size_of::<f32>()]) > 4 * CACHE as u64);
        Self {
            each: alone.saturating_add(each),
            once: of_h.saturating_mul(LOADS[far]).saturating_add(weights.saturating_mul(ROWS)).saturating_add(once),
            sixteen: recurrence.saturating_add(each).saturating_mul(16).saturating_add(micro),
        }
    }
}
