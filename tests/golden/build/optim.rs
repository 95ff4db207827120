//! Optimizers, schedules and clipping as calls.

use crate::common::{Written, float};
use crate::file::Golden;

pub fn test(name: &str, file: &Golden) -> Written {
    Some(match file.op.as_str() {
        "optimizer" => optimizer(file).map(|algorithm| {
            let algorithm = algorithm + &groups(file);
            let (inputs, outputs) = match file.dims("W_step0") {
                [outputs, inputs] => (*inputs, *outputs),
                _ => (1, 1),
            };
            let bias = file.get("b_step0").is_some();
            format!(
                "mod {name} {{\n    use fireclay::optim::*;\n    use fireclay::prelude::*;\n    \
                 network! {{ pub Net(x: [{inputs}]) -> [{outputs}] {{ x -> m: Dense({outputs}, bias = {bias}) -> Tanh }} }}\n    #[test]\n    \
                 fn {name}() {{\n        fireclay_golden::optim::steps::<Net, _, _>({}, {algorithm});\n    }}\n}}\n\n",
                file.literal()
            )
        }),
        "lr_scheduler" => schedule(file).map(|(steps, schedule)| {
            let (path, base) = (file.literal(), float(file.number("base_lr", 0.1)));
            format!("#[test]\nfn {name}() {{\n    use fireclay::optim::*;\n    fireclay_golden::optim::rates({path}, {base}, {steps:?}, {schedule});\n}}\n\n")
        }),
        "clip_grad_norm" => {
            let norm = match file.number("norm_type", 2.0) {
                2.0 => "L2".to_owned(),
                1.0 => "L1".to_owned(),
                f64::INFINITY => "Max".to_owned(),
                p => format!("P({})", float(p)),
            };
            let (path, most) = (file.literal(), float(file.number("max_norm", 1.0)));
            Ok(format!("#[test]\nfn {name}() {{\n    fireclay_golden::optim::clip_by_norm({path}, {most}, fireclay::optim::Norm::{norm});\n}}\n\n"))
        }
        "clip_grad_value" => {
            let (path, most) = (file.literal(), float(file.number("clip_value", 1.0)));
            Ok(format!("#[test]\nfn {name}() {{\n    fireclay_golden::optim::clip_by_value({path}, {most});\n}}\n\n"))
        }
        _ => return None,
    })
}

fn optimizer(file: &Golden) -> Result<String, String> {
    let number = |key, default| float(file.number(key, default));
    if file.flag("maximize", false) {
        return Err("climbing is not known to Fireclay yet".to_owned());
    }
    let betas = |i: usize, default| file.config["betas"][i].as_f64().map_or_else(|| float(default), float);
    let (rate, decay) = (number("lr", 1e-3), number("weight_decay", 0.0));
    Ok(match file.word("class", "") {
        "SGD" => format!(
            "Sgd::new({rate}).momentum({}).dampening({}).nesterov({}).weight_decay({decay})",
            number("momentum", 0.0),
            number("dampening", 0.0),
            file.flag("nesterov", false)
        ),
        class @ ("Adam" | "AdamW") => {
            let class = if file.flag("decoupled_weight_decay", class == "AdamW") { "AdamW" } else { "Adam" };
            let (beta1, beta2, eps, amsgrad) = (betas(0, 0.9), betas(1, 0.999), number("eps", 1e-8), file.flag("amsgrad", false));
            let decay = number("weight_decay", if class == "AdamW" { 0.01 } else { 0.0 });
            format!("{class}::new({rate}).betas({beta1}, {beta2}).eps({eps}).amsgrad({amsgrad}).weight_decay({decay})")
        }
        "RMSprop" => format!(
            "RmsProp::new({rate}).alpha({}).eps({}).momentum({}).centered({}).weight_decay({decay})",
            number("alpha", 0.99),
            number("eps", 1e-8),
            number("momentum", 0.0),
            file.flag("centered", false)
        ),
        "Adagrad" => format!(
            "Adagrad::new({rate}).learning_rate_decay({}).eps({}).initial({}).weight_decay({decay})",
            number("lr_decay", 0.0),
            number("eps", 1e-10),
            number("initial_accumulator_value", 0.0)
        ),
        class @ ("NAdam" | "RAdam") => {
            let (beta1, beta2, eps) = (betas(0, 0.9), betas(1, 0.999), number("eps", 1e-8));
            let momentum = match class {
                "NAdam" => format!(".momentum_decay({})", number("momentum_decay", 4e-3)),
                _ => String::new(),
            };
            let decoupled = file.flag("decoupled_weight_decay", false);
            format!(
                "{class}::new({rate}).betas({beta1}, {beta2}).eps({eps}){momentum}.weight_decay({decay}).decoupled_weight_decay({decoupled})"
            )
        }
        "Lion" => format!("Lion::new({rate}).betas({}, {}).weight_decay({decay})", betas(0, 0.9), betas(1, 0.99)),
        "LAMB" => format!(
            "Lamb::new({rate}).betas({}, {}).eps({}).weight_decay({decay})",
            betas(0, 0.9),
            betas(1, 0.999),
            number("eps", 1e-6)
        ),
        class => return Err(format!("the optimizer {class} is not known to Fireclay yet")),
    })
}

/// Parameters that have something else than the rest.
fn groups(file: &Golden) -> String {
    let mut calls = String::new();
    for (short, long) in [("W", "m.weight"), ("b", "*.bias")] {
        let own = &file.config["groups"][short];
        let settings: String = [("lr", "learning_rate"), ("weight_decay", "weight_decay")]
            .into_iter()
            .filter_map(|(key, method)| Some(format!(".{method}({})", float(own[key].as_f64()?))))
            .collect();
        if !settings.is_empty() {
            calls += &format!(".group({long:?}, |g| g{settings})");
        }
    }
    calls
}

/// The length of the training where the schedule knows it, and the schedule.
fn schedule(file: &Golden) -> Result<(Option<usize>, String), String> {
    let number = |key, default| float(file.number(key, default));
    let whole = |key: &str| file.whole(key).ok_or_else(|| format!("no {key}"));
    let mut steps = None;
    let schedule = match file.word("class", "") {
        "StepLR" => format!("Step::new({}, {})", whole("step_size")?, number("gamma", 0.1)),
        "MultiStepLR" => {
            let milestones: Vec<_> =
                file.config["milestones"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_u64).collect();
            format!("MultiStep::new(vec!{milestones:?}, {})", number("gamma", 0.1))
        }
        "ExponentialLR" => format!("Exponential::new({})", number("gamma", 0.1)),
        "CosineAnnealingLR" => format!("Cosine.over({}).down_to({})", whole("T_max")?, number("eta_min", 0.0)),
        "CosineAnnealingWarmRestarts" => {
            format!(
                "WarmRestarts::new({}).times({}).down_to({})",
                whole("T_0")?,
                file.whole("T_mult").unwrap_or(1),
                number("eta_min", 0.0)
            )
        }
        "LinearLR" => format!(
            "LinearWarmup::new({}).from({}).to({})",
            file.whole("total_iters").unwrap_or(5),
            number("start_factor", 1.0 / 3.0),
            number("end_factor", 1.0)
        ),
        "PolynomialLR" => format!("Polynomial::new({}).over({})", number("power", 1.0), file.whole("total_iters").unwrap_or(5)),
        "OneCycleLR" => {
            steps = Some(match file.whole("total_steps") {
                Some(steps) => steps,
                None => whole("epochs")? * whole("steps_per_epoch")?,
            });
            format!(
                "OneCycle::new({}).start({}).end({}).up({}).cycle_momentum({}, {}){}{}",
                number("max_lr", 1.0),
                number("div_factor", 25.0),
                number("final_div_factor", 1e4),
                number("pct_start", 0.3),
                number("base_momentum", 0.85),
                number("max_momentum", 0.95),
                if file.word("anneal_strategy", "cos") == "linear" { ".linear()" } else { "" },
                if file.flag("three_phase", false) { ".three_phase()" } else { "" },
            )
        }
        "CyclicLR" => {
            let up = file.whole("step_size_up").unwrap_or(2000);
            let mode = match file.word("mode", "triangular") {
                "triangular2" => ".halving()".to_owned(),
                "exp_range" => format!(".decaying({})", number("gamma", 1.0)),
                _ => String::new(),
            };
            format!(
                "Cyclic::new({}, {up}).down({}){mode}.cycle_momentum({}, {})",
                number("max_lr", 1.0),
                file.whole("step_size_down").unwrap_or(up),
                number("base_momentum", 0.8),
                number("max_momentum", 0.9),
            )
        }
        "ReduceLROnPlateau" => {
            let kind = if file.word("threshold_mode", "rel") == "abs" { "Absolute" } else { "Relative" };
            format!(
                "Plateau::new({}, {}).threshold(Threshold::{kind}({})).cooldown({}).down_to({}){}",
                number("factor", 0.1),
                file.whole("patience").unwrap_or(10),
                number("threshold", 1e-4),
                file.whole("cooldown").unwrap_or(0),
                number("min_lr", 0.0),
                if file.word("mode", "min") == "max" { ".larger_is_better()" } else { "" },
            )
        }
        class => return Err(format!("the schedule {class} is not known to Fireclay yet")),
    };
    Ok((steps, schedule))
}
