//! What was chosen, in words: `Net::INFO` and `docs/selection.md` are made of it.

use super::{Algorithm, Choice, conv, dense};
use crate::graph::{Graph, Linear, Op};
use crate::passes::plan::chw16c::{Chw16cPlan, Chw16cStep, Pooling, Run};
use crate::passes::plan::infer::InferPlan;
use fireclay_ir::geometry::Conv;

/// The choices for training, the phase that each is for before it: `("training", "Winograd, 35 % of direct sums")`. Empty where nothing was to be
/// chosen.
#[must_use]
pub fn training(op: &dyn Op) -> Vec<(&'static str, String)> {
    let choices = match op.linear() {
        Some(Linear::Conv { g, exact, .. }) => both(&g, exact, conv::training_by_sample(&g, exact)),
        Some(Linear::ConvTranspose { g, exact }) => both(&g, exact, conv::transposed_by_sample(&g)),
        Some(Linear::Dense { rows, .. }) => vec![("weight gradient", dense::weight_gradient(rows.num()))],
        Some(Linear::Conv1d { .. } | Linear::PerChannel { .. }) | None => Vec::new(),
    };
    choices.into_iter().filter_map(|(phase, choice)| Some((phase, words(&choice?)))).collect()
}

/// Of a convolution, sixteen samples side by side and one at a time.
fn both(g: &Conv, exact: bool, by_sample: Option<Choice>) -> Vec<(&'static str, Option<Choice>)> {
    let (sums, weight) = (Some(conv::training(g, exact)), Some(conv::weight_gradient(g, exact)));
    vec![("training", sums), ("weight gradient", weight), ("training by sample", by_sample)]
}

/// How each node runs over one sample: the algorithm, the layouts that it reads and writes, its epilogue. Empty where nothing was to be chosen.
#[must_use]
pub fn one_sample(graph: &Graph, folded: &InferPlan, plan: &Chw16cPlan) -> Vec<String> {
    let mut of_nodes = vec![String::new(); graph.nodes.len()];
    for step in &plan.steps {
        let node = folded.nodes[step.at].node;
        let (algorithm, relu) = match &step.run {
            Run::Product { choice, relu, .. } => (words(choice), *relu),
            Run::Chw => {
                let Some(Linear::Conv { g, .. }) = graph.nodes[node].op.linear() else { continue };
                let choice = conv::packed(&g);
                (choice.map_or_else(|| "direct, the weights as they are".to_owned(), |choice| words(&choice)), false)
            }
            _ => continue,
        };
        let [from, to] = [&step.reads, &step.writes].map(|keys| plan.values[keys[0]].layout);
        of_nodes[node] = format!("{algorithm}, {from} to {to}{}", epilogue(step, relu));
    }
    of_nodes
}

/// ` + residual + ReLU + 2×2 max pool`
fn epilogue(step: &Chw16cStep, relu: bool) -> String {
    let parts =
        [(step.reads.len() > 1, " + residual"), (relu, " + ReLU"), (matches!(step.pooling, Pooling::Does), " + 2×2 max pool")];
    parts.into_iter().filter_map(|(done, name)| done.then_some(name)).collect()
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
    use super::super::{Choice, conv, conv_transpose};
    use super::{training, words};
    use crate::graph::{Linear, Op};
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

    /// What would be chosen for one sample, from either layout: what is taken depends on the layers around it.
    fn one_sample(op: &dyn Op) -> Vec<(&'static str, String)> {
        let [from_chw16c, from_chw]: [Option<Choice>; 2] = match op.linear() {
            Some(Linear::Conv { g, exact, .. }) => [conv::from_chw16c(&g, exact), conv::from_chw(&g, exact)],
            Some(Linear::ConvTranspose { g, .. }) => [conv_transpose::from_chw16c(&g), conv_transpose::from_chw(&g)],
            _ => [None, None],
        };
        let choices = [("one sample", from_chw16c), ("one sample from chw", from_chw)];
        choices.into_iter().filter_map(|(phase, choice)| Some((phase, words(&choice?)))).collect()
    }

    /// `docs/selection.md` has the table; `UPDATE_SNAPSHOTS=1` renews it.
    #[test]
    fn the_page_is_current() {
        let mut table = "| layer | phase | algorithm, and why |\n|---|---|---|\n".to_owned();
        for (input, layer, place) in EXAMPLES {
            let built = Case::new(layer, &[input]).built();
            let [channels, height, width] = input else { panic!("an image") };
            let mut first = format!("{place}: `{layer}` on `[{channels}, {height}, {width}]`");
            for (phase, words) in training(&*built.op).into_iter().chain(one_sample(&*built.op)) {
                writeln!(table, "| {first} | {phase} | {words} |").expect("a string");
                first.clear();
            }
        }
        let (begin, end) = ("<!-- choices: made of macros/compiler/src/passes/select -->\n", "<!-- end of choices -->\n");
        crate::layers::page::current("selection.md", begin, end, &table);
    }
}
