//! A struct for each kernel, whose fields are its operands: `conv_forward { g, x, weight, bias, y }` becomes a call with the operands in
//! the declared order. The role of an operand decides what may be bound to it.

#![expect(missing_docs, reason = "the operands are those of the table")]

use super::call::{Arg, Call};
use fireclay_ir::kernels::{Kernel, Role, table};

macro_rules! handles {
    ($({ $(#![$family:meta])* $($(#[doc = $doc:literal])* $(#[cfg($cfg:meta)])? [$form:tt] $name:ident($($arg:ident: $role:ident $([$of:ident])?),* $(,)?);)* })*) => {
        $($(
            $(#[doc = $doc])*
            #[derive(Debug, Clone)]
            pub struct $name {
                $(pub $arg: Arg),*
            }

            impl From<$name> for Call {
                #[track_caller]
                fn from($name { $($arg),* }: $name) -> Self {
                    Self::checked(&table::$name, vec![$($arg),*])
                }
            }
        )*)*
    };
}
use fireclay_ir::{activation_kernels_of, all_kernels};
all_kernels!(handles);

/// Whether an operand of this role may be bound to this argument.
#[must_use]
pub fn accepts(role: Role, nullable: bool, arg: &Arg) -> bool {
    let value = matches!(arg, Arg::Input(_) | Arg::Output(_) | Arg::Saved(_) | Arg::State(_));
    let output = matches!(arg, Arg::Output(_) | Arg::Saved(_) | Arg::State(_) | Arg::StateOf(_));
    let gradient = matches!(arg, Arg::GradOutput(_) | Arg::Work(_));
    let gradient_out = matches!(arg, Arg::GradInput(_) | Arg::Work(_) | Arg::GradOutputInPlace(_));
    match role {
        _ if matches!(arg, Arg::Null) => nullable,
        Role::geometry => matches!(arg, Arg::Geometry | Arg::GeometryAt(_) | Arg::Value(_)),
        Role::activation => matches!(arg, Arg::Value(_)),
        Role::size => matches!(arg, Arg::Value(_) | Arg::Count | Arg::Samples | Arg::Lanes | Arg::StatsStride | Arg::FirstSample),
        Role::number | Role::lower_bound => matches!(arg, Arg::Value(_)),
        Role::flag => matches!(arg, Arg::Value(_) | Arg::Accumulate(_)),
        Role::node => matches!(arg, Arg::Node),
        Role::key => matches!(arg, Arg::Key),
        Role::share => matches!(arg, Arg::Share),
        Role::samples => matches!(arg, Arg::AllSamples | Arg::SamplesOf(_)),
        Role::value | Role::residual => value,
        Role::output => output,
        Role::index => matches!(arg, Arg::Input(_)),
        Role::index_out => matches!(arg, Arg::Output(_)),
        Role::gradient => gradient,
        Role::gradient_out => gradient_out,
        Role::any => value || gradient,
        Role::any_out => output || gradient_out,
        Role::param | Role::buffer => matches!(arg, Arg::Param(_)),
        Role::param_gradient => matches!(arg, Arg::GradParam(_)),
        Role::packed => matches!(arg, Arg::Panel(_)),
        Role::packed_out => matches!(arg, Arg::PackedOut),
        Role::statistics | Role::statistics_out => matches!(arg, Arg::Stats | Arg::Shared | Arg::SharedFrom(_)),
        Role::scratch => matches!(arg, Arg::Scratch),
    }
}

/// Whether the kernel computes a product with packed weights (`max(low, … + add)`), as the plan of a single sample calls it.
#[must_use]
pub fn is_product(kernel: &Kernel) -> bool {
    [Role::value, Role::packed, Role::residual, Role::lower_bound, Role::output]
        .iter()
        .all(|role| kernel.operands.iter().any(|operand| operand.role == *role))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fireclay_ir::Dtype;
    use proc_macro2::TokenStream;

    #[test]
    #[should_panic(expected = "conv_backward_input: `dy` is a gradient, not Input(0)")]
    fn a_value_is_no_gradient() {
        let (g, weight, dx, accumulate) = (Arg::Geometry, Arg::Param(0), Arg::GradInput(0), Arg::Accumulate(0));
        let _ = Call::from(conv_backward_input { g, dy: Arg::Input(0), weight, dx, accumulate });
    }

    #[test]
    #[should_panic(expected = "relu_backward: `dx` is a gradient_out, not GradOutput(0)")]
    fn gradients_are_not_swapped() {
        let (f, len, saved) = (Arg::Value(TokenStream::new()), Arg::Value(TokenStream::new()), Arg::Output(0));
        let (dy, dx, accumulate) = (Arg::GradOutput(0), Arg::GradOutput(0), Arg::Accumulate(0));
        let _ = Call::from(relu_backward { f, len, saved, dy, dx, accumulate });
    }

    #[test]
    #[should_panic(expected = "conv_forward: `y` is a output, not Input(0)")]
    fn an_input_is_not_written() {
        let (g, x, weight, y) = (Arg::Geometry, Arg::Input(0), Arg::Param(0), Arg::Input(0));
        let _ = Call::from(conv_forward { g, x, weight, bias: Arg::Null, y });
    }

    #[test]
    #[should_panic(expected = "conv_forward: `weight` is a param, not Null")]
    fn only_what_is_declared_so_may_be_null() {
        let _ = Call::from(conv_forward {
            g: Arg::Geometry,
            x: Arg::Input(0),
            weight: Arg::Null,
            bias: Arg::Null,
            y: Arg::Output(0),
        });
    }

    #[test]
    fn operands_are_held_to_the_dtypes_of_values() {
        let call = Call::from(quantize_forward { g: Arg::Geometry, x: Arg::Input(0), y: Arg::Output(0) });
        assert_eq!(call.wrong_dtype(&[Dtype::F32], &[Dtype::I8]), None);
        let wrong = call.wrong_dtype(&[Dtype::F32], &[Dtype::F32]);
        assert_eq!(wrong.as_deref(), Some("quantize_forward: `y` is of i8, Output(0) of f32"));
        let (g, x, weight, y) = (Arg::Geometry, Arg::Input(0), Arg::Param(0), Arg::Output(0));
        let call = Call::from(embedding_forward { g, x, weight, y });
        assert_eq!(call.wrong_dtype(&[Dtype::U32], &[Dtype::F32]), None);
        assert!(call.wrong_dtype(&[Dtype::F32], &[Dtype::F32]).is_some_and(|text| text.contains("`x` is of u32")));
    }

    #[test]
    fn operands_stand_in_the_declared_order() {
        let call = Call::from(conv_forward {
            y: Arg::Output(0),
            bias: Arg::Null,
            weight: Arg::Param(0),
            x: Arg::Input(0),
            g: Arg::Geometry,
        });
        assert_eq!(call.kernel.name, "conv_forward");
        assert!(matches!(call.args.as_slice(), [Arg::Geometry, Arg::Input(0), Arg::Param(0), Arg::Null, Arg::Output(0)]));
    }
}
