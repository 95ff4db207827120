//! Weights that are made of parameters, as code: once per batch in training, where weights are packed, and before an inference that reads them as they are.

use super::Context;
use crate::graph::{Parametrization, TensorId};
use proc_macro2::TokenStream;
use quote::quote;

/// Steps of the power iteration before a network's first step, as PyTorch has it, and in each step of training.
const STEPS: [usize; 2] = [15, 1];

/// The call that makes a weight: its parts lie where `part` says, it goes `to` there, and what its gradient is made with to `saved`, if anywhere.
pub fn make(
    cx: &Context<'_>,
    weight: TensorId,
    part: &dyn Fn(TensorId) -> TokenStream,
    to: &TokenStream,
    saved: Option<TokenStream>,
) -> TokenStream {
    let info = &cx.graph.tensors[weight];
    let Some(made) = &info.parametrized else { return TokenStream::new() };
    let (geometry, parts) = (made.how.geometry(&info.dims), made.from.iter().map(|t| part(*t)));
    match made.how {
        Parametrization::Weight { .. } => quote!(__f::chw::weight_norm(#geometry, #(#parts,)* #to);),
        Parametrization::Mask(_) => quote!(__f::chw::weight_mask(#geometry, #(#parts,)* #to);),
        Parametrization::Spectral { .. } => {
            let saved = saved.unwrap_or_else(|| quote!(::core::ptr::null_mut()));
            quote!(__f::chw::spectral_norm(#geometry, #(#parts,)* #to, #saved);)
        }
    }
}

/// A parameter or buffer: `__params.add(Self::FC_WEIGHT_G)`.
pub fn part(cx: &Context<'_>, tensor: TensorId) -> TokenStream {
    let offset = cx.constants.tensor(tensor);
    if cx.graph.tensors[tensor].buffer { quote!(__buffers.add(#offset)) } else { quote!(__params.add(#offset)) }
}

/// What a network begins with beside the numbers that were drawn: magnitudes with which a weight is its direction, singular vectors. An associated
/// item of the plan; `None` where it has no such weights.
pub fn start(cx: &Context<'_>) -> Option<TokenStream> {
    cx.graph.parametrized().next()?;
    let calls =
        cx.graph.parametrized().filter(|(_, made)| !matches!(made.how, Parametrization::Mask(_))).map(|(weight, made)| {
            let (geometry, [first, _]) = (made.how.geometry(&cx.graph.tensors[weight].dims), STEPS);
            let parts: Vec<_> = made.from.iter().map(|t| part(cx, *t)).collect();
            match (made.how, parts.as_slice()) {
                (Parametrization::Weight { .. }, [magnitude, direction]) => {
                    quote!(__f::chw::weight_norm_start(#geometry, #direction, #magnitude);)
                }
                (_, parts) => quote!(__f::chw::power_iteration(#geometry, #first, #(#parts),*);),
            }
        });
    Some(quote! {
        unsafe fn start(__params: *mut __f::f32, __buffers: *mut __f::f32) { unsafe { #(#calls)* } }
    })
}

/// What trains them, as associated items of the plan.
pub fn train(cx: &Context<'_>) -> TokenStream {
    let (mut make_all, mut backward) = (TokenStream::new(), TokenStream::new());
    for (weight, made) in cx.graph.parametrized() {
        let info = &cx.graph.tensors[weight];
        let (geometry, at) = (made.how.geometry(&info.dims), cx.constants.tensor(weight));
        let len = crate::graph::Count::product(&info.dims).value();
        let of = |t: TensorId| part(cx, t);
        if let (Parametrization::Spectral { .. }, false) = (made.how, info.frozen) {
            let (parts, [_, each]) = (made.from.iter().map(|t| of(*t)), STEPS);
            make_all.extend(quote!(if __train { __f::chw::power_iteration(#geometry, #each, #(#parts),*); }));
        }
        let saved = quote!(__to.add(#at + #len));
        make_all.extend(make(cx, weight, &of, &quote!(__to.add(#at)), Some(saved)));
        let Some(gradient) = cx.constants.grad(weight) else { continue };
        let dweight = quote!(__from.wrapping_add(#gradient));
        let gradients = made.from.iter().filter_map(|t| cx.constants.grad(*t)).map(|at| quote!(__grads.add(#at)));
        backward.extend(match made.how {
            Parametrization::Weight { .. } => {
                let parts = made.from.iter().map(|t| of(*t));
                quote!(__f::chw::weight_norm_backward(#geometry, #(#parts,)* #dweight, #(#gradients),*);)
            }
            Parametrization::Mask(_) => quote!(__f::chw::weight_mask_backward(#geometry, #dweight, #(#gradients),*);),
            Parametrization::Spectral { .. } => {
                let [weight, saved] = [quote!(__made.add(#at)), quote!(__made.add(#at + #len))];
                quote!(__f::chw::spectral_norm_backward(#geometry, #weight, #saved, #dweight, #(#gradients),*);)
            }
        });
    }
    let [numbers, gradients] = cx.constants.parametrized.each_ref().map(crate::graph::Count::value);
    quote! {
        unsafe fn parametrize(__params: *const __f::f32, __buffers: *mut __f::f32, __to: *mut __f::f32, __train: __f::bool) {
            unsafe { #make_all }
        }
        unsafe fn parametrize_backward(__params: *const __f::f32, __made: *const __f::f32, __from: *const __f::f32, __grads: *mut __f::f32) {
            unsafe { #backward }
        }
        const PARAMETRIZED: &'static __f::ParametrizedWeights = &__f::ParametrizedWeights {
            numbers: #numbers,
            gradients: #gradients,
            make: Self::parametrize,
            backward: Self::parametrize_backward,
        };
    }
}
