//! The argument `groups`.

use crate::graph::Size;
use crate::layers::Build;
use proc_macro2::TokenStream;
use quote::quote;

/// The argument `groups` over channel counts that may be types: those that are, [`grouped`] checks where the network is built.
pub(crate) fn groups_of(cx: &mut Build<'_>, inputs: &Size, outputs: &Size) -> Option<usize> {
    match (inputs.num(), outputs.num()) {
        (Some(inputs), Some(outputs)) => groups(cx, inputs, outputs),
        (Some(n), None) | (None, Some(n)) => groups(cx, n, n),
        (None, None) => cx.number("groups", 1),
    }
}

/// The argument `groups` of a product, with the channels and the filters of each group.
pub(crate) fn channels_of_groups(cx: &mut Build<'_>, inputs: &Size, outputs: &Size) -> Option<(usize, [Size; 2])> {
    let groups = groups_of(cx, inputs, outputs)?;
    match (groups, inputs.num(), outputs.num()) {
        (1, ..) => Some((1, [inputs.clone(), outputs.clone()])),
        (_, Some(inputs), Some(outputs)) => Some((groups, [inputs / groups, outputs / groups].map(Size::Num))),
        _ => {
            let line = cx.input_line(0);
            cx.fail(cx.arg_span("groups"), format_args!("not yet: groups of channels that are a type{line}"))
        }
    }
}

/// Channels as a number of a geometry: with the check that these groups divide them where they are a type.
pub(crate) fn grouped(channels: &Size, groups: &Size, label: &str) -> TokenStream {
    let value = channels.value();
    match groups.num() {
        Some(groups @ 2..) if channels.num().is_none() => {
            let groups = crate::layers::support::tokens::number(groups);
            quote!(__f::grouped(#value, #groups, #label))
        }
        _ => value,
    }
}

/// The argument `groups`, which must divide both channel counts.
pub(crate) fn groups(cx: &mut Build<'_>, inputs: usize, outputs: usize) -> Option<usize> {
    let groups = cx.number("groups", 1)?;
    for (channels, what) in [(inputs, "input"), (outputs, "output")] {
        if !channels.is_multiple_of(groups) {
            let text = format!(
                "groups = {groups} does not divide its {channels} {what} channels{}\n  help: groups may be {}",
                cx.input_line(0),
                common_divisors(inputs, outputs)
            );
            return cx.fail(cx.arg_span("groups"), text);
        }
    }
    Some(groups)
}

/// `1, 2, 4`: the largest eight.
fn common_divisors(a: usize, b: usize) -> String {
    let (mut gcd, mut rest) = (a, b);
    while rest > 0 {
        (gcd, rest) = (rest, gcd % rest);
    }
    let small: Vec<usize> = (1..=gcd.isqrt()).filter(|n| gcd.is_multiple_of(*n)).collect();
    let large = small.iter().rev().filter(|n| **n * **n != gcd).map(|n| gcd / n);
    let all: Vec<usize> = small.iter().copied().chain(large).collect();
    let most: Vec<String> = all[all.len().saturating_sub(8)..].iter().map(ToString::to_string).collect();
    most.join(", ")
}
