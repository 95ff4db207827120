//! Element-wise activations: each is one file here and one line in [`activations!`](crate::activations).
//!
//! The file declares the layer's name, its arguments, its value and its gradient, once for all vector forms and for the tests' `f64`
//! ([`Real`]). The runtime makes kernels of it; the compiler its layer; the documentation its row of the table; the tests a check of the
//! gradient against finite differences, of every kernel against `f64`, and of PyTorch's numbers. `docs/adding-a-layer.md` walks through one.

mod argument;
#[cfg(feature = "double")]
mod double;
mod prelu;
mod real;
#[cfg(test)]
mod tests;

pub use argument::{Argument, Kind};
#[cfg(feature = "double")]
pub use double::{Double, examples};
pub use prelu::PRelu;
pub use real::Real;

use crate::ValueRange;
use crate::kernels::{Epilogue, Kernel, table};
use argument::{FromNumber, number, positive, word};

/// The name and the arguments of an activation, written by the macro `declare!`.
pub trait Declared: Copy {
    /// The name: `LeakyRelu`.
    const NAME: &'static str;
    /// The formula and its source.
    const DOC: &'static str;
    /// The arguments, in order.
    const ARGUMENTS: &'static [Argument];

    /// The activation with these arguments, in order; a word is 0 or 1, a missing argument 0.
    fn with(values: &[f32]) -> Self;
}

/// An element-wise function that networks use as a layer.
pub trait Activation: Declared {
    /// Points worth a test, such as kinks of the function or its gradient.
    const POINTS: &'static [f32] = &[0.0];
    /// Layers before it are initialized as before a ReLU (He et al. 2015, arXiv 1502.01852).
    const RELU_FAMILY: bool = false;
    /// The value decays to denormal numbers; kernels write zero there (`docs/kernels.md`, "Denormal numbers").
    const VANISHES: bool = false;
    /// The epilogue with which products compute it as they write their results.
    const EPILOGUE: Option<Epilogue> = None;

    /// What is known of its values.
    fn range(self) -> ValueRange {
        ValueRange::Unknown
    }

    /// The tensor that the gradient is computed from. Where it is the output, training runs in place.
    fn saved(self) -> Saved;

    /// The function.
    fn value<R: Real>(self, x: R) -> R;

    /// `dy · f′`, from the input or the output, as [`Activation::saved`] says.
    fn gradient<R: Real>(self, saved: R, dy: R) -> R;
}

/// An element-wise function with a learned parameter. Its kernels read x, whatever it does (`kernels/elementwise/learned.rs` of the runtime).
pub trait Learned: Copy {
    /// The function.
    fn value<R: Real>(self, x: R, parameter: R) -> R;

    /// dy times its derivative by x.
    fn gradient<R: Real>(self, x: R, parameter: R, dy: R) -> R;

    /// dy times its derivative by the parameter.
    fn parameter_gradient<R: Real>(self, x: R, parameter: R, dy: R) -> R;
}

/// The tensor that the backward pass reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// x
    Input,
    /// y
    Output,
}

/// An activation as data, to be found by name.
#[derive(Debug, Clone, Copy)]
pub struct Description {
    /// [`Declared::NAME`]
    pub name: &'static str,
    /// The kernel: `leaky_relu`.
    pub kernel: &'static Kernel,
    /// The kernel of its gradient: `leaky_relu_backward`.
    pub backward: &'static Kernel,
    /// [`Declared::DOC`]
    pub doc: &'static str,
    /// [`Declared::ARGUMENTS`]
    pub arguments: &'static [Argument],
    /// [`Activation::RELU_FAMILY`]
    pub relu_family: bool,
    /// [`Activation::EPILOGUE`]
    pub epilogue: Option<Epilogue>,
    /// [`Activation::saved`] with these arguments.
    pub saved: fn(&[f32]) -> Saved,
    /// [`Activation::range`] with these arguments.
    pub range: fn(&[f32]) -> ValueRange,
}

impl Description {
    const fn of<A: Activation>(kernel: &'static Kernel, backward: &'static Kernel) -> Self {
        Self {
            name: A::NAME,
            kernel,
            backward,
            doc: A::DOC,
            arguments: A::ARGUMENTS,
            relu_family: A::RELU_FAMILY,
            epilogue: A::EPILOGUE,
            saved: |values| A::with(values).saved(),
            range: |values| A::with(values).range(),
        }
    }
}

/// Declares the type of an activation: its documentation, and its arguments with their defaults.
///
/// `alpha: f32 = number(1.0)` is any finite number, `beta: f32 = positive(1.0)` one above zero, and `approximate: bool = word("none", "tanh")` is
/// one of two words, the first by default.
macro_rules! declare {
    ($(#[doc = $doc:literal])+ pub struct $Name:ident { $($argument:ident: $Type:ty = $kind:expr),* }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $Name {
            $(#[doc = concat!("`", stringify!($argument), "`")] pub $argument: $Type,)*
        }

        impl $crate::activation::Declared for $Name {
            const NAME: &'static str = stringify!($Name);
            const DOC: &'static str = concat!($($doc),+);
            const ARGUMENTS: &'static [$crate::activation::Argument] = {
                #[allow(unused_imports, reason = "not every activation has arguments of each kind")]
                use $crate::activation::{number, positive, word};
                &[$($crate::activation::Argument { name: stringify!($argument), kind: $kind }),*]
            };

            #[allow(unused_mut, unused_variables, reason = "many have no arguments")]
            fn with(values: &[f32]) -> Self {
                let mut values = values.iter().copied();
                Self { $($argument: $crate::activation::FromNumber::from_number(values.next().unwrap_or_default()),)* }
            }
        }
    };
}

/// Every activation: its file, which also names its kernel, its type, and the name of the kernel of its gradient. Calls `$then!` with them.
#[macro_export]
macro_rules! activations {
    ($then:ident $($with:tt)*) => {
        $then! {
            $($with)*
            relu Relu relu_backward;
            leaky_relu LeakyRelu leaky_relu_backward;
            relu6 Relu6 relu6_backward;
            elu Elu elu_backward;
            selu Selu selu_backward;
            gelu Gelu gelu_backward;
            silu Silu silu_backward;
            mish Mish mish_backward;
            hard_swish HardSwish hard_swish_backward;
            softplus Softplus softplus_backward;
            sigmoid Sigmoid sigmoid_backward;
            hard_sigmoid HardSigmoid hard_sigmoid_backward;
            log_sigmoid LogSigmoid log_sigmoid_backward;
            tanh Tanh tanh_backward;
            softsign Softsign softsign_backward;
            exp Exp exp_backward;
            log Log log_backward;
            sqrt Sqrt sqrt_backward;
            abs Abs abs_backward;
        }
    };
}

macro_rules! files {
    ($($file:ident $Name:ident $backward:ident;)*) => {
        $(mod $file; pub use $file::$Name;)*

        /// All activations, as data.
        pub const ALL: &[Description] = &[$(Description::of::<$Name>(&table::$file, &table::$backward)),*];
    };
}
activations!(files);
