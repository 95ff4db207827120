//! Dropout between the layers of a recurrent layer.

use super::op::{RecurrentOp, times};
use crate::graph::{Arg, Call, When, kernels};
use crate::layers::support::tokens::float;
use quote::quote;

impl RecurrentOp {
    /// The operands of dropout beside the values: the geometry of the layer, the probability, and the counters of its random numbers.
    pub(super) fn drawn(&self, layer: usize) -> [Arg; 6] {
        let probability = float(self.dropout);
        let geometry = Arg::GeometryAt(layer * self.directions);
        [geometry, Arg::Value(quote!(#probability)), Arg::Node, Arg::Key, Arg::FirstSample, Arg::Count]
    }

    /// Numbers that a layer yields.
    pub(super) fn len(&self) -> Arg {
        let len = times(&[self.time], &self.width()).typed_value();
        Arg::Value(quote!(#len))
    }

    /// Dropout after a layer when training, a copy when evaluating.
    pub(super) fn dropout_forward(&self, layer: usize) -> [Call; 2] {
        let ([g, probability, node, key, first_sample, count], x, y) =
            (self.drawn(layer), self.y(layer), self.x(layer + 1, true));
        let [scale, shift] = [quote!(1.0), quote!(0.0)].map(Arg::Value);
        let copy = Call::from(kernels::affine { len: self.len(), scale, shift, x: x.clone(), y: y.clone() });
        let drop = Call::from(kernels::recurrent_dropout_forward { g, probability, node, key, first_sample, count, x, y });
        [drop.only(When::Train), copy.only(When::Eval)]
    }

    /// The gradient of what that layer yielded.
    pub(super) fn dropout_backward(&self, layer: usize) -> [Call; 2] {
        let ([g, probability, node, key, first_sample, count], dy, dx) = (self.drawn(layer), self.dx(layer + 1), self.dy(layer));
        let (scale, accumulate) = (Arg::Value(quote!(1.0)), Arg::Value(quote!(false)));
        let copy = Call::from(kernels::affine_backward { len: self.len(), scale, dy: dy.clone(), dx: dx.clone(), accumulate });
        let drop = Call::from(kernels::recurrent_dropout_backward { g, probability, node, key, first_sample, count, dy, dx });
        [drop.only(When::Train), copy.only(When::Eval)]
    }
}
