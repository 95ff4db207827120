//! Recurrent layers: one layer and direction over all steps.

/// An LSTM (`recurrent/lstm.rs`). States before and after may be null, and states after may stand where those before do; `panels`:
/// `Recurrent::panels` floats, or null.
#[macro_export]
macro_rules! lstm_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! An LSTM (`recurrent/lstm.rs`). States before and after may be null, and states after may stand where those before do;
            //! `panels`: `Recurrent::panels` floats, or null.

            /// Long short-term memory over all steps: the outputs, and what the backward pass reads.
            [both] lstm_forward(g: geometry[Recurrent], x: value, h0: value[null], c0: value[null], w_ih: param, w_hh: param, b_ih: param[null], b_hh: param[null], y: output, hn: output[null], cn: output[null], gates: output, saved: output[null], panels: scratch[null]);
            /// The gradients of the gates' products and of the states before.
            #[cfg(feature = "train")]
            [both] lstm_backward(g: geometry[Recurrent], before: value[null], w_hh: param, gates: value, saved: value[null], y: value[null], dy: gradient, dhn: gradient[null], dcn: gradient[null], dgates: gradient_out, dgates_h: gradient_out[null], dh: gradient_out, dc: gradient_out[null], panels: scratch[null]);
            /// As the forward pass, where x are symbols and `rows` the embedding that they are looked up in.
            #[cfg(feature = "train")]
            [chwn16] lstm_embedded_forward(g: geometry[Recurrent], s: geometry[Symbols], x: index, rows: param, h0: value[null], c0: value[null], w_ih: param, w_hh: param, b_ih: param[null], b_hh: param[null], y: output, hn: output[null], cn: output[null], gates: output, saved: output[null], scratch: scratch);
            /// The outputs from packed weights.
            [chw] lstm_forward_packed(g: geometry[Recurrent], x: value, h0: value[null], c0: value[null], packed: packed, y: output, hn: output[null], cn: output[null], states: output[null]);
        } }
    };
}

/// A GRU (`recurrent/gru.rs`); it has no c.
#[macro_export]
macro_rules! gru_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! A GRU (`recurrent/gru.rs`); it has no c.

            /// A gated recurrent unit over all steps: the outputs, and what the backward pass reads.
            [both] gru_forward(g: geometry[Recurrent], x: value, h0: value[null], c0: value[null], w_ih: param, w_hh: param, b_ih: param[null], b_hh: param[null], y: output, hn: output[null], cn: output[null], gates: output, saved: output[null], panels: scratch[null]);
            /// The gradients of the gates' products and of the states before.
            #[cfg(feature = "train")]
            [both] gru_backward(g: geometry[Recurrent], before: value[null], w_hh: param, gates: value, saved: value[null], y: value[null], dy: gradient, dhn: gradient[null], dcn: gradient[null], dgates: gradient_out, dgates_h: gradient_out[null], dh: gradient_out, dc: gradient_out[null], panels: scratch[null]);
            /// As the forward pass, where x are symbols and `rows` the embedding that they are looked up in.
            #[cfg(feature = "train")]
            [chwn16] gru_embedded_forward(g: geometry[Recurrent], s: geometry[Symbols], x: index, rows: param, h0: value[null], c0: value[null], w_ih: param, w_hh: param, b_ih: param[null], b_hh: param[null], y: output, hn: output[null], cn: output[null], gates: output, saved: output[null], scratch: scratch);
            /// The outputs from packed weights.
            [chw] gru_forward_packed(g: geometry[Recurrent], x: value, h0: value[null], c0: value[null], packed: packed, y: output, hn: output[null], cn: output[null], states: output[null]);
        } }
    };
}

/// Elman's recurrent layer with tanh (`recurrent/rnn.rs`); it has no c and saves nothing beside its gates.
#[macro_export]
macro_rules! rnn_tanh_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! Elman's recurrent layer with tanh (`recurrent/rnn.rs`); it has no c and saves nothing beside its gates.

            /// Elman's layer with tanh over all steps: the outputs, and what the backward pass reads.
            [both] rnn_tanh_forward(g: geometry[Recurrent], x: value, h0: value[null], c0: value[null], w_ih: param, w_hh: param, b_ih: param[null], b_hh: param[null], y: output, hn: output[null], cn: output[null], gates: output, saved: output[null], panels: scratch[null]);
            /// The gradients of the gates' products and of the states before.
            #[cfg(feature = "train")]
            [both] rnn_tanh_backward(g: geometry[Recurrent], before: value[null], w_hh: param, gates: value, saved: value[null], y: value[null], dy: gradient, dhn: gradient[null], dcn: gradient[null], dgates: gradient_out, dgates_h: gradient_out[null], dh: gradient_out, dc: gradient_out[null], panels: scratch[null]);
            /// As the forward pass, where x are symbols and `rows` the embedding that they are looked up in.
            #[cfg(feature = "train")]
            [chwn16] rnn_tanh_embedded_forward(g: geometry[Recurrent], s: geometry[Symbols], x: index, rows: param, h0: value[null], c0: value[null], w_ih: param, w_hh: param, b_ih: param[null], b_hh: param[null], y: output, hn: output[null], cn: output[null], gates: output, saved: output[null], scratch: scratch);
            /// The outputs from packed weights.
            [chw] rnn_tanh_forward_packed(g: geometry[Recurrent], x: value, h0: value[null], c0: value[null], packed: packed, y: output, hn: output[null], cn: output[null], states: output[null]);
        } }
    };
}

/// The same with a ReLU.
#[macro_export]
macro_rules! rnn_relu_kernels {
    ($then:ident $($with:tt)*) => {
        $then! { $($with)* {
            //! The same with a ReLU.

            /// Elman's layer with a ReLU over all steps: the outputs, and what the backward pass reads.
            [both] rnn_relu_forward(g: geometry[Recurrent], x: value, h0: value[null], c0: value[null], w_ih: param, w_hh: param, b_ih: param[null], b_hh: param[null], y: output, hn: output[null], cn: output[null], gates: output, saved: output[null], panels: scratch[null]);
            /// The gradients of the gates' products and of the states before.
            #[cfg(feature = "train")]
            [both] rnn_relu_backward(g: geometry[Recurrent], before: value[null], w_hh: param, gates: value, saved: value[null], y: value[null], dy: gradient, dhn: gradient[null], dcn: gradient[null], dgates: gradient_out, dgates_h: gradient_out[null], dh: gradient_out, dc: gradient_out[null], panels: scratch[null]);
            /// As the forward pass, where x are symbols and `rows` the embedding that they are looked up in.
            #[cfg(feature = "train")]
            [chwn16] rnn_relu_embedded_forward(g: geometry[Recurrent], s: geometry[Symbols], x: index, rows: param, h0: value[null], c0: value[null], w_ih: param, w_hh: param, b_ih: param[null], b_hh: param[null], y: output, hn: output[null], cn: output[null], gates: output, saved: output[null], scratch: scratch);
            /// The outputs from packed weights.
            [chw] rnn_relu_forward_packed(g: geometry[Recurrent], x: value, h0: value[null], c0: value[null], packed: packed, y: output, hn: output[null], cn: output[null], states: output[null]);
        } }
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
