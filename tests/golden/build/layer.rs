//! Layers as declarations.

use crate::common::{Written, float, list};
use crate::file::Golden;
use fireclay_ir::activation::ALL;

/// A layer, and what goes in and out of it, one sample.
struct Declaration {
    input: Vec<usize>,
    stage: String,
    output: Vec<usize>,
    train: bool,
}

pub fn test(name: &str, file: &Golden) -> Written {
    let whole = |declaration: String, check: &str| {
        format!(
            "mod {name} {{\n    use fireclay::prelude::*;\n    network! {{ {declaration} }}\n    #[test]\n    fn {name}() {{\n        \
             fireclay_golden::{check}({});\n    }}\n}}\n\n",
            file.literal()
        )
    };
    if let Some(written) = over_time(file) {
        return Some(written.map(|declaration| whole(declaration, "recurrent::check::<Net>")));
    }
    if ["roi_pool", "roi_align"].contains(&file.op.as_str()) {
        return Some(regions(file).map(|declaration| whole(declaration, "several::regions::<Net>")));
    }
    if file.op == "max_unpool2d" {
        return Some(unpool(file).map(|declaration| whole(declaration, "several::unpool::<Net>")));
    }
    let layer = file.word("layer", &file.op);
    let check = if layer.starts_with("conv") && layer.ends_with("1d") { "check_over_time" } else { "check" };
    Some(declaration(file)?.map(|declaration| {
        let Declaration { input, stage, output, train } = declaration;
        let mode = if train { "Mode::Train" } else { "Mode::Eval" };
        let block = if stage == "Gram" { "block Gram(x) { matmul(x, x -> Permute(1, 0)) } " } else { "" };
        format!(
            "mod {name} {{\n    use fireclay::prelude::*;\n    network! {{ {block}pub Net(x: {}) -> {} {{ x -> m: {stage} }} }}\n    #[test]\n    \
             fn {name}() {{\n        fireclay_golden::layer::{check}::<Net, _, _>({}, {mode});\n    }}\n}}\n\n",
            list(&input),
            list(&output),
            file.literal(),
        )
    }))
}

/// Layers over indices and over time: a whole declaration.
fn over_time(file: &Golden) -> Option<Result<String, String>> {
    let (input, output) = (file.dims("input"), file.dims("output"));
    Some(match file.op.as_str() {
        "embedding" => {
            let (Some([bound, features]), Some((features_out, _))) = (file.dims("weight").first_chunk(), output.split_last())
            else {
                return Some(Err("no weight of [indices, features]".to_owned()));
            };
            assert_eq!(features, features_out);
            let padding = file.whole("padding_idx").map_or_else(String::new, |index| format!(", padding_index = {index}"));
            let len: usize = input.get(1..).unwrap_or_default().iter().product();
            let stage = format!("m: Embedding({features}{padding})");
            Ok(format!("pub Net(x: [0..{bound}; {len}]) -> [{len}, {features}] {{ x -> {stage} }}"))
        }
        "lstm" | "gru" | "rnn_tanh" | "rnn_relu" => {
            let (Some([a, b, features]), Some([_, _, width])) = (input.first_chunk(), output.first_chunk()) else {
                return Some(Err("sequences without a batch are not known to Fireclay yet".to_owned()));
            };
            let time = if file.flag("batch_first", true) { b } else { a };
            let (layers, bidirectional) = (file.whole("layers").unwrap_or(1), file.flag("bidirectional", false));
            let directions = 1 + usize::from(bidirectional);
            let hidden = width / directions;
            let rows = layers * directions;
            let bias = file.flag("bias", true);
            let (layer, more, states) = match file.op.as_str() {
                "lstm" => ("Lstm", "", &["h", "c"][..]),
                "gru" => ("Gru", "", &["h"][..]),
                "rnn_tanh" => ("Rnn", ", nonlinearity = tanh", &["h"][..]),
                _ => ("Rnn", ", nonlinearity = relu", &["h"][..]),
            };
            let each = |write: fn(&str) -> String| states.iter().map(|state| write(state)).collect::<Vec<_>>().join(", ");
            let shaped = |end: &str| states.iter().map(|s| format!(", {s}{end}: [{rows}, {hidden}]")).collect::<String>();
            // The states are one value: a tuple where there are two.
            let one = |states: String| if states.contains(',') { format!("({states})") } else { states };
            let (named, after) = (one(each(|state| state.to_owned())), each(|state| format!("{state}n")));
            let (mut inputs, mut from) =
                if file.get("h0").is_some() { (shaped(""), vec!["x", &named]) } else { (String::new(), vec!["x"]) };
            if file.get("lengths").is_some() {
                inputs += &format!(", n: [0..{}]", time + 1);
                from.push("n");
            }
            let from = one(from.join(", "));
            let stage = format!(
                "m: {layer}({hidden}, layers = {layers}, bidirectional = {bidirectional}, bias = {bias}, state = out{more})"
            );
            Ok(format!(
                "pub Net(x: [{time}, {features}]{inputs}) -> (y: [{time}, {width}]{}) {{ let (y, {}) = {from} -> {stage}; (y, {after}) }}",
                shaped("n"),
                one(after.clone()),
            ))
        }
        _ => return None,
    })
}

/// A layer over a value and indices: a whole declaration.
fn unpool(file: &Golden) -> Result<String, String> {
    let (input, output) = (spatial(file.dims("input"))?, spatial(file.dims("output"))?);
    let (bound, len): (usize, usize) = (output[1..].iter().product(), input.iter().product());
    let size = format!("({}, {})", output[1], output[2]);
    let (input, output) = (list(&input), list(&output));
    Ok(format!("pub Net(x: {input}, at: [0..{bound}; {len}]) -> {output} {{ (x, at) -> m: MaxUnpool(size = {size}) }}"))
}

/// A layer over a map and regions: a whole declaration.
fn regions(file: &Golden) -> Result<String, String> {
    let ([_, input @ ..], [_, rois @ ..], [_, output @ ..]) = (file.dims("input"), file.dims("rois"), file.dims("output")) else {
        return Err("no batch".to_owned());
    };
    let (Some(size), scale) = (file.pair("output_size"), float(file.number("spatial_scale", 1.0))) else {
        return Err("no output_size".to_owned());
    };
    let stage = if file.op == "roi_pool" {
        format!("RoiPool({size}, scale = {scale})")
    } else {
        let (ratio, aligned) = (file.number("sampling_ratio", -1.0).max(0.0), file.flag("aligned", false));
        format!("RoiAlign({size}, scale = {scale}, sampling_ratio = {ratio}, aligned = {aligned})")
    };
    Ok(format!("pub Net(x: {}, rois: {}) -> {} {{ (x, rois) -> m: {stage} }}", list(input), list(rois), list(output)))
}

/// The layer whose weight is normalized, with a weight in place of what that is made of.
fn normalized(file: &Golden) -> Option<Golden> {
    let weight = file.get("weight.original").or_else(|| file.get("weight.v"))?;
    let mut layer = file.clone();
    layer.op = file.word("layer", "").to_owned();
    layer.tensors.insert("weight".to_owned(), weight.clone());
    Some(layer)
}

fn declaration(file: &Golden) -> Option<Result<Declaration, String>> {
    if let ("weight_norm" | "spectral_norm", Some(layer)) = (file.op.as_str(), normalized(file)) {
        return Some(declaration(&layer)?.map(|layer| {
            let arguments = layer.stage.strip_suffix(')').unwrap_or(&layer.stage);
            Declaration { stage: format!("{arguments}, weight = {})", file.op), train: file.flag("train", false), ..layer }
        }));
    }
    let input = file.dims("input");
    let output = file.dims("output");
    let plain = |stage: &str| Ok(Declaration { input: any(input), stage: stage.to_owned(), output: any(output), train: false });
    let image = |stage: String| Ok(Declaration { input: spatial(input)?, stage, output: spatial(output)?, train: false });
    let window = |file: &Golden| {
        format!(
            "{}{}{}",
            file.argument("stride", "stride"),
            file.argument("padding", "pad"),
            file.argument("dilation", "dilation")
        )
    };
    let kernel = file.pair("kernel").or_else(|| file.pair("kernel_size"));
    let bias = file.get("bias").is_some();
    Some(match file.op.as_str() {
        "linear" => {
            let features = |dims: &[usize]| match dims {
                [features] | [_, features] => vec![*features],
                [_, rest @ .., features] => vec![rest.iter().product(), *features],
                [] => vec![1],
            };
            let stage = format!("Dense({}, bias = {bias})", output.last().unwrap_or(&0));
            Ok(Declaration { input: features(input), stage, output: features(output), train: false })
        }
        "conv2d" | "depthwise_conv2d" | "conv_transpose2d" | "max_pool2d" | "avg_pool2d" if kernel.is_none() => {
            Err("no kernel".to_owned())
        }
        "conv2d" => {
            let filters = file.dims("weight").first().copied().unwrap_or(0);
            let groups = file.argument("groups", "groups");
            let mode = file.word("padding_mode", "zeros");
            image(format!("Conv({filters}, {}{}{groups}, bias = {bias}, pad_mode = {mode})", kernel?, window(file)))
        }
        "masked_conv2d" => {
            let filters = file.dims("weight").first().copied().unwrap_or(0);
            let (mask, colors) = (file.word("mask", "B"), file.whole("colors").unwrap_or(1));
            let more = format!("pad = same, mask = {mask}, colors = {colors}, bias = {bias}");
            image(format!("Conv({filters}, {}, {more})", kernel?))
        }
        "separable_conv2d" => {
            let filters = file.dims("pointwise.weight").first().copied().unwrap_or(0);
            let multiplier = file.whole("multiplier").unwrap_or(1);
            image(format!("SeparableConv({filters}, {}, multiplier = {multiplier}{})", kernel?, window(file)))
        }
        "pad" => {
            let sides: Vec<&serde_json::Value> = file.config["pad"].as_array().into_iter().flatten().collect();
            let &[left, right, top, bottom] = sides.as_slice() else { return Some(Err("no four sides".to_owned())) };
            let mode = match file.word("mode", "constant") {
                "constant" => format!("value = {}", float(file.number("value", 0.0))),
                mode => format!("mode = {mode}"),
            };
            image(format!("Pad((({top}, {bottom}), ({left}, {right})), {mode})"))
        }
        "conv1d" | "conv_transpose1d" => {
            let groups = file.whole("groups").unwrap_or(1);
            let dims = file.dims("weight");
            let [first, second, kernel] = [0, 1, 2].map(|i| dims.get(i).copied().unwrap_or(0));
            let (layer, channels) = if file.op == "conv1d" { ("Conv1d", first) } else { ("ConvTranspose1d", second * groups) };
            let mode = match file.word("padding_mode", "zeros") {
                "zeros" => String::new(),
                mode => format!(", pad_mode = {mode}"),
            };
            let more = format!("{}, groups = {groups}{mode}", file.argument("output_padding", "output_pad"));
            let stage = format!("{layer}({channels}, {kernel}{}{more}, bias = {bias})", window(file));
            over_steps(input).and_then(|input| Ok(Declaration { input, stage, output: over_steps(output)?, train: false }))
        }
        "depthwise_conv2d" => {
            let (filters, channels) =
                (file.dims("weight").first().copied().unwrap_or(0), spatial(input).map_or(1, |dims| dims[0]));
            image(format!("DepthwiseConv({}, multiplier = {}{}, bias = {bias})", kernel?, filters / channels, window(file)))
        }
        "conv_transpose2d" => {
            let groups = file.whole("groups").unwrap_or(1);
            let filters = file.dims("weight").get(1).copied().unwrap_or(0) * groups;
            let more = format!("{}, groups = {groups}", file.argument("output_padding", "output_pad"));
            image(format!("ConvTranspose({filters}, {}{}{more}, bias = {bias})", kernel?, window(file)))
        }
        "max_pool2d" => image(format!("MaxPool({}{}, ceil = {})", kernel?, window(file), file.flag("ceil_mode", false))),
        "max_pool1d" | "avg_pool1d" => {
            let (padding, dilation) = (file.argument("padding", "pad"), file.argument("dilation", "dilation"));
            let (Some(kernel), ceil) = (file.whole("kernel"), file.flag("ceil_mode", false)) else {
                return Some(Err("no kernel".to_owned()));
            };
            let window = format!("{kernel}{}{padding}{dilation}, ceil = {ceil}", file.argument("stride", "stride"));
            let count_pad = file.flag("count_include_pad", true);
            plain(&if file.op == "max_pool1d" {
                format!("MaxPool1d({window})")
            } else {
                format!("AvgPool1d({window}, count_pad = {count_pad})")
            })
        }
        "avg_pool2d" if file.has("divisor_override") => Err("another divisor is not known to Fireclay yet".to_owned()),
        "avg_pool2d" => {
            let (ceil, count_pad) = (file.flag("ceil_mode", false), file.flag("count_include_pad", true));
            image(format!("AvgPool({}{}, ceil = {ceil}, count_pad = {count_pad})", kernel?, window(file)))
        }
        "global_avg_pool2d" => spatial(input).map(|input| {
            let output = vec![input[0]];
            Declaration { input, stage: "GlobalAvgPool".to_owned(), output, train: false }
        }),
        "adaptive_avg_pool2d" | "adaptive_max_pool2d" => match file.pair("output_size") {
            Some(size) => {
                let takes = if file.op.contains("avg") { "Avg" } else { "Max" };
                image(format!("Adaptive{takes}Pool({size})"))
            }
            None => Err("no output_size".to_owned()),
        },
        "upsample_nearest2d" | "upsample_bilinear2d" => match file.pair("size") {
            Some(_) if file.flag("antialias", false) => Err("antialiasing is not known to Fireclay yet".to_owned()),
            Some(size) => {
                let mode = if file.op.contains("nearest") { "nearest" } else { "bilinear" };
                let align = file.flag("align_corners", false);
                image(format!("Upsample(size = {size}, mode = {mode}, align_corners = {align})"))
            }
            None => Err("no size".to_owned()),
        },
        "batch_norm" if file.get("running_mean").is_none() => {
            Err("batch norm without running statistics is not known to Fireclay yet".to_owned())
        }
        "batch_norm" if file.config["momentum"].is_null() && file.config.get("momentum").is_some() => {
            Err("a cumulative mean is not known to Fireclay yet".to_owned())
        }
        "batch_norm" => {
            let dims = match input {
                [_, channels] => vec![*channels],
                [_, channels, length] => vec![*channels, 1, *length],
                [_, channels, height, rest @ ..] => vec![*channels, *height, rest.iter().product()],
                _ => return Some(Err("no batch of channels".to_owned())),
            };
            let (eps, momentum) = (float(file.number("eps", 1e-5)), float(file.number("momentum", 0.1)));
            let stage = format!("BatchNorm(affine = {}, eps = {eps}, momentum = {momentum})", file.get("weight").is_some());
            Ok(Declaration { input: dims.clone(), stage, output: dims, train: file.flag("train", true) })
        }
        "group_norm" => {
            let (Some(groups), eps) = (file.whole("groups"), float(file.number("eps", 1e-5))) else {
                return Some(Err("no groups".to_owned()));
            };
            per_channel(file, input, format!("GroupNorm({groups}, affine = {}, eps = {eps})", file.get("weight").is_some()))
        }
        "instance_norm" => {
            let eps = float(file.number("eps", 1e-5));
            per_channel(file, input, format!("InstanceNorm(affine = {}, eps = {eps})", file.get("weight").is_some()))
        }
        "layer_norm" => along(file, input, "LayerNorm", 1e-5),
        "rms_norm" => along(file, input, "RmsNorm", f32::EPSILON.into()),
        "l2_norm" => plain(&format!("L2Norm(eps = {})", float(file.number("eps", 1e-12)))),
        "local_response_norm" => {
            let number = |name, default| float(file.number(name, default));
            let (alpha, beta, k) = (number("alpha", 1e-4), number("beta", 0.75), number("k", 1.0));
            plain(&format!("Lrn({}, alpha = {alpha}, beta = {beta}, k = {k})", file.whole("size")?))
        }
        "maxout" => plain(&format!("Maxout({})", file.whole("k")?)),
        "dropout" if file.flag("train", false) => Err("what PyTorch drops is PyTorch's secret".to_owned()),
        "dropout" => plain(&format!("Dropout({})", float(file.number("p", 0.5)))),
        "fake_quantize" => {
            let arguments = format!("(scale = {}, zero_point = {})", float(file.number("scale", 1.0)), file.config["zero_point"]);
            plain(&format!("Quantize{arguments} -> Dequantize{arguments}"))
        }
        "softmax" => over_axis(file, input, output, "Softmax"),
        "softmin" => over_axis(file, input, output, "Softmin"),
        "log_softmax" => over_axis(file, input, output, "LogSoftmax"),
        "glu" => over_axis(file, input, output, "Glu"),
        "attention" => {
            let (Some(heads), causal) = (file.whole("heads"), file.flag("causal", false)) else {
                return Some(Err("no heads".to_owned()));
            };
            plain(&format!("Attention(heads = {heads}, causal = {causal})"))
        }
        "pow" => plain(&format!("Pow({})", file.config["exponent"])),
        "amax" | "mean" => {
            let name = if file.op == "amax" { "max" } else { "mean" };
            let axes = file.config["dim"].as_array().into_iter().flatten().filter_map(|dim| dim.as_u64()?.checked_sub(1));
            let axes = axes.map(|axis| axis.to_string()).collect::<Vec<_>>().join(", ");
            plain(&format!("{name}(axis = [{axes}])"))
        }
        // The product of a value with its transpose.
        "gram" => plain("Gram"),
        "prelu" => plain(&format!("PRelu({})", file.dims("weight") != [1])),
        op => plain(&activation(op, file)?),
    })
}

/// An activation, which is called alike there, with the arguments that the file tells; PyTorch's `negative_slope` is `slope`.
fn activation(op: &str, file: &Golden) -> Option<String> {
    let name = op.replace('_', "");
    let declared = ALL.iter().find(|declared| declared.name.eq_ignore_ascii_case(&name))?;
    let arguments = declared.arguments.iter().filter_map(|argument| {
        let value = file.config.get(argument.name).or_else(|| file.config.get(format!("negative_{}", argument.name)))?;
        Some(format!("{} = {}", argument.name, value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)))
    });
    Some(format!("{}({})", declared.name, arguments.collect::<Vec<_>>().join(", ")))
}

/// A sample of any shape: what does not fit three axes becomes one.
fn any(dims: &[usize]) -> Vec<usize> {
    match dims {
        [] => vec![1],
        [_] => dims.to_vec(),
        [_, sample @ ..] if sample.len() <= 3 => sample.to_vec(),
        [_, sample @ ..] => vec![sample.iter().product()],
    }
}

/// A sample that is an image, of a batch or alone.
fn spatial(dims: &[usize]) -> Result<Vec<usize>, String> {
    match dims {
        [_, image @ ..] if image.len() == 3 => Ok(image.to_vec()),
        image if image.len() == 3 => Ok(image.to_vec()),
        _ => Err(format!("{dims:?} is not a batch of images")),
    }
}

/// The names of the axes of a sample with so many sizes.
fn axes(rank: usize) -> &'static [&'static str] {
    match rank {
        1 => &["features"],
        2 => &["time", "features"],
        _ => &["channels", "height", "width"],
    }
}

/// A norm by the channels, which are the second axis: of a sequence without time and features turned around, an image of one row.
fn per_channel(file: &Golden, input: &[usize], stage: String) -> Result<Declaration, String> {
    let sample = match input {
        [_, channels, length] if !file.flag("sequence", false) => vec![*channels, 1, *length],
        _ => any(input),
    };
    Ok(Declaration { input: sample.clone(), stage, output: sample, train: false })
}

/// A norm over the last axes of a sample: they are named where there are others before them.
fn along(file: &Golden, input: &[usize], layer: &str, eps: f64) -> Result<Declaration, String> {
    let sample = any(input);
    let count = file.config["normalized_shape"].as_array().map_or(1, Vec::len);
    let over = axes(sample.len()).get(sample.len() - count.min(sample.len())..).unwrap_or_default();
    let axis = if over.len() == sample.len() { String::new() } else { format!("axis = ({}), ", over.join(", ")) };
    let (affine, eps) = (file.get("weight").is_some(), float(file.number("eps", eps)));
    let stage = format!("{layer}({axis}affine = {affine}, eps = {eps})");
    Ok(Declaration { input: sample.clone(), stage, output: sample, train: false })
}

/// A layer over any axis of a sample, which is named unless it is that of the channels, or the last one where there are none.
fn over_axis(file: &Golden, input: &[usize], output: &[usize], layer: &str) -> Result<Declaration, String> {
    let rank = i64::try_from(input.len()).map_err(|error| error.to_string())?;
    let dim = file.config["dim"].as_i64().unwrap_or(-1);
    let axis = usize::try_from(if dim < 0 { dim + rank } else { dim }).ok().and_then(|axis| axis.checked_sub(1));
    let (sample, output) = (any(input), any(output));
    let Some(name) = axis.and_then(|axis| axes(sample.len()).get(axis)).filter(|_| sample.len() + 1 == input.len()) else {
        return Err(format!("no axis {dim} of {input:?}"));
    };
    let stage = if matches!(*name, "features" | "channels") { layer.to_owned() } else { format!("{layer}(axis = {name})") };
    Ok(Declaration { input: sample, stage, output, train: false })
}

/// A sample `[channels, length]` of a batch, as `[time, features]`.
fn over_steps(dims: &[usize]) -> Result<Vec<usize>, String> {
    match *dims {
        [_, channels, length] => Ok(vec![length, channels]),
        _ => Err(format!("{dims:?} is not a batch of sequences")),
    }
}
