//! The argument `groups`.

use crate::layers::Build;

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
