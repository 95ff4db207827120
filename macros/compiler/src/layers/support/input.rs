//! The inputs of a layer: their number and ranks, and the messages about them.

use crate::graph::attributes::{ArgValue, Attribute, Attributes, Source};
use crate::graph::{Size, ValueType};
use crate::layers::{self, Build, Layer};
use fireclay_ir::Dtype;

/// `[channels, height, width]`, in numbers.
pub(crate) type Image = [usize; 3];
/// `[channels, height, width]`, where any may be a type.
pub(crate) type ImageSizes = [Size; 3];

impl Build<'_> {
    /// `fc1: Dense`, or the layer's name alone where it has no label.
    fn subject(&self, layer: &dyn Layer) -> String {
        let name = layer.name();
        if self.label == name { name.to_owned() } else { format!("{}: {name}", self.label) }
    }

    /// Reports on the layer's name, which stands first: `fc1: Dense takes …`.
    pub fn fail_layer<T>(&mut self, layer: &dyn Layer, text: impl std::fmt::Display) -> Option<T> {
        let text = format!("{} {text}", self.subject(layer));
        self.report.error(self.span, text);
        None
    }

    /// Reports what is not supported yet.
    pub fn not_yet<T>(&mut self, text: impl std::fmt::Display) -> Option<T> {
        self.fail(self.span, format_args!("not yet: {text}"))
    }

    /// `\n  input: [16, 4, 4], from MaxPool(2) two stages before`
    #[must_use]
    pub fn input_line(&self, i: usize) -> String {
        let Some(ty) = self.inputs.get(i) else { return String::new() };
        match self.origins.get(i).filter(|origin| !origin.is_empty()) {
            Some(origin) => format!("\n  input: {ty}, {origin}"),
            None => format!("\n  input: {ty}"),
        }
    }

    /// Requires exactly this many inputs.
    pub fn values(&mut self, layer: &dyn Layer, count: usize) -> Option<()> {
        let got = self.inputs.len();
        let plural = if count == 1 { "" } else { "s" };
        if got == count {
            Some(())
        } else {
            self.fail_layer(layer, format_args!("takes {count} value{plural}; it receives {got}"))
        }
    }

    /// The sizes of the i-th input, which must be a tensor of `f32`.
    pub fn tensor(&mut self, layer: &dyn Layer, i: usize) -> Option<Vec<Size>> {
        match self.inputs.get(i)? {
            ValueType::Tensor(dims) => Some(dims.clone()),
            ValueType::Typed(..) => {
                let text = format!(
                    "takes numbers of f32; it receives {}{}\n  help: put `-> Dequantize(scale = …)` before it, with the numbers of the Quantize that it comes from",
                    self.inputs[i],
                    self.input_line(i)
                );
                self.fail_layer(layer, text)
            }
            ty => {
                let text = format!(
                    "takes numbers; it receives indices {ty}{}\n  help: put `-> Embedding(64)` before it, or another number of features",
                    self.input_line(i)
                );
                self.fail_layer(layer, text)
            }
        }
    }

    /// The dtype and sizes of the i-th input, a tensor of any dtype: for layers that do not compute.
    pub fn any_tensor(&mut self, layer: &dyn Layer, i: usize) -> Option<(Dtype, Vec<Size>)> {
        if let ValueType::Typed(dtype, dims) = self.inputs.get(i)? {
            return Some((*dtype, dims.clone()));
        }
        self.tensor(layer, i).map(|dims| (Dtype::F32, dims))
    }

    /// The sizes as numbers; reports sizes that are types, which most layers do not take yet.
    pub fn numbers(&mut self, layer: &dyn Layer, i: usize, dims: &[Size]) -> Option<Vec<usize>> {
        let numbers: Option<Vec<usize>> = dims.iter().map(Size::num).collect();
        let line = self.input_line(i);
        numbers.or_else(|| self.not_yet(format_args!("{} over sizes that are types{line}", layer.name())))
    }

    /// The i-th input as `[channels, height, width]`.
    pub fn image_at(&mut self, layer: &dyn Layer, i: usize) -> Option<Image> {
        let dims = self.image_sizes_at(layer, i)?;
        let numbers = self.numbers(layer, i, &dims)?;
        Some([numbers[0], numbers[1], numbers[2]])
    }

    /// The only input as `[channels, height, width]`, where any may be a type.
    pub fn image_sizes(&mut self, layer: &dyn Layer) -> Option<ImageSizes> {
        self.values(layer, 1)?;
        self.image_sizes_at(layer, 0)
    }

    /// The i-th input as `[channels, height, width]`, where any may be a type.
    pub fn image_sizes_at(&mut self, layer: &dyn Layer, i: usize) -> Option<ImageSizes> {
        let dims = self.tensor(layer, i)?;
        if let [channels, height, width] = dims.as_slice() {
            return Some([channels.clone(), height.clone(), width.clone()]);
        }
        let numbers: Option<Vec<usize>> = dims.iter().map(Size::num).collect();
        let help = numbers.map(|dims| self.image_help(layer, &dims)).unwrap_or_default();
        let ty = &self.inputs[i];
        let text = format!("takes [channels, height, width]; it receives {ty}{}{help}", self.input_line(i));
        self.fail_layer(layer, text)
    }

    /// The help for an input that is no image.
    fn image_help(&self, layer: &dyn Layer, dims: &[usize]) -> String {
        if let Some(help) = layer.no_image(dims) {
            return format!("\n  help: {help}");
        }
        match *dims {
            [n] => {
                let square =
                    |channels: usize| Some(n / channels).filter(|_| n.is_multiple_of(channels)).map(|n| (channels, n.isqrt(), n));
                let image = [1, 3].into_iter().filter_map(square).find(|(_, side, n)| side * side == *n && *side > 1);
                let (channels, side) = image.map_or((n, 1), |(channels, side, _)| (channels, side));
                format!("\n  help: put `-> Reshape([{channels}, {side}, {side}])` before it, or another shape of {n} numbers")
            }
            [time, features] => {
                let reshape = format!("put `-> Reshape([1, {time}, {features}])` before it: an image of one channel");
                match self.over_time(layer) {
                    Some(code) => format!("\n  help: `{code}` goes over [time, features]; or {reshape}"),
                    None => format!("\n  help: {reshape}"),
                }
            }
            [_, channels, height, width] => {
                format!("\n  help: a batch is not written: `[{channels}, {height}, {width}]`, if that is what the first size is")
            }
            _ => String::new(),
        }
    }

    /// The layer of the same kind that goes over sequences, with the arguments that it takes too: `Conv1d(8, 3)`.
    fn over_time(&self, layer: &dyn Layer) -> Option<String> {
        let other = layers::find(&format!("{}1d", layer.name()))?;
        let attributes = self.attributes(layer);
        let fits = |attribute: &Attribute| {
            let known = other.params().iter().any(|param| param.name == attribute.name);
            known && matches!(attribute.value, ArgValue::Int(_) | ArgValue::Bool(_) | ArgValue::Word(_) | ArgValue::Float(_))
        };
        let mut given = attributes.list.iter().filter(|attribute| attribute.source != Source::Default);
        let list = if given.clone().all(fits) { given.by_ref().cloned().collect() } else { Vec::new() };
        Some(Attributes::new(other.name(), list).to_string())
    }

    /// The only input as `[channels, height, width]`.
    pub fn image(&mut self, layer: &dyn Layer) -> Option<Image> {
        self.values(layer, 1)?;
        self.image_at(layer, 0)
    }

    /// The first input as rows of features: `(None, features)` for `[features]`, `(Some(time), features)` for `[time, features]`.
    pub fn rows(&mut self, layer: &dyn Layer) -> Option<(Option<Size>, Size)> {
        let dims = self.tensor(layer, 0)?;
        match dims.as_slice() {
            [features] => Some((None, features.clone())),
            [time, features] => Some((Some(time.clone()), features.clone())),
            _ => self.wrong_rank(layer, Takes::Rows, &dims),
        }
    }

    /// The first input as `[time, features]`.
    pub fn sequence(&mut self, layer: &dyn Layer) -> Option<[usize; 2]> {
        let dims = self.sequence_sizes(layer)?;
        let numbers = self.numbers(layer, 0, &dims)?;
        Some([numbers[0], numbers[1]])
    }

    /// The first input as steps, a number, and features, which may be a type.
    pub fn features_over_time(&mut self, layer: &dyn Layer) -> Option<(usize, Size)> {
        let [time, features] = self.sequence_sizes(layer)?;
        let time = self.numbers(layer, 0, &[time])?;
        Some((time[0], features))
    }

    /// The first input as `[time, features]`, where either may be a type.
    pub fn sequence_sizes(&mut self, layer: &dyn Layer) -> Option<[Size; 2]> {
        let dims = self.tensor(layer, 0)?;
        let [time, features] = dims.as_slice() else { return self.wrong_rank(layer, Takes::Sequence, &dims) };
        Some([time.clone(), features.clone()])
    }

    /// Reports an input of a rank that the layer does not take.
    fn wrong_rank<T>(&mut self, layer: &dyn Layer, takes: Takes, dims: &[Size]) -> Option<T> {
        let numbers: Option<Vec<usize>> = dims.iter().map(Size::num).collect();
        let help = match (takes, numbers.as_deref()) {
            (_, Some([n])) => format!("\n  help: put `-> Reshape([{n}, 1])` before it: {n} steps of one feature"),
            (Takes::Sequence, Some([1, height, width])) => {
                format!("\n  help: put `-> Reshape([{height}, {width}])` before it: {height} steps")
            }
            (Takes::Rows, Some(all @ [_, .., _])) => {
                format!("\n  help: put `-> Flatten` before it: it gives [{}]", product(all))
            }
            (Takes::Sequence, Some([channels, height, width])) => {
                format!("\n  help: put `-> Reshape([{channels}, {}])` before it: {channels} steps", height.saturating_mul(*width))
            }
            _ => String::new(),
        };
        let ty = &self.inputs[0];
        let takes = match takes {
            Takes::Rows => "[features] or [time, features]",
            Takes::Sequence => "[time, features]",
        };
        let text = format!("takes {takes}; it receives {ty}{}{help}", self.input_line(0));
        self.fail_layer(layer, text)
    }
}

/// What a layer over features takes.
#[derive(Clone, Copy)]
enum Takes {
    /// One row of features, or several.
    Rows,
    /// Several.
    Sequence,
}

/// The type of a tensor of `f32`.
pub(crate) fn tensor(dims: impl IntoIterator<Item = usize>) -> ValueType {
    ValueType::Tensor(dims.into_iter().map(Size::Num).collect())
}

/// The type of a tensor of `f32` whose sizes may be types.
pub(crate) fn tensor_of<S: Into<Size>>(dims: impl IntoIterator<Item = S>) -> ValueType {
    ValueType::Tensor(dims.into_iter().map(Into::into).collect())
}

/// The product of the sizes, saturating.
pub(crate) fn product(dims: &[usize]) -> usize {
    dims.iter().fold(1, |product: usize, &n| product.saturating_mul(n))
}

/// `5×5`
pub(crate) fn cross([height, width]: [usize; 2]) -> String {
    format!("{height}×{width}")
}
