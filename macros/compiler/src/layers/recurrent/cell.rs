//! The cells of recurrent layers: their kind, which state is carried, and their kernels.

use fireclay_ir::geometry::CellKind;
use fireclay_ir::kernels::{Kernel, table};

/// A cell of a recurrent layer.
#[derive(Debug)]
pub(super) struct Cell {
    /// The kind: its gates and states.
    pub kind: CellKind,
    /// The state that goes into the next one by itself, not only by way of products: h (0) or c (1).
    pub carried: Option<usize>,
    pub forward: &'static Kernel,
    pub backward: &'static Kernel,
    pub embedded_forward: &'static Kernel,
    pub forward_packed: &'static Kernel,
    pub across_forward: &'static Kernel,
    pub across_backward: &'static Kernel,
}

pub(super) static LSTM: Cell = Cell {
    kind: CellKind::Lstm,
    carried: Some(1),
    forward: &table::lstm_forward,
    backward: &table::lstm_backward,
    embedded_forward: &table::lstm_embedded_forward,
    forward_packed: &table::lstm_forward_packed,
    across_forward: &table::lstm_across_forward,
    across_backward: &table::lstm_across_backward,
};

pub(super) static GRU: Cell = Cell {
    kind: CellKind::Gru,
    carried: Some(0),
    forward: &table::gru_forward,
    backward: &table::gru_backward,
    embedded_forward: &table::gru_embedded_forward,
    forward_packed: &table::gru_forward_packed,
    across_forward: &table::gru_across_forward,
    across_backward: &table::gru_across_backward,
};

pub(super) static RNN_TANH: Cell = Cell {
    kind: CellKind::RnnTanh,
    carried: None,
    forward: &table::rnn_tanh_forward,
    backward: &table::rnn_tanh_backward,
    embedded_forward: &table::rnn_tanh_embedded_forward,
    forward_packed: &table::rnn_tanh_forward_packed,
    across_forward: &table::rnn_tanh_across_forward,
    across_backward: &table::rnn_tanh_across_backward,
};

pub(super) static RNN_RELU: Cell = Cell {
    kind: CellKind::RnnRelu,
    carried: None,
    forward: &table::rnn_relu_forward,
    backward: &table::rnn_relu_backward,
    embedded_forward: &table::rnn_relu_embedded_forward,
    forward_packed: &table::rnn_relu_forward_packed,
    across_forward: &table::rnn_relu_across_forward,
    across_backward: &table::rnn_relu_across_backward,
};
