//! A network of the corpus: what it computes, held against PyTorch.

use crate::digest::{Deviations, compare};
use crate::exact;
use crate::reference::{Input, Mode, Reference};
use crate::values::{Parts, Source};
use fireclay::prelude::*;
use fireclay::{AsNetwork, Layout, Network, Values};

/// A network of the corpus.
#[derive(Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// How many numbers it learns.
    pub parameters: usize,
    check: fn(&Reference, &Settings) -> Report,
}

/// What the program was told.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Forms that take more memory are not run.
    pub most_bytes: usize,
}

/// What came of a network.
#[derive(Debug, Default)]
pub struct Report {
    /// For each mode and kind of result the worst deviation, in all forms of training and inference.
    pub compared: Vec<(Mode, &'static str, Deviations)>,
    /// What could not be compared, and why.
    pub wrong: Vec<String>,
    /// What was not run, and why.
    pub notes: Vec<String>,
}

impl Report {
    fn add(&mut self, mode: Mode, what: &'static str, form: &str, worst: Result<Deviations, String>) {
        match worst {
            Ok(worst) => {
                let worst = Deviations { name: format!("{} ({form})", worst.name), ..worst };
                match self.compared.iter_mut().find(|(m, w, _)| (*m, *w) == (mode, what)) {
                    Some((.., known)) => *known = std::mem::take(known).or(worst),
                    None => self.compared.push((mode, what, worst)),
                }
            }
            Err(text) => self.wrong.push(format!("{} {what} ({form}): {text}", mode.name())),
        }
    }
}

impl Entry {
    /// The network as an entry.
    pub const fn of<N>() -> Self
    where
        N: Network + AsNetwork<Network = N>,
        N::Input: Parts,
        N::Output: Parts,
        N::TrainOutput: Parts,
    {
        Self { name: N::INFO.name, parameters: N::INFO.parameters, check: check::<N> }
    }

    /// Computes everything, and compares it.
    #[must_use]
    pub fn check(&self, reference: &Reference, settings: &Settings) -> Report {
        (self.check)(reference, settings)
    }
}

/// The inputs that the file tells of.
struct Inputs<'a> {
    network: &'a str,
    kinds: std::slice::Iter<'a, Input>,
    next: usize,
}

impl Inputs<'_> {
    fn next(&mut self) -> (String, Input) {
        let name = format!("{}.input.{}", self.network, self.next);
        self.next += 1;
        (name, *self.kinds.next().expect("as many inputs as the network has"))
    }
}

impl Source for Inputs<'_> {
    fn numbers(&mut self, count: usize) -> Vec<f32> {
        match self.next() {
            (name, Input::Regions { width, height }) => exact::regions(&name, [width, height]).take(count).collect(),
            (name, _) => exact::units(&name).take(count).collect(),
        }
    }

    fn indices(&mut self, count: usize) -> Vec<usize> {
        let (name, Input::Indices { bound }) = self.next() else { panic!("an input of indices has a bound") };
        exact::below(&name, bound).take(count).map(|index| usize::try_from(index).expect("small")).collect()
    }
}

/// What the outputs are weighed by in the loss.
struct Weights<'a> {
    network: &'a str,
    center: f32,
    next: usize,
}

impl Source for Weights<'_> {
    fn numbers(&mut self, count: usize) -> Vec<f32> {
        let name = format!("{}.weight.{}", self.network, self.next);
        self.next += 1;
        exact::numbers(&name, [self.center, self.center / 2.0]).take(count).collect()
    }

    fn indices(&mut self, _: usize) -> Vec<usize> {
        panic!("an output of indices has no loss")
    }
}

fn check<N>(reference: &Reference, settings: &Settings) -> Report
where
    N: Network + AsNetwork<Network = N>,
    N::Input: Parts,
    N::Output: Parts,
    N::TrainOutput: Parts,
{
    let mut report = Report::default();
    let (about, network) = (&reference.about, N::INFO.name);
    let paths: Vec<&str> = N::INFO.tensors.iter().map(|tensor| tensor.path).collect();
    if about.parameters != paths {
        report.wrong.push("the file's parameters are not those of the network: it is of another declaration".to_owned());
        return report;
    }
    let mut first = N::zeros();
    for (path, width) in paths.iter().zip(&reference.widths) {
        let numbers = first.tensor_mut(path).expect("a tensor of the network");
        numbers.iter_mut().zip(exact::numbers(&format!("{network}.{path}"), *width)).for_each(|(to, number)| *to = number);
    }
    let inputs = N::Input::batch(&mut Inputs { network, kinds: about.inputs.iter(), next: 0 }, about.samples);
    let inputs = N::Input::refs(&inputs);
    for (mode, rate) in &about.rates {
        for (layout, form) in [(Layout::Chwn16, "side by side"), (Layout::Chw, "one by one")] {
            let Some(memory) = fireclay::__private::memory_in::<N>(layout, about.samples) else { continue };
            if memory.bytes() > settings.most_bytes {
                let gibibytes = memory.bytes() >> 30;
                report.notes.push(format!("{form}: not run, it would take {gibibytes} GiB"));
                continue;
            }
            let mut trained = Trained { reference, mode: *mode, form, net: first.boxed_clone(), memory, report: &mut report };
            trained.step(inputs, *rate);
        }
    }
    // What inference computes is what evaluation does; without statistics of the batch training does as well.
    let mode = if about.rates.contains_key(&Mode::Eval) { Mode::Eval } else { Mode::Train };
    infer(reference, mode, &*first, inputs, &mut report);
    report
}

/// A network in one form of training.
struct Trained<'a, N: Network> {
    reference: &'a Reference,
    mode: Mode,
    form: &'static str,
    net: Box<N>,
    memory: Memory<N>,
    report: &'a mut Report,
}

impl<N> Trained<'_, N>
where
    N: Network + AsNetwork<Network = N>,
    N::Input: Parts,
    N::TrainOutput: Parts,
{
    /// One pass forward and back, one step of SGD, and what comes out after it.
    fn step(&mut self, inputs: <N::Input as Values>::Refs<'_>, rate: f32) {
        let about = &self.reference.about;
        let weights = N::TrainOutput::batch(&mut Weights { network: N::INFO.name, center: about.weight, next: 0 }, about.samples);
        let weights = N::TrainOutput::refs(&weights);
        let mut grads = N::grads();
        let outputs = N::TrainOutput::lists(self.net.forward(self.mode.into(), inputs, &mut self.memory).output());
        self.compare("outputs", &named("output", &outputs));
        self.compare("loss", &[("loss".to_owned(), &loss(&outputs, &N::TrainOutput::lists(weights)))]);
        if self.mode == Mode::Train {
            let net = self.net.boxed_clone();
            let buffers = N::INFO.tensors.iter().filter(|tensor| tensor.buffer);
            let buffers = buffers.map(|tensor| (format!("buffer.{}", tensor.path), net.tensor(tensor.path).unwrap_or_default()));
            self.compare("buffers", &buffers.collect::<Vec<_>>());
        }

        self.net.backward_from(weights, &mut self.memory, &mut grads);
        let gradients = N::INFO.tensors.iter().filter_map(|t| Some((format!("gradient.{}", t.path), grads.tensor(t.path)?)));
        self.compare("gradients", &gradients.collect::<Vec<_>>());
        let of_inputs = N::Input::lists(self.net.backward_input_from(weights, &mut self.memory));
        let of_inputs = of_inputs.iter().zip(&about.inputs).enumerate();
        let of_inputs = of_inputs.filter(|(_, (_, kind))| matches!(kind, Input::Numbers));
        let of_inputs: Vec<_> = of_inputs.map(|(i, (numbers, _))| (format!("input.{i}"), numbers.as_slice())).collect();
        self.compare("input_gradients", &of_inputs);

        Sgd::new(rate).on(&*self.net).step(&mut *self.net, &grads);
        let after = N::TrainOutput::lists(self.net.forward(self.mode.into(), inputs, &mut self.memory).output());
        self.compare("after", &named("after", &after));
        self.drop_something(inputs, weights, &mut grads);
    }

    /// Where random numbers are drawn while training, the numbers are not PyTorch's; but it trains.
    fn drop_something(
        &mut self,
        inputs: <N::Input as Values>::Refs<'_>,
        weights: <N::TrainOutput as Values>::Refs<'_>,
        grads: &mut Grads<N>,
    ) {
        if self.reference.about.rates.contains_key(&Mode::Train) {
            return;
        }
        grads.zero();
        let outputs = N::TrainOutput::lists(self.net.forward(fireclay::Mode::Train, inputs, &mut self.memory).output());
        self.net.backward_from(weights, &mut self.memory, grads);
        if !outputs.iter().flatten().chain(grads.as_slice()).all(|number| number.is_finite()) {
            self.report.wrong.push(format!("{}: training with dropout gives numbers that are not finite", self.form));
        }
    }

    fn compare(&mut self, what: &'static str, own: &[(String, &[f32])]) {
        compare_group(self.reference, self.mode, what, self.form, own, N::INFO.name, self.report);
    }
}

fn compare_group(
    reference: &Reference,
    mode: Mode,
    what: &'static str,
    form: &str,
    own: &[(String, &[f32])],
    network: &str,
    report: &mut Report,
) {
    let worst = match reference.groups.get(&format!("{}.{what}", mode.name())) {
        Some(group) => compare(group, network, own),
        None if own.is_empty() => return,
        None => Err("the file has none".to_owned()),
    };
    report.add(mode, what, form, worst);
}

fn named<'a>(name: &str, lists: &'a [Vec<f32>]) -> Vec<(String, &'a [f32])> {
    lists.iter().enumerate().map(|(i, list)| (format!("{name}.{i}"), list.as_slice())).collect()
}

/// The loss, and the root of the sum of the squares of its terms.
#[expect(clippy::cast_possible_truncation, reason = "as everything that is compared")]
fn loss(outputs: &[Vec<f32>], weights: &[Vec<f32>]) -> [f32; 2] {
    let terms = outputs.iter().flatten().zip(weights.iter().flatten()).map(|(x, weight)| f64::from(*x) * f64::from(*weight));
    let (sum, squares) = terms.fold((0.0, 0.0), |(sum, squares), term| (sum + term, squares + term * term));
    [sum as f32, squares.sqrt() as f32]
}

/// Inference of single samples and of the batch.
fn infer<N>(reference: &Reference, mode: Mode, net: &N, inputs: <N::Input as Values>::Refs<'_>, report: &mut Report)
where
    N: Network + AsNetwork<Network = N>,
    N::Input: Parts,
    N::Output: Parts,
{
    let samples = reference.about.samples;
    // Those that inference gives.
    let places: Vec<usize> = (0..N::INFO.outputs.len()).filter(|i| !N::INFO.outputs[*i].train).collect();
    let of_inference = |lists: &[Vec<f32>]| {
        let mut all = vec![Vec::new(); N::INFO.outputs.len()];
        places.iter().zip(lists).for_each(|(place, list)| all[*place].clone_from(list));
        all
    };
    let mut memory = N::infer_memory_for(samples);
    let mut singly: Vec<Vec<f32>> = vec![Vec::new(); places.len()];
    let mut sample = N::Input::boxed();
    for i in 0..samples {
        N::Input::read(inputs, i, &mut sample);
        let output = net.infer(&sample, &mut memory);
        singly.iter_mut().zip(output.sample_lists()).for_each(|(all, one)| all.extend(one));
    }
    let batch = N::Output::lists(net.infer_batch(inputs, &mut memory));
    for (form, lists) in [("infer", singly), ("infer_batch", batch)] {
        let all = of_inference(&lists);
        let Some(group) = reference.groups.get(&format!("{}.outputs", mode.name())) else { return };
        report.add(mode, "inference", form, compare(&group.only(&places), N::INFO.name, &only(&places, named("output", &all))));
    }
}

fn only<T>(places: &[usize], all: Vec<T>) -> Vec<T> {
    all.into_iter().enumerate().filter_map(|(i, one)| places.contains(&i).then_some(one)).collect()
}
