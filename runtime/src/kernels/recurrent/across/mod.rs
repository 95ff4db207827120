//! Recurrent layers across all samples of a batch that train one at a time: lanes are hidden units, the recurrent weight is packed once for all
//! steps, and what is loaded of it meets several samples.
//!
//! | file | what |
//! |---|---|
//! | `units` | the element-wise part of a step, of any number of hidden units |
//! | `forward`, `backward` | the loops over time, in shares of samples |
//! | `input` | products of all steps with x, and the gradient of x |
//! | `weight` | the gradients of weights |
//! | `embedded` | where x are symbols |
//! | `entries` | the entries of all cells |

mod backward;
mod embedded;
pub mod entries;
mod forward;
mod input;
mod units;
mod weight;

use fireclay_ir::Samples;
use fireclay_ir::geometry::Recurrent;

/// Values of all samples: where that of the first lies (which may be null).
#[derive(Clone, Copy)]
struct Of<P> {
    samples: Samples,
    at: P,
}

macro_rules! of {
    ($($pointer:ty),*) => {
        $(
            impl Of<$pointer> {
                /// That of a sample, from this number on; null where there is none.
                #[inline(always)]
                fn of(&self, sample: usize, from: usize) -> $pointer {
                    if self.at.is_null() { self.at } else { self.at.wrapping_add(sample * self.samples.step + from) }
                }
            }
        )*
    };
}
of!(*const f32, *mut f32);

/// The first number of a direction's outputs of a step.
const fn in_y(g: &Recurrent, t: usize) -> usize {
    t * g.width + g.offset
}
