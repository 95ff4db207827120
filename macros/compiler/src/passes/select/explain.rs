//! Which algorithm runs a layer, and why, in words: `docs/selection.md` is made of it.

use super::{Algorithm, Choice, conv, conv_transpose};
use crate::graph::{Linear, Op};

/// A choice in words, the phase that it is for before it: `training: Winograd, 35 % of direct sums`. Empty where nothing was to be chosen.
#[must_use]
pub fn explain(op: &dyn Op) -> Vec<(&'static str, String)> {
    let one = |phase, choice: Option<Choice>| choice.map(|choice| (phase, words(&choice)));
    let choices = match op.linear() {
        Some(Linear::Conv { g, exact }) => vec![
            one("training", Some(conv::training(&g, exact))),
            one("weight gradient", Some(conv::weight_gradient(&g, exact))),
            one("one sample", conv::from_chw16c(&g, exact)),
            one("one sample from chw", conv::from_chw(&g, exact)),
        ],
        Some(Linear::ConvTranspose { g, exact }) => vec![
            one("training", Some(conv::training(&g, exact))),
            one("weight gradient", Some(conv::weight_gradient(&g, exact))),
            one("one sample", conv_transpose::from_chw16c(&g)),
            one("one sample from chw", conv_transpose::from_chw(&g)),
        ],
        // There is one algorithm.
        Some(Linear::Dense { .. } | Linear::PerChannel { .. }) | None => Vec::new(),
    };
    choices.into_iter().flatten().collect()
}

/// `Winograd, 35 % of direct sums`; where a cheaper algorithm could not be taken, the reason stands behind it.
fn words(choice: &Choice) -> String {
    let Choice { algorithm, price, candidates } = choice;
    let refused: Vec<String> = candidates
        .iter()
        .filter(|candidate| !matches!(candidate.algorithm, Algorithm::Direct | Algorithm::Depthwise))
        .filter_map(|candidate| Some(format!("no {}: {}", candidate.algorithm, candidate.price.err()?)))
        .collect();
    let mut text = format!("{algorithm}, {price} of direct sums");
    if *algorithm == Algorithm::Direct && !refused.is_empty() {
        text += &format!(" ({})", refused.join("; "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::explain;
    use crate::layers::tests::Case;
    use std::fmt::Write;

    /// Convolutions of well-known networks: what they read, the layer, where they stand.
    const EXAMPLES: &[(&[usize], &str, &str)] = &[
        (&[1, 28, 28], "Conv(6, 5, pad = 2)", "LeNet-5, conv1"),
        (&[6, 14, 14], "Conv(16, 5)", "LeNet-5, conv2"),
        (&[3, 224, 224], "Conv(64, 7, stride = 2, pad = 3)", "ResNet, stem"),
        (&[64, 56, 56], "Conv(64, 3, pad = 1)", "ResNet, stage 1"),
        (&[512, 7, 7], "Conv(512, 3, pad = 1)", "ResNet, stage 4"),
        (&[64, 56, 56], "Conv(128, 3, stride = 2, pad = 1)", "ResNet, first of stage 2"),
        (&[64, 56, 56], "Conv(256, 1)", "ResNet-50, expansion"),
        (&[32, 112, 112], "DepthwiseConv(3, pad = 1)", "MobileNet, depthwise"),
        (&[192, 28, 28], "Conv(96, 5, pad = 2)", "Inception, 5×5"),
        (&[8, 16, 16], "Conv(16, 3, pad = 1, groups = 4)", "groups of few channels"),
        (&[512, 4, 4], "ConvTranspose(256, 4, stride = 2, pad = 1)", "DCGAN, generator"),
        (&[128, 32, 32], "ConvTranspose(3, 4, stride = 2, pad = 1)", "DCGAN, image"),
        (&[3, 64, 64], "Conv(64, 4, stride = 2, pad = 1)", "DCGAN, discriminator"),
    ];

    /// `docs/selection.md` has the table; `UPDATE_SNAPSHOTS=1` renews it.
    #[test]
    fn the_page_is_current() {
        let mut table = "| layer | phase | algorithm, and why |\n|---|---|---|\n".to_owned();
        for (input, layer, place) in EXAMPLES {
            let built = Case::new(layer, &[input]).built();
            let [channels, height, width] = input else { panic!("an image") };
            let mut first = format!("{place}: `{layer}` on `[{channels}, {height}, {width}]`");
            for (phase, words) in explain(&*built.op) {
                writeln!(table, "| {first} | {phase} | {words} |").expect("a string");
                first.clear();
            }
        }
        let (begin, end) = ("<!-- choices: made of macros/compiler/src/passes/select -->\n", "<!-- end of choices -->\n");
        crate::layers::page::current("selection.md", begin, end, &table);
    }
}
