//! A normalization as text, to be kept in the metadata of a file.

use super::{Method, Normalization, Per, groups};
use crate::{Error, Result, Shape};
use core::marker::PhantomData;

impl<S: Shape> Normalization<S> {
    /// This normalization as pairs of text under a name of yours, as the metadata of a safetensors file or of a checkpoint has them:
    ///
    /// ```text
    /// normalization.input.method      z-score
    /// normalization.input.shape       1 8 8
    /// normalization.input.axis        0               (or: all)
    /// normalization.input.parameters  0.30509 0.3764  (a line for each group)
    /// ```
    ///
    /// Numbers are written so that they are read back to the last bit.
    #[must_use]
    pub fn to_metadata(&self, name: &str) -> [(String, String); 4] {
        let axis = match self.per {
            Per::Axis(axis) => axis.to_string(),
            Per::Tensor => "all".to_owned(),
        };
        let lines: Vec<String> = self.parameters.iter().map(|[shift, scale]| format!("{shift} {scale}")).collect();
        let values = [self.method.name().to_owned(), shape(S::DIMS), axis, lines.join("\n")];
        let mut values = values.into_iter();
        KEYS.map(|key| (key_of(name, key), values.next().unwrap_or_default()))
    }

    /// The normalization that was kept under this name.
    ///
    /// # Errors
    /// If it is not there, not whole, or of tensors of another shape.
    pub fn from_metadata<K: AsRef<str>, V: AsRef<str>>(name: &str, pairs: impl IntoIterator<Item = (K, V)>) -> Result<Self> {
        let mut found = [const { None }; 4];
        for (key, value) in pairs {
            if let Some(i) = KEYS.iter().position(|k| key_of(name, k) == key.as_ref()) {
                found[i] = Some(value.as_ref().to_owned());
            }
        }
        let wrong = |key: &str, reason: String| Error::Setting(format!("{}: {reason}", key_of(name, key)));
        let mut texts = KEYS.iter().zip(found).map(|(key, value)| {
            value.ok_or_else(|| wrong(key, "is missing in the metadata: was a normalization of this name saved?".to_owned()))
        });
        let mut next = || texts.next().unwrap_or_else(|| Ok(String::new()));
        let [method_text, shape_text, axis_text, lines] = [next()?, next()?, next()?, next()?];
        let known = || Method::ALL.map(Method::name).join(", ");
        let method = Method::ALL.into_iter().find(|method| method.name() == method_text);
        let method = method.ok_or_else(|| wrong("method", format!("`{method_text}` is none of {}", known())))?;
        if shape_text != shape(S::DIMS) {
            return Err(wrong("shape", format!("it is of tensors of [{shape_text}], not [{}]", shape(S::DIMS))));
        }
        let per = match axis_text.parse() {
            Ok(axis) if axis < S::DIMS.len() => Per::Axis(axis),
            _ if axis_text == "all" => Per::Tensor,
            _ => return Err(wrong("axis", format!("`{axis_text}` is neither `all` nor an axis of [{shape_text}]"))),
        };
        let parameters: Option<Vec<[f32; 2]>> = lines.lines().map(parameters).collect();
        let parameters =
            parameters.ok_or_else(|| wrong("parameters", "a line is not two numbers, the second greater than 0".to_owned()))?;
        let expected = groups(per, S::DIMS);
        if parameters.len() != expected {
            return Err(wrong("parameters", format!("{} lines where {expected} belong", parameters.len())));
        }
        Ok(Self { method, per, parameters, shape: PhantomData })
    }
}

const KEYS: [&str; 4] = ["method", "shape", "axis", "parameters"];

fn key_of(name: &str, key: &str) -> String {
    format!("normalization.{name}.{key}")
}

fn shape(dims: &[usize]) -> String {
    dims.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn parameters(line: &str) -> Option<[f32; 2]> {
    let (shift, scale) = line.split_once(' ')?;
    let (shift, scale): (f32, f32) = (shift.parse().ok()?, scale.parse().ok()?);
    (shift.is_finite() && scale.is_finite() && scale > 0.0).then_some([shift, scale])
}
