//! Parts of a value along one axis: which axis, and the copies between the parts and the whole.

use crate::graph::{Arg, Call, Geometry, channel_axis, kernels};
use crate::layers::support::input::product;
use crate::layers::support::tokens::number;
use crate::layers::{ArgValue, Build};
use proc_macro2::TokenStream;
use quote::quote;

/// The names of axes, the words of the argument `axis`.
pub(super) const AXES: &[&str] = &["time", "features", "channels", "height", "width", "regions"];

/// The argument `axis`, as a position.
pub(super) fn axis(cx: &mut Build<'_>, rank: usize) -> Option<usize> {
    let names: &[&str] = match rank {
        1 => &["features"],
        2 => &["time", "features"],
        3 => &["channels", "height", "width"],
        4 => &["regions", "channels", "height", "width"],
        _ => &[],
    };
    let Some((value, span)) = cx.args.get("axis") else {
        return Some(channel_axis(rank));
    };
    let axis = match value {
        ArgValue::Word(word) => names.iter().position(|name| name == word),
        ArgValue::Int(n) => usize::try_from(*n).ok().filter(|&n| n < rank),
        _ => None,
    };
    axis.or_else(|| {
        let line = cx.input_line(0);
        cx.fail(span, format_args!("axis = {value}: these values have {}, or 0..{rank}{line}", names.join(", ")))
    })
}

/// The parts of a whole along one axis, as blocks to copy.
#[derive(Debug)]
pub(super) struct Blocks {
    /// The rows: the product of the sizes before the axis.
    outer: usize,
    /// The numbers of each part in a row of the whole.
    lens: Vec<usize>,
}

impl Blocks {
    pub(super) fn new(whole: &[usize], axis: usize, parts: impl Iterator<Item = usize>) -> Self {
        let inner = product(&whole[axis + 1..]);
        Self { outer: product(&whole[..axis]), lens: parts.map(|part| part.saturating_mul(inner)).collect() }
    }

    pub(super) fn count(&self) -> usize {
        self.lens.len()
    }

    /// The geometries: first the copies of each part into the whole, then those out of it.
    pub(super) fn geometry(&self) -> Geometry {
        let row = number(self.lens.iter().fold(0, |sum: usize, &len| sum.saturating_add(len)));
        let outer = number(self.outer);
        let mut offset = 0_usize;
        let (mut join, mut part): (Vec<TokenStream>, Vec<TokenStream>) = (Vec::new(), Vec::new());
        for &len in &self.lens {
            let at = number(offset);
            offset = offset.saturating_add(len);
            let len = number(len);
            join.push(quote!(__f::k::Blocks { outer: #outer, len: #len, from: 0, from_stride: #len, to: #at, to_stride: #row }));
            part.push(quote!(__f::k::Blocks { outer: #outer, len: #len, from: #at, from_stride: #row, to: 0, to_stride: #len }));
        }
        let count = number(2 * self.lens.len());
        Geometry::new(quote!([__f::k::Blocks; #count]), quote!([#(#join,)* #(#part,)*]))
    }

    /// The call that copies the i-th part into the whole.
    pub(super) fn join(i: usize, part: Arg, whole: Arg, accumulate: Arg) -> Call {
        Call::from(kernels::copy_blocks { g: Arg::GeometryAt(i), x: part, y: whole, accumulate })
    }

    /// The call that copies the i-th part out of the whole.
    pub(super) fn part(&self, i: usize, whole: Arg, part: Arg, accumulate: Arg) -> Call {
        Call::from(kernels::copy_blocks { g: Arg::GeometryAt(self.lens.len() + i), x: whole, y: part, accumulate })
    }
}
