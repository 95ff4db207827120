//! Recurrent layers: `Lstm`, `Gru`, `Rnn`, and one step of each, `LstmCell`, `GruCell`, `RnnCell`. All are one operation (`op`) around a cell (`cell`): `operands` says where the tensors of each run
//! lie, `forward` and `backward` list the calls, `across` those over all samples that train one at a time.

mod across;
mod backward;
pub(crate) mod carried;
mod cell;
mod dropout;
mod forward;
mod gates;
mod layer;
mod one_step;
mod op;
mod operands;
mod pixel;

pub(crate) use across::Across;
pub(crate) use op::RecurrentOp;
pub(crate) use pixel::BLOCKS;

use super::Layer;

pub(super) static LAYERS: &[&dyn Layer] = &[
    &layer::Recurrent::Lstm,
    &layer::Recurrent::Gru,
    &layer::Recurrent::Rnn,
    &one_step::OneStep(layer::Recurrent::Lstm),
    &one_step::OneStep(layer::Recurrent::Gru),
    &one_step::OneStep(layer::Recurrent::Rnn),
    &gates::LstmGates,
    &pixel::RowLstm,
    &pixel::DiagonalBiLstm,
];
