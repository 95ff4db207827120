//! Values of layers within a network, and their gradients.

use super::Network;
use super::inner_plan::{InnerFunctions, InnerPlace};
use super::memory::Memory;
use super::passes::{Core, arena_stride};
use super::train::{Train, run_cleared_backward};
use crate::batch::Line;
use crate::setting::Message;
use crate::{Batch, Error, LANES, Layout, Result, Shape, Values};
use core::marker::PhantomData;

/// What a layer of `N` gives: a value of the shape `S` within a network that is declared with `#[fireclay(inner_values)]`.
///
/// Its name is the layer's, as the first column of [`summary`](Network::summary) has it: a label with those around it (`layer1.0.conv1`), or the label
/// before and the kind (`conv1_relu`). As a constant it is looked up, and its shape checked, while compiling.
///
/// ```
/// use fireclay::{InnerValue, prelude::*};
/// network! {
///     #[fireclay(inner_values)]
///     pub Small(image: [1, 8, 8]) -> [10] { image -> conv: Conv(4, 3) -> Relu -> Flatten -> fc: Dense(10) }
/// }
/// const MAPS: InnerValue<Small, shape![4, 6, 6]> = InnerValue::of("conv_relu");
///
/// let net = Small::init(&mut rng(1));
/// let images = Batch::normal(20, &mut rng(2));
/// let maps = net.inner_values(MAPS, &images); // a batch, as `InnerValue` says of which shape
/// assert!(maps.len() == 20 && maps.to_vec().iter().all(|x| *x >= 0.0));
///
/// // Of a loss, and gradients with respect to what is within.
/// let mut memory = Small::inner_memory(20);
/// net.forward_eval(&images, &mut memory).loss(Mse, 0.0);
/// net.backward_input(&mut memory);
/// assert_eq!(memory.inner_value(MAPS).to_vec(), maps.to_vec());
/// assert!(memory.inner_gradient(MAPS).to_vec().iter().any(|g| *g != 0.0));
/// ```
///
/// A name that no layer has does not compile:
///
/// ```compile_fail
/// use fireclay::{InnerValue, prelude::*};
/// network! {
///     #[fireclay(inner_values)]
///     pub Small(image: [1, 8, 8]) -> [10] { image -> conv: Conv(4, 3) -> Relu -> Flatten -> fc: Dense(10) }
/// }
/// // error: evaluation panicked: Small has no inner value `conf`: did you mean `conv`?
/// const MAPS: InnerValue<Small, shape![4, 6, 6]> = InnerValue::of("conf");
/// ```
pub struct InnerValue<N, S> {
    place: &'static InnerPlace,
    of: PhantomData<fn() -> (N, S)>,
}

impl<N, S> Clone for InnerValue<N, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N, S> Copy for InnerValue<N, S> {}

impl<N: Network, S: Shape> core::fmt::Debug for InnerValue<N, S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} of {}: {:?}", self.place.name, N::INFO.name, S::DIMS)
    }
}

impl<N: Network, S: Shape> InnerValue<N, S> {
    /// The value of this layer: in a constant, or in `const { … }`.
    ///
    /// # Panics
    /// If no layer has this name, its value has another shape, or the network is declared without `#[fireclay(inner_values)]`.
    #[must_use]
    #[track_caller]
    pub const fn of(layer: &str) -> Self {
        match Self::look_up(layer) {
            Ok(value) => value,
            Err(message) => message.panic(),
        }
    }

    /// The value of this layer, by a name that is not known while compiling.
    ///
    /// ```
    /// use fireclay::{InnerValue, prelude::*};
    /// network! {
    ///     #[fireclay(inner_values)]
    ///     pub Xor(x: [2]) -> [1] { x -> hidden: Dense(8) -> Tanh -> out: Dense(1) }
    /// }
    /// assert!(InnerValue::<Xor, shape![8]>::find("hidden_tanh").is_ok());
    /// let error = |name| InnerValue::<Xor, shape![8]>::find(name).unwrap_err().to_string();
    /// assert_eq!(error("hiden"), "Xor has no inner value `hiden`: did you mean `hidden`?");
    /// assert_eq!(error("conv1"), "Xor has no inner value `conv1`: it has `hidden`, `hidden_tanh`, `out`");
    /// assert_eq!(error("out"), "`out` of Xor is [1], not [8]");
    /// ```
    ///
    /// # Errors
    /// As `of` panics.
    pub fn find(layer: &str) -> Result<Self> {
        Self::look_up(layer).map_err(|message| Error::Setting(message.as_str().to_owned()))
    }

    #[expect(clippy::result_large_err, reason = "while compiling nothing is boxed")]
    const fn look_up(layer: &str) -> core::result::Result<Self, Message> {
        let net = Message::EMPTY.text(N::INFO.name);
        let Some(InnerFunctions { values, broken, .. }) = N::INNER else {
            return Err(net.text(" keeps no inner values: declare it with `#[fireclay(inner_values)]`"));
        };
        if *broken {
            let place = &InnerPlace { name: "", dims: &[], value: 0, grad: 0 };
            return Ok(Self { place, of: PhantomData });
        }
        let mut i = 0;
        while i < values.len() {
            let place = &values[i];
            if is(place.name, layer) {
                if same(place.dims, S::DIMS) {
                    return Ok(Self { place, of: PhantomData });
                }
                let message = Message::EMPTY.text("`").text(layer).text("` of ").text(N::INFO.name).text(" is ");
                return Err(dims(dims(message, place.dims).text(", not "), S::DIMS));
            }
            i += 1;
        }
        let message = net.text(" has no inner value `").text(layer).text("`: ");
        Err(near(message, values, layer))
    }
}

const fn is(name: &str, other: &str) -> bool {
    let (name, other) = (name.as_bytes(), other.as_bytes());
    let mut i = 0;
    while i < name.len() && i < other.len() && name[i] == other[i] {
        i += 1;
    }
    i == name.len() && i == other.len()
}

const fn same(a: &[usize], b: &[usize]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// `[16, 10, 10]`
const fn dims(mut message: Message, dims: &[usize]) -> Message {
    message = message.text("[");
    let mut i = 0;
    while i < dims.len() {
        message = message.text(if i > 0 { ", " } else { "" }).whole(dims[i] as u64);
        i += 1;
    }
    message.text("]")
}

/// Names that are written much alike; without such, those that there are.
const fn near(message: Message, values: &[InnerPlace], layer: &str) -> Message {
    const LISTED: usize = 12;
    let most = if layer.len() < 6 { 1 } else { layer.len() / 3 };
    let (mut named, mut rest, mut like) = (0, 0, most);
    let mut i = 0;
    while i < values.len() {
        let off = distance(values[i].name, layer);
        like = if off < like { off } else { like };
        i += 1;
    }
    let mut alike = Message::EMPTY.text("did you mean ");
    let mut all = Message::EMPTY.text("it has ");
    i = 0;
    while i < values.len() {
        let name = values[i].name;
        if distance(name, layer) == like && named < 3 {
            alike = alike.text(if named > 0 { " or `" } else { "`" }).text(name).text("`");
            named += 1;
        }
        if i < LISTED {
            all = all.text(if i > 0 { ", `" } else { "`" }).text(name).text("`");
        } else {
            rest += 1;
        }
        i += 1;
    }
    match (named, rest) {
        (0, 0) => message.message(&all),
        (0, rest) => message.message(&all).text(" and ").whole(rest).text(" more"),
        _ => message.message(&alike).text("?"),
    }
}

/// How many characters are to be put in, left out or changed (Levenshtein 1966); of names longer than the room here, whether they are the same.
const fn distance(a: &str, b: &str) -> usize {
    const ROOM: usize = 100;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut row = [0; ROOM + 1];
    let mut j = 0;
    if b.len() > ROOM {
        while j < a.len() && j < b.len() && a[j] == b[j] {
            j += 1;
        }
        return if j == a.len() && j == b.len() { 0 } else { usize::MAX };
    }
    while j <= b.len() {
        row[j] = j;
        j += 1;
    }
    let mut i = 0;
    while i < a.len() {
        let mut before = row[0];
        row[0] = i + 1;
        j = 0;
        while j < b.len() {
            let change = before + if a[i] == b[j] { 0 } else { 1 };
            before = row[j + 1];
            let other = if row[j + 1] < row[j] { row[j + 1] + 1 } else { row[j] + 1 };
            row[j + 1] = if change < other { change } else { other };
            j += 1;
        }
        i += 1;
    }
    row[b.len()]
}

impl Core {
    /// The numbers of a value or of a gradient in a micro-batch, by its first byte: a line for each, of sixteen samples.
    fn lines(&self, micro: usize, byte: usize, len: usize) -> &[Line] {
        let first = (micro * arena_stride(self.plan) + byte) / size_of::<Line>();
        &self.arenas[first..first + len]
    }

    /// The same, to be changed.
    fn lines_mut(&mut self, micro: usize, byte: usize, len: usize) -> &mut [Line] {
        let first = (micro * arena_stride(self.plan) + byte) / size_of::<Line>();
        &mut self.arenas[first..first + len]
    }
}

impl<N: Network> Memory<N> {
    /// For passes that keep inner values.
    #[track_caller]
    pub(super) fn inner(batch: usize) -> Self {
        crate::setting::at_least_one("Memory: batch", batch);
        let Some(inner) = N::INNER else {
            panic!("{} keeps no inner values: declare it with `#[fireclay(inner_values)]`", N::INFO.name)
        };
        let mut memory = Self::planned(&inner.functions, batch);
        memory.core.inner = inner.values;
        memory
    }

    #[track_caller]
    fn passed(&self) -> usize {
        let samples = self.core.samples;
        assert!(
            !self.core.inner.is_empty(),
            "this memory keeps no inner values: `{}::inner_memory(…)` makes one that does",
            N::INFO.name
        );
        assert!(samples > 0, "inner values without a forward pass before it");
        samples
    }

    /// What a layer gave in the last forward pass.
    ///
    /// # Panics
    /// If this memory is not one of [`Train::inner_memory`], or there was no forward pass since it was made.
    #[must_use]
    #[track_caller]
    pub fn inner_value<S: Shape>(&self, of: InnerValue<N, S>) -> Batch<S> {
        let samples = self.passed();
        self.read(samples, of.place.value)
    }

    /// The gradient of the loss with respect to what a layer gave, after [`Train::backward_input`] or one like it.
    ///
    /// # Panics
    /// As [`Memory::inner_value`], and if there was no such backward pass after the forward pass ([`Train::backward`] computes gradients of parameters alone).
    #[must_use]
    #[track_caller]
    pub fn inner_gradient<S: Shape>(&self, of: InnerValue<N, S>) -> Batch<S> {
        let samples = self.passed();
        assert!(self.core.has_inner_gradients, "gradients of inner values without `backward_input` before it");
        self.read(samples, of.place.grad)
    }

    fn read<S: Shape>(&self, samples: usize, byte: usize) -> Batch<S> {
        let mut batch = Batch::zeros_in(samples, Layout::Chwn16);
        for (micro, numbers) in batch.as_mut_slice().chunks_mut(S::LEN * LANES).enumerate() {
            for (to, from) in numbers.chunks_mut(LANES).zip(self.core.lines(micro, byte, S::LEN)) {
                to.copy_from_slice(&from.0);
            }
        }
        batch.clear_padding();
        batch
    }

    /// Zeros, to which the backward pass adds.
    pub(super) fn clear_inner_gradients(&mut self) {
        for micro in 0..Layout::Chwn16.micros(self.core.samples) {
            for place in self.core.inner {
                let len = place.dims.iter().product();
                self.core.lines_mut(micro, place.grad, len).iter_mut().for_each(|line| line.0.fill(0.0));
            }
        }
    }

    /// Starts the backward pass at an inner value, and nowhere else.
    fn start_at<S: Shape>(&mut self, place: &InnerPlace, gradient: &Batch<S>) {
        let mut zeros = N::TrainOutput::in_layout(gradient.len(), self.layout());
        N::TrainOutput::set_samples(&mut zeros, gradient.len());
        N::TrainOutput::copy_from(&mut self.output_grad, N::TrainOutput::refs(&zeros));
        self.clear_inner_gradients();
        for i in 0..gradient.len() {
            for (j, line) in self.core.lines_mut(i / LANES, place.grad, S::LEN).iter_mut().enumerate() {
                line.0[i % LANES] = gradient.as_slice()[gradient.position(i, j)];
            }
        }
    }
}

pub(super) fn backward_input_from_inner<'m, N: Network, S: Shape>(
    net: &N,
    from: InnerValue<N, S>,
    gradient: &Batch<S>,
    memory: &'m mut Memory<N>,
) -> <N::Input as Values>::Refs<'m> {
    let samples = memory.passed();
    assert!(gradient.len() == samples, "a gradient of {} samples for a forward pass of {samples}", gradient.len());
    memory.start_at(from.place, gradient);
    memory.core.has_gradient = true;
    run_cleared_backward(net, memory, None, true);
    // That of the last loss is gone.
    memory.core.has_gradient = false;
    N::Input::refs(&memory.input_grad)
}

/// What [`Train::inner_values`] does.
pub(super) fn inner_values<N: Network, S: Shape>(
    net: &N,
    of: InnerValue<N, S>,
    inputs: <N::Input as Values>::Refs<'_>,
) -> Batch<S> {
    let mut memory = N::inner_memory(N::Input::samples(inputs));
    net.forward_eval(inputs, &mut memory);
    memory.inner_value(of)
}
