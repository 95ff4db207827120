//! From the loops over time to the kernels of each cell.

use super::{Of, backward, forward};
use crate::kernels::recurrent::gru::Gru;
use crate::kernels::recurrent::lstm::Lstm;
use crate::kernels::recurrent::rnn::{RnnRelu, RnnTanh};
use fireclay_ir::geometry::Recurrent;
use fireclay_ir::{Samples, Share};

pub use super::embedded::{
    recurrent_across_embedded_backward_rows, recurrent_across_embedded_backward_weight, recurrent_across_embedded_input,
};
pub use super::input::{recurrent_across_backward_input, recurrent_across_input};
pub use super::weight::recurrent_across_backward_weight;

macro_rules! cells {
    ($($Cell:ident: $forward:ident, $backward:ident;)*) => {
        $(
            /// The outputs and what the backward pass reads, for a share of the samples; `gates` hold the products with x.
            ///
            /// # Safety
            /// Pointers are valid for what the geometry says (`docs/kernels.md`) in each sample; scratch holds `Recurrent::across_scratch` floats.
            pub unsafe fn $forward(
                g: &Recurrent,
                h_samples: Samples,
                h0: *const f32,
                c_samples: Samples,
                c0: *const f32,
                w_hh: *const f32,
                b_hh: *const f32,
                y_samples: Samples,
                y: *mut f32,
                hn_samples: Samples,
                hn: *mut f32,
                cn_samples: Samples,
                cn: *mut f32,
                samples: Samples,
                gates: *mut f32,
                saved: *mut f32,
                scratch: *mut f32,
                share: Share,
            ) {
                let before = [Of { samples: h_samples, at: h0 }, Of { samples: c_samples, at: c0 }];
                let after = [Of { samples: hn_samples, at: hn }, Of { samples: cn_samples, at: cn }];
                let (y, own) = (Of { samples: y_samples, at: y }, [gates, saved].map(|at| Of { samples, at }));
                // SAFETY: the caller's promise.
                unsafe { forward::forward::<$Cell>(g, before, w_hh, b_hh, y, after, own, scratch, share) };
            }

            /// The gradients of the gates' products and of the states before, for a share of the samples.
            ///
            /// # Safety
            /// As for the forward pass.
            pub unsafe fn $backward(
                g: &Recurrent,
                before_samples: Samples,
                before: *const f32,
                w_hh: *const f32,
                y_samples: Samples,
                y: *const f32,
                dy_samples: Samples,
                dy: *const f32,
                dhn_samples: Samples,
                dhn: *const f32,
                dcn_samples: Samples,
                dcn: *const f32,
                samples: Samples,
                gates: *const f32,
                saved: *const f32,
                dgates: *mut f32,
                dgates_h: *mut f32,
                dh: *mut f32,
                dc: *mut f32,
                scratch: *mut f32,
                share: Share,
            ) {
                let before = Of { samples: before_samples, at: before };
                let y = [Of { samples: y_samples, at: y }, Of { samples: dy_samples, at: dy }];
                let after = [Of { samples: dhn_samples, at: dhn }, Of { samples: dcn_samples, at: dcn }];
                let own = [gates, saved].map(|at| Of { samples, at });
                let [dgates, dstates] = [[dgates, dgates_h], [dh, dc]].map(|two| two.map(|at| Of { samples, at }));
                // SAFETY: the caller's promise.
                unsafe { backward::backward::<$Cell>(g, before, w_hh, y, after, own, dgates, dstates, scratch, share) };
            }
        )*
    };
}

cells! {
    Lstm: lstm_across_forward, lstm_across_backward;
    Gru: gru_across_forward, gru_across_backward;
    RnnTanh: rnn_tanh_across_forward, rnn_tanh_across_backward;
    RnnRelu: rnn_relu_across_forward, rnn_relu_across_backward;
}

fireclay_ir::lstm_across_kernels!(checked[here]);
fireclay_ir::gru_across_kernels!(checked[here]);
fireclay_ir::rnn_tanh_across_kernels!(checked[here]);
fireclay_ir::rnn_relu_across_kernels!(checked[here]);
fireclay_ir::recurrent_across_kernels!(checked[here]);
