//! Whole networks: parameters by PyTorch's names, steps of training.

use crate::{Check, Golden, Parts};
use fireclay::optim::clip_norm;
use fireclay::prelude::*;
use safetensors::{Dtype, tensor::TensorView};

/// The file of this name from the folder that `FIRECLAY_GOLDEN` names, or else from `vectors/`.
///
/// # Panics
/// If it cannot be read.
#[must_use]
#[track_caller]
pub fn named(name: &str) -> Golden {
    let given = std::path::Path::new(env!("FIRECLAY_GOLDEN_GIVEN")).join(format!("{name}.safetensors"));
    let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("vectors/{name}.safetensors"));
    Golden::read(if given.exists() { given } else { own }).unwrap_or_else(|error| panic!("{error}"))
}

/// A network with the file's parameters and buffers, by the public way: as the bytes of a safetensors file. `prefix` stands before the
/// names in the file.
///
/// # Errors
/// When the file's tensors do not fit the declaration.
pub fn load<N: Network>(file: &Golden, prefix: &str) -> Result<Box<N>, String> {
    let parameters: Vec<(String, Vec<usize>, Vec<u8>)> = file
        .tensors
        .iter()
        .filter_map(|(name, array)| {
            let own = name.strip_prefix(prefix)?;
            let is_result = ["grad_", "after"].iter().any(|r| name.starts_with(r)) || !own.contains('.');
            let bytes = array.f32().iter().flat_map(|x| x.to_le_bytes()).collect();
            (!is_result).then(|| (own.to_owned(), array.dims.clone(), bytes))
        })
        .collect();
    let views = parameters.iter().map(|(name, dims, bytes)| {
        let view = TensorView::new(Dtype::F32, dims.clone(), bytes).map_err(|error| error.to_string())?;
        Ok((name.as_str(), view))
    });
    let views: Vec<_> = views.collect::<Result<_, String>>()?;
    let bytes = safetensors::serialize(views, None).map_err(|error| error.to_string())?;
    N::from_bytes(&bytes).map_err(|error| error.to_string())
}

/// Whether the samples of a tensor have the extents that a network was declared with; says so where they have not.
#[must_use]
pub fn fits<S: Shape>(file: &Golden, name: &str) -> bool {
    let dims = file.dims(name).get(1..).unwrap_or_default();
    let fits = dims.iter().product::<usize>() == S::LEN && (dims.len() != S::DIMS.len() || dims == S::DIMS);
    if !fits {
        println!("{}: not run, {name} has samples {dims:?}, the network was declared with {:?}", file.path.display(), S::DIMS);
    }
    fits
}

/// Output, loss, every gradient, and the parameters after each step that the file tells of. The fused entry must give the same bits.
///
/// # Panics
/// If anything is off.
#[track_caller]
pub fn train<N, O, T>(file: &Golden, loss: &impl Loss<Tensor<O>, T>, targets: T)
where
    N: Network<Output = Tensor<O>, TrainOutput = Tensor<O>> + AsNetwork<Network = N>,
    N::Input: Parts,
    O: Shape,
    T: Copy + Send + Sync,
{
    let samples = file.dims("input").first().copied().unwrap_or(0);
    for memory in crate::memories::<N>(samples) {
        train_in(file, loss, targets, memory);
    }
}

/// The same, in one of the forms in which the network trains.
#[track_caller]
fn train_in<N, O, T>(file: &Golden, loss: &impl Loss<Tensor<O>, T>, targets: T, mut memory: Memory<N>)
where
    N: Network<Output = Tensor<O>, TrainOutput = Tensor<O>> + AsNetwork<Network = N>,
    N::Input: Parts,
    O: Shape,
    T: Copy + Send + Sync,
{
    let mut check = Check::new(file);
    let mut twin = load::<N>(file, "").unwrap_or_else(|error| panic!("{}: {error}", file.path.display()));
    let mut net = twin.boxed_clone();
    let Some(input) = N::Input::from_file(file, &mut ["input"].into_iter()) else {
        panic!("{}: input does not fit", file.path.display())
    };
    let input = N::Input::refs(&input);
    let samples = N::Input::samples(input);
    let mode = if file.config["train"] == true { Mode::Train } else { Mode::Eval };
    let mut grads = N::grads();

    check.named("output", &net.forward(mode, input, &mut memory).output().to_vec());
    if mode == Mode::Eval {
        let mut infer = N::infer_memory_for(samples);
        check.against("output", "infer_batch", &net.infer_batch(input, &mut infer).to_vec());
        check.against("output", "infer_batch packed", &net.pack().infer_batch(input, &mut infer).to_vec());
    }
    // The same pass again would move running statistics again: start anew.
    net.copy_from(&twin);
    let first = net.forward(mode, input, &mut memory).loss(loss, targets);
    net.backward(&mut memory, &mut grads);
    check.named("loss", &[first]);
    check_grads(&mut check, file, &grads, "");
    if file.get("grad_input").is_some() {
        check.named("grad_input", &N::Input::lists(net.backward_input(&mut memory)).concat());
    }
    if mode == Mode::Train {
        let mut fused_grads = N::grads();
        let fused = twin.train(input, loss, targets, &mut memory, &mut fused_grads);
        if fused.to_bits() != first.to_bits() || fused_grads.as_slice() != grads.as_slice() {
            check.fail(format!("the fused entry gives other bits: loss {fused} instead of {first}"));
        }
    }

    if let Some(algorithm) = Any::read(&file.config["optimizer"]) {
        let mut optimizer = algorithm.on(&*net);
        let steps = file.get("losses").map_or(0, |losses| losses.values.len());
        let mut losses = vec![first];
        for step in 1..=steps {
            if step > 1 {
                grads.zero();
                losses.push(net.train(input, loss, targets, &mut memory, &mut grads));
            }
            #[expect(clippy::cast_possible_truncation, reason = "a norm")]
            if let Some(most) = file.config["clip_grad_norm"].as_f64() {
                let norm = clip_norm(grads.as_mut_slice(), most as f32);
                if step == 1 {
                    check.named("total_norm", &[norm]);
                }
            }
            optimizer.step(&mut *net, &grads);
            check_after(&mut check, file, &*net, step, "");
        }
        check.named("losses", &losses);
    }
    check.finish();
}

/// Compares every gradient of a network.
pub fn check_grads<N: Network>(check: &mut Check<'_>, file: &Golden, grads: &Grads<N>, prefix: &str) {
    for tensor in N::INFO.tensors {
        if let Some(grad) = grads.tensor(tensor.path) {
            check.named(&format!("grad_{prefix}{}", tensor.path), grad);
        }
    }
    let known = |name: &str| N::INFO.tensors.iter().any(|tensor| tensor.path == name);
    for name in file.tensors.keys().filter_map(|name| name.strip_prefix("grad_")?.strip_prefix(prefix)) {
        if name != "input" && !known(name) {
            check.fail(format!("the network has no gradient {name}"));
        }
    }
}

/// Compares parameters and buffers after a step, if the file tells of it.
pub fn check_after<N: Network>(check: &mut Check<'_>, file: &Golden, net: &N, step: usize, prefix: &str) {
    let names = file.tensors.keys().filter(|name| name.starts_with(&format!("after{step}_{prefix}")));
    for name in names {
        let own = &name[format!("after{step}_{prefix}").len()..];
        match net.tensor(own) {
            Some(numbers) => check.named(name, numbers),
            None => check.fail(format!("the network has no {own}")),
        }
    }
}

/// The optimizer that a file names: `SGD lr 0.05 momentum 0.9`.
#[derive(Debug, Clone, Copy)]
pub enum Any {
    /// `SGD`
    Sgd(Sgd),
    /// `Adam`
    Adam(Adam),
    /// `AdamW`
    AdamW(AdamW),
}

impl Any {
    /// Reads it; `None` where there is none.
    ///
    /// # Panics
    /// If it names something else.
    #[must_use]
    pub fn read(text: &serde_json::Value) -> Option<Self> {
        let words: Vec<&str> = text.as_str()?.split_whitespace().collect();
        let after = |name: &str| words.iter().position(|word| *word == name).and_then(|i| words.get(i + 1)).copied();
        let number = |name: &str| after(name).and_then(|text| text.parse::<f32>().ok());
        let rate = number("lr").unwrap_or(0.0);
        let decay = number("weight_decay");
        let betas =
            after("betas").and_then(|text| text.split_once(',')).and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        let (beta1, beta2) = betas.unwrap_or((0.9, 0.999));
        Some(match words.first().copied() {
            Some("SGD") => {
                Self::Sgd(Sgd::new(rate).momentum(number("momentum").unwrap_or(0.0)).weight_decay(decay.unwrap_or(0.0)))
            }
            Some("Adam") => Self::Adam(Adam::new(rate).betas(beta1, beta2).weight_decay(decay.unwrap_or(0.0))),
            Some("AdamW") => Self::AdamW(AdamW::new(rate).betas(beta1, beta2).weight_decay(decay.unwrap_or(0.01))),
            _ => panic!("optimizer {text} is not known"),
        })
    }
}

impl Algorithm for Any {
    fn state_rows(&self) -> usize {
        match self {
            Self::Sgd(a) => a.state_rows(),
            Self::Adam(a) => a.state_rows(),
            Self::AdamW(a) => a.state_rows(),
        }
    }

    fn learning_rate(&self) -> f32 {
        match self {
            Self::Sgd(a) => a.learning_rate(),
            Self::Adam(a) => a.learning_rate(),
            Self::AdamW(a) => a.learning_rate(),
        }
    }

    fn update(&self, rate: f32, step: u64, params: &mut [f32], grads: &[f32], state: &mut [f32]) {
        match self {
            Self::Sgd(a) => a.update(rate, step, params, grads, state),
            Self::Adam(a) => a.update(rate, step, params, grads, state),
            Self::AdamW(a) => a.update(rate, step, params, grads, state),
        }
    }
}
