//! Recurrent layers: one layer and direction over all steps.

/// The kernels of a cell, under these names: each cell declares them by its own macro.
#[doc(hidden)]
#[macro_export]
macro_rules! cell_kernels {
    (
        $family:literal $what:literal $forward:ident $backward:ident $embedded_forward:ident $forward_packed:ident;
        $then:ident $($with:tt)*
    ) => {
        $then! { $($with)* {
            #![doc = $family]

            #[doc = $what]
            [both] $forward(g: geometry[Recurrent], x: value, h0: value[null], c0: value[null], steps: index[null], w_ih: param, w_hh: param, b_ih: param[null], b_hh: param[null], y: output, hn: output[null], cn: output[null], gates: output, saved: output[null], panels: scratch[null]);
            /// The gradients of the gates' products with x, `[time][gates]`, of those with h where some stay apart (`dgates_h`, else null), and of
            /// the states before, `[hidden]` each. `before`: the carried state before the first step, c of an LSTM and h of a GRU, or null; `y` is
            /// read where that is h. `held`: `[states][hidden]`, null without `steps`.
            #[cfg(feature = "train")]
            [both] $backward(g: geometry[Recurrent], before: value[null], steps: index[null], w_hh: param, gates: value, saved: value[null], y: value[null], dy: gradient, dhn: gradient[null], dcn: gradient[null], dgates: gradient_out, dgates_h: gradient_out[null], dh: gradient_out, dc: gradient_out[null], held: gradient_out[null], panels: scratch[null]);
            /// As the forward pass, where x are symbols and `rows` the embedding that they are looked up in; scratch: `Symbols::scratch` floats.
            #[cfg(feature = "train")]
            [chwn16] $embedded_forward(g: geometry[Recurrent], s: geometry[Symbols], x: index, rows: param, h0: value[null], c0: value[null], w_ih: param, w_hh: param, b_ih: param[null], b_hh: param[null], y: output, hn: output[null], cn: output[null], gates: output, saved: output[null], scratch: scratch);
            /// The outputs from packed weights. `states`: `[time][hidden]` for c, null where the cell has none.
            [chw] $forward_packed(g: geometry[Recurrent], x: value, h0: value[null], c0: value[null], steps: index[null], packed: packed, y: output, hn: output[null], cn: output[null], states: output[null]);
        } }
    };
}

/// An LSTM (`recurrent/lstm.rs`).
#[macro_export]
macro_rules! lstm_kernels {
    ($($then:tt)*) => {
        $crate::cell_kernels! {
            "An LSTM (`recurrent/lstm.rs`). The states before (`h0`, `c0`), the biases and the states after (`hn`, `cn`) may be null; states after may stand where those before do. `panels`: `Recurrent::panels` floats, or null: then the recurrent weight is read as it stands. `steps`: how many steps of a sample are there, or null for all; the others keep the state, and are outputs too (`recurrent_length_forward` makes them zeros)."
            "Long short-term memory over all steps: the outputs, and what the backward pass reads, gates `[time][gates]` and `saved` `[time][hidden]`."
            lstm_forward lstm_backward lstm_embedded_forward lstm_forward_packed;
            $($then)*
        }
    };
}

/// A GRU (`recurrent/gru.rs`).
#[macro_export]
macro_rules! gru_kernels {
    ($($then:tt)*) => {
        $crate::cell_kernels! {
            "A GRU (`recurrent/gru.rs`); it has no c."
            "A gated recurrent unit over all steps: the outputs, and what the backward pass reads."
            gru_forward gru_backward gru_embedded_forward gru_forward_packed;
            $($then)*
        }
    };
}

/// Elman's recurrent layer with tanh (`recurrent/rnn.rs`).
#[macro_export]
macro_rules! rnn_tanh_kernels {
    ($($then:tt)*) => {
        $crate::cell_kernels! {
            "Elman's recurrent layer with tanh (`recurrent/rnn.rs`); it has no c and saves nothing beside its gates."
            "Elman's layer with tanh over all steps: the outputs, and what the backward pass reads."
            rnn_tanh_forward rnn_tanh_backward rnn_tanh_embedded_forward rnn_tanh_forward_packed;
            $($then)*
        }
    };
}

/// Elman's recurrent layer with a ReLU (`recurrent/rnn.rs`).
#[macro_export]
macro_rules! rnn_relu_kernels {
    ($($then:tt)*) => {
        $crate::cell_kernels! {
            "Elman's recurrent layer with a ReLU (`recurrent/rnn.rs`); it has no c and saves nothing beside its gates."
            "Elman's layer with a ReLU over all steps: the outputs, and what the backward pass reads."
            rnn_relu_forward rnn_relu_backward rnn_relu_embedded_forward rnn_relu_forward_packed;
            $($then)*
        }
    };
}

/// Kernels for any cell (`recurrent/forward.rs`, `backward.rs`, `weight.rs`).
#[macro_export]
macro_rules! recurrent_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Kernels for any cell (`recurrent/forward.rs`, `backward.rs`, `weight.rs`).

            /// Dropout between layers; `count` samples are real.
            [both] recurrent_dropout_forward(g: geometry[Recurrent], probability: number, node: node, key: key, first_sample: size, count: size, x: value, y: output);
            /// The gradient of dropout between layers.
            #[cfg(feature = "train")]
            [both] recurrent_dropout_backward(g: geometry[Recurrent], probability: number, node: node, key: key, first_sample: size, count: size, dy: gradient, dx: gradient_out);
            /// The steps that are there, `steps` of a sample, and zeros for the others.
            [both] recurrent_length_forward(g: geometry[Recurrent], steps: index, x: value, y: output);
            /// The last of the steps that are there; zeros where there is none.
            [both] recurrent_length_last(g: geometry[Recurrent], steps: index, x: value, y: output);
            /// The gradient of all steps, zero for those that are not there.
            #[cfg(feature = "train")]
            [both] recurrent_length_backward(g: geometry[Recurrent], steps: index, dy: gradient, dx: gradient_out);
            /// The gradient of all steps where only the last of those that are there was an output.
            #[cfg(feature = "train")]
            [both] recurrent_length_last_backward(g: geometry[Recurrent], steps: index, dy: gradient, dx: gradient_out);
            /// The gradient of all steps where only the last one was an output.
            #[cfg(feature = "train")]
            [both] recurrent_backward_last(g: geometry[Recurrent], last: gradient, dy: gradient_out);
            /// The gradient of x, or added to it, from the gates'.
            #[cfg(feature = "train")]
            [both] recurrent_backward_input(g: geometry[Recurrent], dgates: gradient, w_ih: param, dx: gradient_out, accumulate: flag);
            /// The gradient of a state before, or added to it, from this row's.
            #[cfg(feature = "train")]
            [both] recurrent_backward_state(g: geometry[Recurrent], from: gradient, to: gradient_out, accumulate: flag);
            /// Adds the gradients of weights and biases, which may be null; scratch: `Recurrent::weight_scratch` floats.
            #[cfg(feature = "train")]
            [both] recurrent_backward_weight(g: geometry[Recurrent], x: value, h0: value[null], y: value, dgates: gradient, dgates_h: gradient[null], dw_ih: param_gradient[null], dw_hh: param_gradient[null], db_ih: param_gradient[null], db_hh: param_gradient[null], scratch: scratch);
        } }
    };
}

/// Training over the indices of an embedding (`recurrent/embedded.rs`); scratch: `Symbols::scratch` floats.
#[macro_export]
macro_rules! recurrent_embedded_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Training over the indices of an embedding (`recurrent/embedded.rs`); scratch: `Symbols::scratch` floats.

            /// Adds the gradients of weights, biases and the embedding, which may be null.
            #[cfg(feature = "train")]
            [chwn16] recurrent_embedded_backward_weight(g: geometry[Recurrent], s: geometry[Symbols], x: index, rows: param, w_ih: param, h0: value[null], y: value, dgates: gradient, dgates_h: gradient[null], dw_ih: param_gradient[null], dw_hh: param_gradient[null], db_ih: param_gradient[null], db_hh: param_gradient[null], drows: param_gradient[null], scratch: scratch);
        } }
    };
}

/// The packing of their weights (`recurrent/packed.rs`): `recurrent_packed_len` floats; biases may be null.
#[macro_export]
macro_rules! recurrent_pack_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! The packing of their weights (`recurrent/packed.rs`): `recurrent_packed_len` floats; biases may be null.

            /// Packs a layer and direction of any cell.
            [chw] recurrent_pack(g: geometry[Recurrent], w_ih: param, w_hh: param, b_ih: param[null], b_hh: param[null], packed: packed_out);
        } }
    };
}

/// The kernels of a cell across all samples of a batch, under these names (`recurrent/across/`).
#[doc(hidden)]
#[macro_export]
macro_rules! cell_across_kernels {
    ($family:literal $forward:ident $backward:ident; $then:ident $($with:tt)*) => {
        $then! { $($with)* {
            #![doc = $family]

            /// The outputs and what the backward pass reads, from the products with x (`recurrent_across_input`), which `gates` hold before. `b_hh` is read
            /// where some gates stay apart.
            #[cfg(feature = "train")]
            [across] $forward(g: geometry[Recurrent], h_samples: samples, h0: value[null], c_samples: samples, c0: value[null], w_hh: param, b_hh: param[null], y_samples: samples, y: output, hn_samples: samples, hn: output[null], cn_samples: samples, cn: output[null], samples: samples, gates: output, saved: output[null], scratch: scratch, share: share);
            /// The gradients of the gates' products, and of the states before; as for one sample.
            #[cfg(feature = "train")]
            [across] $backward(g: geometry[Recurrent], before_samples: samples, before: value[null], w_hh: param, y_samples: samples, y: value[null], dy_samples: samples, dy: gradient, dhn_samples: samples, dhn: gradient[null], dcn_samples: samples, dcn: gradient[null], samples: samples, gates: value, saved: value[null], dgates: gradient_out, dgates_h: gradient_out[null], dh: gradient_out, dc: gradient_out[null], scratch: scratch, share: share);
        } }
    };
}

/// The gates of an LSTM alone (`recurrent/gates.rs`): `len` numbers of each.
#[macro_export]
macro_rules! lstm_gates_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! The gates of an LSTM alone (`recurrent/gates.rs`): `len` numbers of each.

            /// h and c after from the sums of products of i, f, g and o, which stand behind each other, and c before; `gates` are those that backward reads.
            [both] lstm_gates_forward(len: size, x: value, c0: value[null], h: output, cn: output, gates: output[null]);
            /// The gradients of the sums and of c before, or added to them.
            #[cfg(feature = "train")]
            [both] lstm_gates_backward(len: size, c0: value[null], cn: value, gates: value, dh: gradient, dcn: gradient, dc: gradient_out[null], accumulate_c: flag, dx: gradient_out[null], accumulate: flag);
        } }
    };
}

/// An LSTM across all samples of a batch (`recurrent/across/`).
#[macro_export]
macro_rules! lstm_across_kernels {
    ($($then:tt)*) => {
        $crate::cell_across_kernels! {
            "An LSTM across all samples of a batch (`recurrent/across/`): a share is some of the samples. What is its own lies at `samples`; scratch: `Recurrent::across_scratch` floats for each share."
            lstm_across_forward lstm_across_backward;
            $($then)*
        }
    };
}

/// A GRU across all samples of a batch.
#[macro_export]
macro_rules! gru_across_kernels {
    ($($then:tt)*) => {
        $crate::cell_across_kernels! { "A GRU across all samples of a batch." gru_across_forward gru_across_backward; $($then)* }
    };
}

/// Elman's recurrent layer with tanh across all samples of a batch.
#[macro_export]
macro_rules! rnn_tanh_across_kernels {
    ($($then:tt)*) => {
        $crate::cell_across_kernels! {
            "Elman's recurrent layer with tanh across all samples of a batch."
            rnn_tanh_across_forward rnn_tanh_across_backward;
            $($then)*
        }
    };
}

/// Elman's recurrent layer with a ReLU across all samples of a batch.
#[macro_export]
macro_rules! rnn_relu_across_kernels {
    ($($then:tt)*) => {
        $crate::cell_across_kernels! {
            "Elman's recurrent layer with a ReLU across all samples of a batch."
            rnn_relu_across_forward rnn_relu_across_backward;
            $($then)*
        }
    };
}

/// What no cell differs in, across all samples of a batch (`recurrent/across/`): a share is some of the results.
#[macro_export]
macro_rules! recurrent_across_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! What no cell differs in, across all samples of a batch (`recurrent/across/`): a share is some of the results. Scratch:
            //! `Recurrent::across_scratch` floats for each share, over an embedding `Symbols::across_scratch`.

            /// The products of all steps with x, and the biases that are added to them, those of h too where the products are summed.
            #[cfg(feature = "train")]
            [across] recurrent_across_input(g: geometry[Recurrent], x_samples: samples, x: value, w_ih: param, b_ih: param[null], b_hh: param[null], samples: samples, gates: output, scratch: scratch, share: share);
            /// The same where x are symbols: products are made once for each that there is.
            #[cfg(feature = "train")]
            [across] recurrent_across_embedded_input(g: geometry[Recurrent], s: geometry[Symbols], x_samples: samples, x: index, rows: param, w_ih: param, b_ih: param[null], b_hh: param[null], samples: samples, gates: output, scratch: scratch, share: share);
            /// The gradient of x, or added to it, from the gates'.
            #[cfg(feature = "train")]
            [across] recurrent_across_backward_input(g: geometry[Recurrent], samples: samples, dgates: gradient, w_ih: param, x_samples: samples, dx: gradient_out, accumulate: flag, scratch: scratch, share: share);
            /// Adds the gradients of weights and biases, which may be null.
            #[cfg(feature = "train")]
            [across] recurrent_across_backward_weight(g: geometry[Recurrent], x_samples: samples, x: value, h_samples: samples, h0: value[null], y_samples: samples, y: value, samples: samples, dgates: gradient, dgates_h: gradient[null], dw_ih: param_gradient[null], dw_hh: param_gradient[null], db_ih: param_gradient[null], db_hh: param_gradient[null], scratch: scratch, share: share);
            /// The same where x are symbols.
            #[cfg(feature = "train")]
            [across] recurrent_across_embedded_backward_weight(g: geometry[Recurrent], s: geometry[Symbols], x_samples: samples, x: index, rows: param, h_samples: samples, h0: value[null], y_samples: samples, y: value, samples: samples, dgates: gradient, dgates_h: gradient[null], dw_ih: param_gradient[null], dw_hh: param_gradient[null], db_ih: param_gradient[null], db_hh: param_gradient[null], scratch: scratch, share: share);
            /// Adds the gradient of the embedding, which may be null.
            #[cfg(feature = "train")]
            [across] recurrent_across_embedded_backward_rows(g: geometry[Recurrent], s: geometry[Symbols], x_samples: samples, x: index, w_ih: param, samples: samples, dgates: gradient, drows: param_gradient[null], scratch: scratch, share: share);
        } }
    };
}
