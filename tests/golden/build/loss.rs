//! Losses as calls.

use crate::common::{Written, float};
use crate::file::Golden;

pub fn test(name: &str, file: &Golden) -> Written {
    let call = match file.op.as_str() {
        "l1_loss" => numbers(file, "L1".to_owned()),
        "mse_loss" => numbers(file, "Mse".to_owned()),
        "huber_loss" => numbers(file, format!("Huber.delta({})", float(file.number("delta", 1.0)))),
        "smooth_l1_loss" => numbers(file, format!("SmoothL1.beta({})", float(file.number("beta", 1.0)))),
        "hinge_embedding_loss" => numbers(file, format!("HingeEmbedding.margin({})", float(file.number("margin", 1.0)))),
        "hinge_loss" => numbers(file, "Hinge".to_owned()),
        "bce" | "bce_with_logits" if file.get("weight").is_some() => {
            Err("weights of single numbers are not known to Fireclay yet".to_owned())
        }
        "bce" => numbers(file, "Bce".to_owned()),
        "bce_with_logits" => match file.get("pos_weight") {
            Some(_) => numbers(file, "BceWithLogits.pos_weight(stretched(file, \"pos_weight\"))".to_owned()),
            None => numbers(file, "BceWithLogits".to_owned()),
        },
        "sigmoid_focal_loss" => {
            let (alpha, gamma) = (float(file.number("alpha", 0.25)), float(file.number("gamma", 2.0)));
            numbers(file, format!("Focal.alpha({alpha}).gamma({gamma})"))
        }
        "kl_div" => {
            let log_target = if file.flag("log_target", false) { ".log_target()" } else { "" };
            numbers(file, format!("KlDiv{log_target}"))
        }
        "multi_margin_loss" => {
            let squared = match file.number("p", 1.0) {
                2.0 => ".squared()",
                _ => "",
            };
            classes(file, format!("MultiMargin.margin({}){squared}{}", float(file.number("margin", 1.0)), weights(file)))
        }
        "svm_hinge" => classes(file, format!("SvmHinge.margin({})", float(file.number("margin", 1.0)))),
        "nll_loss" => classes(file, format!("Nll{}", weights(file))),
        "cross_entropy" => {
            let smoothing = float(file.number("label_smoothing", 0.0));
            let loss = format!("CrossEntropy.smoothing({smoothing}){}", weights(file));
            if file.word("target", "classes") == "probabilities" { scores(file, loss) } else { classes(file, loss) }
        }
        "epsilon_insensitive" => numbers(file, format!("EpsilonInsensitive.epsilon({})", float(file.number("epsilon", 0.1)))),
        "multilabel_soft_margin_loss" => numbers(file, format!("MultiLabelSoftMargin{}", weights(file))),
        "poisson_nll_loss" => {
            let full = if file.flag("full", false) { ".full()" } else { "" };
            numbers(file, format!("PoissonNll.log_input({}){full}", file.flag("log_input", true)))
        }
        "softmax_focal" => classes(file, format!("SoftmaxFocal.gamma({}){}", float(file.number("gamma", 2.0)), weights(file))),
        "dice" => {
            let squared = if file.flag("squared", false) { ".squared()" } else { "" };
            let loss = format!("Dice.smooth({}){squared}", float(file.number("smooth", 1.0)));
            if file.word("target", "classes") == "classes" { classes(file, loss) } else { numbers(file, loss) }
        }
        "gaussian_nll_loss" => {
            let full = if file.flag("full", false) { ".full()" } else { "" };
            let loss = format!("GaussianNll.eps({}){full}", float(file.number("eps", 1e-6)));
            several(file, &["input", "var"], Some("input"), &loss)
        }
        "triplet_margin_loss" => {
            let swap = if file.flag("swap", false) { ".swap()" } else { "" };
            let loss =
                format!("TripletMargin.margin({}).p({}){swap}", float(file.number("margin", 1.0)), float(file.number("p", 2.0)));
            several(file, &["anchor", "positive", "negative"], None, &loss)
        }
        "cosine_embedding_loss" => {
            let loss = format!("CosineEmbedding.margin({})", float(file.number("margin", 0.0)));
            several(file, &["input1", "input2"], Some("target"), &loss)
        }
        "ctc_loss" => ctc(file),
        _ => return None,
    };
    Some(call.map(|call| {
        format!(
            "#[test]\nfn {name}() {{\n    #[allow(unused_imports, reason = \"not every loss needs all\")]\n    use fireclay::{{loss::*, prelude::*}};\n    use fireclay_golden::loss::*;\n    \
             {call}\n}}\n\n"
        )
    }))
}

/// `.class_weights(…)`, where the file has weights.
fn weights(file: &Golden) -> &'static str {
    if file.get("weight").is_some() { ".class_weights(file.tensors[\"weight\"].f32())" } else { "" }
}

/// `.sum()` and so on; `None` where it is not reduced.
fn reduction(file: &Golden) -> Result<Option<&'static str>, String> {
    match file.word("reduction", "mean") {
        "mean" => Ok(Some(".mean()")),
        "sum" => Ok(Some(".sum()")),
        "batchmean" => Ok(Some(".batch_mean()")),
        "none" => Ok(None),
        other => Err(format!("reduction {other} is not known")),
    }
}

/// Uses `file` where the expression does.
fn closure(loss: &str) -> String {
    if loss.contains("file") { format!("|file| {loss}") } else { format!("|_| {loss}") }
}

/// Numbers against numbers: a sample is all that follows the first axis.
fn numbers(file: &Golden, loss: String) -> Result<String, String> {
    let path = file.literal();
    Ok(match reduction(file)? {
        None if loss.contains("stretched") => return Err("weights of positives without reduction".to_owned()),
        None => format!("each_number({path}, {});", closure(&format!("{loss}.sum()"))),
        Some(reduction) => {
            let len: usize = file.dims("input").iter().skip(1).product();
            format!("numbers::<shape![{len}], _>({path}, {});", closure(&format!("{loss}{reduction}")))
        }
    })
}

/// The sample of scores that PyTorch's classes stand in: `[classes]`, `[classes, 1, length]`, `[classes, height, width]`.
fn sample(dims: &[usize]) -> Vec<usize> {
    match dims {
        [classes] | [_, classes] => vec![*classes],
        [_, classes, length] => vec![*classes, 1, *length],
        [_, classes, height, rest @ ..] => vec![*classes, *height, rest.iter().product()],
        [] => vec![1],
    }
}

fn shape(dims: &[usize]) -> String {
    format!("shape!{dims:?}")
}

/// Scores against probabilities of the same shape.
fn scores(file: &Golden, loss: String) -> Result<String, String> {
    let Some(reduction) = reduction(file)? else { return Err("probabilities without reduction".to_owned()) };
    let shape = shape(&sample(file.dims("input")));
    Ok(format!("numbers::<{shape}, _>({}, {});", file.literal(), closure(&format!("{loss}{reduction}"))))
}

/// Scores against classes.
fn classes(file: &Golden, loss: String) -> Result<String, String> {
    let sample = sample(file.dims("input"));
    let (classes, positions) = (sample[0], sample[1..].iter().product::<usize>());
    let ignored = file.config["ignore_index"].as_i64();
    // A class of the scores can be passed over; anything else becomes a class beyond them.
    let (ignore, bound, beyond) = match ignored.map(usize::try_from) {
        None => (String::new(), classes, None),
        Some(Ok(class)) if class < classes => (format!(".ignore({class})"), classes, None),
        Some(_) if !loss.starts_with("CrossEntropy") => return Err("an ignored class beyond the scores".to_owned()),
        Some(_) => (".unlabeled()".to_owned(), classes + 1, ignored),
    };
    let (path, beyond) = (file.literal(), format!("{beyond:?}"));
    Ok(match reduction(file)? {
        None => format!("each_class::<{classes}, {bound}, _>({path}, {beyond}, {});", closure(&format!("{loss}.sum(){ignore}"))),
        Some(reduction) => {
            let loss = closure(&format!("{loss}{reduction}{ignore}"));
            format!("classes::<{}, {bound}, {positions}, _>({path}, {beyond}, {loss});", shape(&sample))
        }
    })
}

/// A loss of several outputs, against a target in the shape of one of the tensors, if there is any.
fn several(file: &Golden, outputs: &[&str], target: Option<&str>, loss: &str) -> Result<String, String> {
    let Some(reduction) = reduction(file)? else { return Err("several outputs without reduction".to_owned()) };
    let path = file.literal();
    let sample = |name: &&str| format!("shape![{}]", file.dims(name).iter().skip(1).product::<usize>());
    let shapes = outputs.iter().map(sample).collect::<Vec<_>>().join(", ");
    let call = match (outputs.len(), target) {
        (2, Some(target)) => format!("pair::<{shapes}, {}, _>({path}, {outputs:?}", sample(&target)),
        (3, None) => format!("triple::<{}, _>({path}, {outputs:?}", sample(&outputs[0])),
        _ => return Err(format!("{} outputs", outputs.len())),
    };
    Ok(format!("{call}, |_| {loss}{reduction});"))
}

/// Sequences of scores against shorter sequences of classes.
fn ctc(file: &Golden) -> Result<String, String> {
    let Some(reduction) = reduction(file)? else { return Err("sequences without reduction".to_owned()) };
    let [_, steps, classes] = *file.dims("input") else { return Err("sequences of scores have three axes".to_owned()) };
    let [_, most] = *file.dims("target") else { return Err("sequences of classes have two axes".to_owned()) };
    let zero = if file.flag("zero_infinity", false) { ".zero_infinity()" } else { "" };
    let loss = format!("Ctc.blank({}){zero}{reduction}", file.whole("blank").unwrap_or(0));
    Ok(format!("ctc::<{steps}, {classes}, {most}, {}>({}, |_| {loss});", steps + 1, file.literal()))
}
