//! Axes by their names; parts of a value along one axis, and the copies between the parts and the whole.

use crate::graph::{Arg, Call, Count, Geometry, Size, channel_axis, kernels};
use crate::layers::support::input::product;
use crate::layers::support::tokens::number;
use crate::layers::{ArgValue, Build};
use proc_macro2::{Span, TokenStream};
use quote::quote;

/// The names of axes, the words of the argument `axis`.
pub(crate) const AXES: &[&str] = &["time", "features", "channels", "height", "width", "regions"];

/// The names of the axes of values with so many sizes, in order.
pub(crate) fn names(rank: usize) -> &'static [&'static str] {
    match rank {
        1 => &["features"],
        2 => &["time", "features"],
        3 => &["channels", "height", "width"],
        4 => &["regions", "channels", "height", "width"],
        _ => &[],
    }
}

/// What is counted along an axis of values with so many sizes: `28 rows`.
pub(crate) fn units(rank: usize, axis: usize) -> &'static str {
    match names(rank).get(axis) {
        Some(&"time") => "steps",
        Some(&"height") => "rows",
        Some(&"width") => "columns",
        Some(name) => name,
        None => "numbers",
    }
}

/// An axis by its name or its number; `None` where these values have no such axis.
pub(crate) fn position(value: &ArgValue, rank: usize) -> Option<usize> {
    match value {
        ArgValue::Word(word) => names(rank).iter().position(|name| name == word),
        ArgValue::Int(n) => usize::try_from(*n).ok().filter(|&n| n < rank),
        _ => None,
    }
}

/// The names of axes as PyTorch numbers them: 0 is the batch, and below 0 they count from the last.
pub(crate) fn counted_with_batch(value: &ArgValue, rank: usize) -> Option<String> {
    let name = |value: &ArgValue| {
        let ArgValue::Int(n) = value else { return None };
        let back = usize::try_from(n.unsigned_abs()).ok()?;
        let axis = if *n < 0 { rank.checked_sub(back) } else { back.checked_sub(1) };
        names(rank).get(axis?).copied()
    };
    match value {
        ArgValue::Tuple(items) | ArgValue::List(items) => match &items.iter().map(name).collect::<Option<Vec<_>>>()?[..] {
            [] => None,
            [one] => Some((*one).to_owned()),
            several => Some(format!("({})", several.join(", "))),
        },
        one => name(one).map(ToOwned::to_owned),
    }
}

/// What a number that is no axis here was meant for, as the help of its message.
pub(crate) fn axis_meant(value: &ArgValue, rank: usize) -> String {
    counted_with_batch(value, rank).map(|axis| format!("\n  help: `axis = {axis}`")).unwrap_or_default()
}

/// Reports an axis that these values do not have; `help` is what was meant by it.
pub(crate) fn no_axis<T>(cx: &mut Build<'_>, span: Span, value: &ArgValue, rank: usize, help: &str) -> Option<T> {
    let line = cx.input_line(0);
    cx.fail(span, format_args!("axis = {value}: these values have {}, or 0..{rank}{line}{help}", names(rank).join(", ")))
}

/// The argument `axis`, as a position; by default that of the channels or features.
pub(crate) fn axis(cx: &mut Build<'_>, rank: usize) -> Option<usize> {
    let args = cx.args;
    match args.get("axis") {
        None => Some(channel_axis(rank)),
        Some((value, span)) => position(value, rank).or_else(|| no_axis(cx, span, value, rank, &axis_meant(value, rank))),
    }
}

/// The distance from one number to the next along each axis of a value.
pub(crate) fn strides(dims: &[usize]) -> Vec<usize> {
    (0..dims.len()).map(|axis| product(&dims[axis + 1..])).collect()
}

/// The parts of a whole along one axis, as blocks to copy.
#[derive(Debug)]
pub(super) struct Blocks {
    /// The rows: the product of the sizes before the axis.
    outer: Count,
    /// The numbers of each part in a row of the whole.
    lens: Vec<Count>,
}

impl Blocks {
    pub(super) fn new<S: Into<Size> + Clone>(whole: &[S], axis: usize, parts: impl Iterator<Item = S>) -> Self {
        let product = |sizes: &[S]| Count::product(&sizes.iter().cloned().map(Into::into).collect::<Vec<Size>>());
        let inner = product(&whole[axis + 1..]);
        Self { outer: product(&whole[..axis]), lens: parts.map(|part| Count::from(part.into()).times(&inner)).collect() }
    }

    pub(super) fn count(&self) -> usize {
        self.lens.len()
    }

    /// The geometries: first the copies of each part into the whole, then those out of it.
    pub(super) fn geometry(&self) -> Geometry {
        let row = self.lens.iter().fold(Count::default(), Count::plus).value();
        let outer = self.outer.value();
        let mut offset = Count::default();
        let (mut join, mut part): (Vec<TokenStream>, Vec<TokenStream>) = (Vec::new(), Vec::new());
        for len in &self.lens {
            let at = offset.value();
            offset = offset.plus(len);
            let len = len.value();
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
