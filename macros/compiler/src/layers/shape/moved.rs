//! A value some of whose numbers, or all, stand in another order in another value.

use super::parts::strides;
use crate::graph::{
    Arg, Attributes, BackwardStep, Call, ChannelBlocks, Dispatch, Family, Geometry, Op, Traits, ValueType, kernels,
};
use crate::layers::support::input::product;
use crate::layers::support::tensor;
use crate::layers::support::tokens::number;
use crate::layers::{Build, Built, Layer};
use proc_macro2::Literal;
use quote::quote;
use std::rc::Rc;

/// An axis of the result: its size, and the distance in x from one number along it to the next, negative where it is turned around.
pub(super) type Along = (usize, isize);

/// A copy of numbers of x, as the axes of the result say, in its order.
#[derive(Debug, Clone)]
pub(crate) struct Moved {
    attributes: Attributes,
    /// The numbers of x.
    x_len: usize,
    /// The position in x of the first number.
    from: usize,
    axes: Vec<Along>,
}

impl Moved {
    /// What a layer builds that takes x of these sizes: the result has these sizes and consists of these axes (more than sizes, where several are
    /// one size).
    pub(super) fn built(
        cx: &Build<'_>,
        layer: &dyn Layer,
        x: &[usize],
        from: usize,
        axes: Vec<(usize, usize)>,
        sizes: impl IntoIterator<Item = usize>,
    ) -> Built {
        let signed = |(size, stride)| (size, isize::try_from(stride).unwrap_or(isize::MAX));
        Self::turned(cx, layer, x, from, axes.into_iter().map(signed).collect(), sizes)
    }

    /// The same where axes may be turned around.
    pub(super) fn turned(
        cx: &Build<'_>,
        layer: &dyn Layer,
        x: &[usize],
        from: usize,
        axes: Vec<Along>,
        sizes: impl IntoIterator<Item = usize>,
    ) -> Built {
        let output: ValueType = tensor(sizes);
        Built::new(Self { attributes: cx.attributes(layer), x_len: product(x), from, axes }, [output], Vec::new())
    }

    /// Sizes, strides of x and strides of y of five axes: neighbors are one where both values allow it.
    fn joined(&self) -> ([usize; 5], [isize; 5], [usize; 5]) {
        let sizes: Vec<usize> = self.axes.iter().map(|(size, _)| *size).collect();
        let mut joined: Vec<(usize, isize, usize)> = Vec::new();
        for ((size, x), y) in self.axes.iter().zip(strides(&sizes)) {
            match joined.last_mut() {
                _ if *size == 1 => {}
                // Its numbers continue those of the axis before.
                Some(last) if last.1 == size.cast_signed().saturating_mul(*x) => *last = (last.0.saturating_mul(*size), *x, y),
                _ => joined.push((*size, *x, y)),
            }
        }
        let mut numbers = ([1; 5], [0; 5], [0; 5]);
        for (slot, axis) in (0..5).rev().zip(joined.into_iter().rev()) {
            (numbers.0[slot], numbers.1[slot], numbers.2[slot]) = axis;
        }
        numbers
    }
}

/// The copy of a value in another order.
fn copied() -> Vec<Dispatch> {
    let call = kernels::copy_strided { g: Arg::Geometry, x: Arg::Input(0), y: Arg::Output(0) };
    vec![Dispatch::Micro(Call::from(call))]
}

/// The gradient of that copy.
fn copied_back() -> Vec<BackwardStep> {
    let (dy, dx, accumulate) = (Arg::GradOutput(0), Arg::GradInput(0), Arg::Accumulate(0));
    vec![BackwardStep::input(0, kernels::copy_strided_backward { g: Arg::Geometry, dy, dx, accumulate }.into())]
}

impl Op for Moved {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn traits(&self) -> Traits {
        Traits { init: Family::Transparent, ..Traits::default() }
    }

    fn geometry(&self) -> Option<Geometry> {
        let (sizes, x, y) = self.joined();
        let [sizes, y] = [sizes, y].map(|numbers| {
            let numbers = numbers.map(number);
            quote!([#(#numbers),*])
        });
        let x = x.map(Literal::isize_unsuffixed);
        let x = quote!([#(#x),*]);
        let (from, x_len) = (number(self.from), number(self.x_len));
        let value = quote!(__f::k::Strided { sizes: #sizes, x: #x, y: #y, from: #from, x_len: #x_len });
        Some(Geometry::new(quote!(__f::k::Strided), value))
    }

    fn forward(&self) -> Vec<Dispatch> {
        copied()
    }

    fn backward(&self) -> Vec<BackwardStep> {
        copied_back()
    }

    /// Where the channels stay as they are.
    fn over_channels(&self, inputs: &[ChannelBlocks]) -> Option<Rc<dyn Op>> {
        let [x] = inputs else { return None };
        // Each axis is a size of an image: otherwise the channels of the result are others.
        let [(channels, stride), rest @ ..] = self.axes.as_slice() else { return None };
        let last = |(size, x): &Along| (size - 1).saturating_mul(usize::try_from(*x).unwrap_or(0));
        let map = rest.iter().fold(self.from, |all, axis| all.saturating_add(last(axis)));
        let whole = rest.len() == 2 && *channels == x.channels && stride.unsigned_abs() == x.map && *stride > 0 && map < x.map;
        whole.then(|| {
            let blocks = x.channels.div_ceil(16);
            let axes = std::iter::once((blocks, *stride)).chain(rest.iter().copied()).collect();
            Rc::new(Self { attributes: self.attributes.clone(), x_len: x.vectors(), from: self.from, axes }) as _
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::ChannelBlocks;
    use crate::layers::tests::Case;

    #[test]
    fn neighbors_are_one() {
        for (source, input, geometry) in [
            (
                "Slice(features = 2..5)",
                &[9][..],
                "sizes : [1 , 1 , 1 , 1 , 3] , x : [0 , 0 , 0 , 0 , 1] , y : [0 , 0 , 0 , 0 , 1] , from : 2 , x_len : 9",
            ),
            (
                "Slice(height = 1..3)",
                &[4, 5, 6],
                "sizes : [1 , 1 , 1 , 4 , 12] , x : [0 , 0 , 0 , 30 , 1] , y : [0 , 0 , 0 , 12 , 1] , from : 6 , x_len : 120",
            ),
            (
                "Permute(1, 2, 0)",
                &[4, 5, 6],
                "sizes : [1 , 1 , 1 , 30 , 4] , x : [0 , 0 , 0 , 1 , 30] , y : [0 , 0 , 0 , 4 , 1] , from : 0 , x_len : 120",
            ),
            (
                "SpaceToDepth(2)",
                &[3, 4, 6],
                "sizes : [3 , 2 , 2 , 2 , 3] , x : [24 , 6 , 1 , 12 , 2] , y : [24 , 12 , 6 , 3 , 1] , from : 0 , x_len : 72",
            ),
        ] {
            let value = Case::new(source, &[input]).built().op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(geometry), "{source}: {value}");
        }
    }

    #[test]
    fn channels_that_stay_may_lie_in_vectors() {
        let over = |source: &str| {
            let op = Case::new(source, &[&[20, 5, 6]]).built().op.over_channels(&[ChannelBlocks { channels: 20, map: 30 }]);
            op.map(|op| op.geometry().expect("a constant").value.to_string())
        };
        let flipped = over("Flip(width)").expect("channels stay");
        assert!(
            flipped.contains("sizes : [1 , 1 , 1 , 10 , 6] , x : [0 , 0 , 0 , 6 , - 1]")
                && flipped.contains("from : 5 , x_len : 60"),
            "{flipped}"
        );
        assert!(over("Flip(channels)").is_none());
        let crop = over("Crop((3, 2))").expect("channels stay");
        assert!(
            crop.contains("sizes : [1 , 1 , 2 , 3 , 2] , x : [0 , 0 , 30 , 6 , 1]") && crop.contains("from : 8 , x_len : 60"),
            "{crop}"
        );
        for other in ["Slice(channels = 0..16)", "Permute(1, 0, 2)", "SpaceToDepth(1)"] {
            assert!(over(other).is_none(), "{other}");
        }
    }
}
