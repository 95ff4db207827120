//! The table of kernels: each is declared once, with the roles of its operands.
//!
//! A family is a macro that hands its declarations to another macro, and each crate makes something else of them: the runtime its entries,
//! or a check that a function has the declared signature (`runtime/src/entries.rs`); the compiler a struct whose fields are the operands
//! (`graph/kernels.rs`); this crate the constants below, of which the reference page is made.

#[macro_use]
mod constant;
#[macro_use]
mod conv;
#[macro_use]
mod dense;
#[macro_use]
mod elementwise;
#[macro_use]
mod embedding;
#[macro_use]
mod glu;
#[macro_use]
mod maxout;
#[macro_use]
mod norm;
#[macro_use]
mod pool;
#[macro_use]
mod product;
#[macro_use]
mod quant;
#[macro_use]
mod recurrent;
#[macro_use]
mod reduce;
#[macro_use]
mod roi;
#[macro_use]
mod shape;
#[macro_use]
mod softmax;
#[macro_use]
mod unpool;
#[macro_use]
mod upsample;
#[macro_use]
mod weight_norm;

use crate::Dtype;

/// An epilogue: the operation after a product, done by the product before it writes its results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epilogue {
    /// `max(0, y)`
    Relu,
    /// The sum with another value: a residual connection.
    Add,
    /// The largest of each 2×2; rows and columns that fill no window are left out.
    Pool,
}

/// A kernel, as it is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernel {
    /// The name: `conv_forward`.
    pub name: &'static str,
    /// The documentation.
    pub docs: &'static [&'static str],
    /// The modules of its entries.
    pub entries: Entries,
    /// Whether it needs the feature `train`.
    pub train: bool,
    /// The operands, in order.
    pub operands: &'static [Operand],
}

/// The entries of a kernel: the modules of `fireclay_runtime::kernels` that it stands in, which say over what it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entries {
    /// `chwn16`, over micro-batches with sixteen samples side by side, and `chw`, over a single sample.
    Both,
    /// `chwn16`
    Chwn16,
    /// `chw`
    Chw,
    /// `barrier`: once per batch, between phases, over plain numbers.
    Barrier,
    /// `batch`: once per batch, when the backward pass is through, in shares for threads.
    Batch,
    /// `across`: once per batch, between phases, over all samples, in shares for threads.
    Across,
}

/// An operand of a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operand {
    /// The name: `x`.
    pub name: &'static str,
    /// The role.
    pub role: Role,
    /// The type of a geometry or of an activation, `null` for a pointer that may be null, the dtype of one that does not point to `f32`.
    pub of: &'static str,
    /// The dtype that a pointer points to; `None` where the operand is no pointer.
    pub dtype: Option<Dtype>,
}

impl Operand {
    /// Whether a null pointer may stand for it.
    #[must_use]
    pub fn nullable(&self) -> bool {
        self.of == "null"
    }
}

/// The role of an operand: what it may be bound to, and its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(non_camel_case_types, reason = "the words of the declarations")]
pub enum Role {
    /// `&T`: the constant sizes.
    geometry,
    /// `T`: an activation with its arguments.
    activation,
    /// `usize`
    size,
    /// `f32`
    number,
    /// `f32`: what results below it become: 0 for a ReLU, −∞ for none.
    lower_bound,
    /// `bool`
    flag,
    /// `u32`: the number of a node, for dropout.
    node,
    /// `u64`: the dropout key of this step.
    key,
    /// `Share`: the share of the work that the thread takes.
    share,
    /// `Samples`: where the samples of the batch lie; pointers to values and gradients are those of the first one.
    samples,
    /// `*const f32`: a value, as the forward pass left it. `value[i8]` is a `*const i8`.
    value,
    /// `*mut f32`: a value, to be written. `output[i8]` is a `*mut i8`.
    output,
    /// `*const f32`: a value of the shape of the output, added to it: a residual connection.
    residual,
    /// `*const u32`: indices.
    index,
    /// `*mut u32`: indices, to be written.
    index_out,
    /// `*const f32`: the gradient of an output.
    gradient,
    /// `*mut f32`: the gradient of an input, written or added to.
    gradient_out,
    /// `*const f32`: a value or a gradient.
    any,
    /// `*mut f32`: a value or a gradient, to be written.
    any_out,
    /// `*const f32`: a parameter, or a buffer that is read.
    param,
    /// `*mut f32`: a buffer that is changed.
    buffer,
    /// `*mut f32`: the gradient of a parameter, added to.
    param_gradient,
    /// `*const f32`: packed weights.
    packed,
    /// `*mut f32`: packed weights, to be written.
    packed_out,
    /// `*const f32`: statistics that micro-batches hand to a barrier or a batch step, or results that they get from it.
    statistics,
    /// `*mut f32`: the same, to be written.
    statistics_out,
    /// `*mut f32`: working memory for this call.
    scratch,
}

impl Role {
    /// The dtype that a pointer of this role points to, as the declaration says ([`Operand::of`]); `None` where the role is that of no pointer.
    #[must_use]
    pub const fn dtype(self, of: &str) -> Option<Dtype> {
        match self {
            Self::geometry
            | Self::activation
            | Self::size
            | Self::number
            | Self::lower_bound
            | Self::flag
            | Self::node
            | Self::key
            | Self::share
            | Self::samples => None,
            Self::index | Self::index_out => Some(Dtype::U32),
            _ => match of.as_bytes() {
                b"i8" => Some(Dtype::I8),
                b"i32" => Some(Dtype::I32),
                _ => Some(Dtype::F32),
            },
        }
    }
}

/// The type of an operand: `operand!(value)`, `operand!(geometry[Conv])`.
#[macro_export]
macro_rules! operand {
    (geometry[$of:ident]) => { &$crate::geometry::$of };
    (activation[$of:ident]) => { $crate::activation::$of };
    (size) => { usize };
    (number) => { f32 };
    (lower_bound) => { f32 };
    (flag) => { bool };
    (node) => { u32 };
    (key) => { u64 };
    (share) => { $crate::Share };
    (samples) => { $crate::Samples };
    (value [i8]) => { *const i8 };
    (value [i32]) => { *const i32 };
    (output [i8]) => { *mut i8 };
    (output [i32]) => { *mut i32 };
    (value $([null])?) => { *const f32 };
    (residual $([null])?) => { *const f32 };
    (index $([null])?) => { *const u32 };
    (index_out) => { *mut u32 };
    (gradient $([null])?) => { *const f32 };
    (any) => { *const f32 };
    (param $([null])?) => { *const f32 };
    (packed) => { *const f32 };
    (statistics) => { *const f32 };
    ($out:ident $([null])?) => { *mut f32 };
}

/// A constant for each declaration, and lists of all.
macro_rules! declare {
    ($({ $(#![doc = $family:literal])* $($(#[doc = $doc:literal])* $(#[cfg(feature = $feature:literal)])? [$entries:tt] $name:ident($($arg:ident: $role:ident $([$of:ident])?),* $(,)?);)* })*) => {
        /// A constant for each kernel, under its name.
        #[expect(non_upper_case_globals, reason = "the names of the kernels")]
        pub mod table {
            use super::{Entries, Kernel, Operand, Role};
            $($(
                $(#[doc = $doc])*
                pub const $name: Kernel = Kernel {
                    name: stringify!($name),
                    docs: &[$($doc),*],
                    entries: entries!($entries),
                    train: { const NEEDS: &[&str] = &[$($feature)?]; !NEEDS.is_empty() },
                    operands: &[$(Operand {
                        name: stringify!($arg),
                        role: Role::$role,
                        of: concat!($(stringify!($of))?),
                        dtype: Role::$role.dtype(concat!($(stringify!($of))?)),
                    }),*],
                };
            )*)*
        }
        /// Every kernel.
        pub const KERNELS: &[&Kernel] = &[$($(&table::$name),*),*];
        /// The families: the documentation and the kernels of each.
        pub const FAMILIES: &[(&[&str], &[&Kernel])] = &[$((&[$($family),*], &[$(&table::$name),*])),*];
    };
}

macro_rules! entries {
    (both) => {
        Entries::Both
    };
    (chwn16) => {
        Entries::Chwn16
    };
    (chw) => {
        Entries::Chw
    };
    (barrier) => {
        Entries::Barrier
    };
    (batch) => {
        Entries::Batch
    };
    (across) => {
        Entries::Across
    };
}

/// Hands the declarations of all families, each in braces, to a macro. It must be in scope under this name.
#[doc(hidden)]
#[macro_export]
macro_rules! all_kernels {
    ($then:ident) => {
        $crate::all_kernels! { @next $then [
            conv_kernels conv_packed_kernels conv_pack_kernels conv_chw16c_kernels conv_chw16c_pack_kernels
            conv_chw16c_train_kernels conv_chw16c_weight_kernels conv_across_kernels
            winograd_across_kernels
            conv_winograd_kernels conv_winograd_weight_kernels winograd_chw16c_kernels winograd_chw16c_pack_kernels
            winograd_chw16c_train_kernels winograd_row_kernels winograd_row_pack_kernels depthwise_packed_kernels depthwise_pack_kernels
            depthwise_chw16c_kernels depthwise_chw16c_pack_kernels depthwise_chw16c_forward_kernels
            depthwise_chw16c_backward_kernels small_channel_kernels small_channel_pack_kernels
            transposed_small_channel_kernels transposed_small_channel_pack_kernels conv_channels_last_kernels
            conv1d_kernels conv1d_channels_last_kernels conv1d_step_kernels conv1d_packed_kernels conv1d_pack_kernels conv1d_across_kernels dense_kernels dense_tied_kernels
            dense_weight_kernels dense_across_kernels dense_rows_across_kernels dense_packed_kernels dense_pack_kernels dense_chw16c_kernels batch_norm_kernels
            batch_norm_barrier_kernels batch_norm_backward_kernels batch_norm_backward_barrier_kernels fold_kernels weight_norm_kernels
            batch_norm_chw16c_kernels batch_norm_chw16c_pack_kernels batch_norm_chw16c_train_kernels group_norm_kernels axis_norm_kernels lrn_kernels pool_kernels
            unpool_kernels upsample_kernels roi_kernels softmax_kernels softmax_chw16c_kernels maxout_kernels glu_kernels embedding_kernels
            activation_kernels learned_kernels elementwise_kernels number_kernels select_kernels reduce_kernels product_kernels attend_kernels
            constant_kernels dropout_kernels mean_kernels quant_kernels copy_kernels strided_kernels pad_kernels layout_chw16c_kernels
            lstm_kernels gru_kernels rnn_tanh_kernels rnn_relu_kernels recurrent_kernels recurrent_embedded_kernels
            recurrent_pack_kernels lstm_across_kernels gru_across_kernels rnn_tanh_across_kernels rnn_relu_across_kernels
            recurrent_across_kernels lstm_gates_kernels
        ] {} }
    };
    (@next $then:ident [] { $($done:tt)* } $($last:tt)?) => { $then! { $($done)* $($last)? } };
    (@next $then:ident [$first:ident $($rest:ident)*] { $($done:tt)* } $($last:tt)?) => {
        $crate::$first! { all_kernels @next $then [$($rest)*] { $($done)* $($last)? } }
    };
}

all_kernels!(declare);
