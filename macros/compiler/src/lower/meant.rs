//! What was meant by arguments that do not fit: another library's order, names and words.

use super::foreign_names::{self, ArgMeaning};
use super::params::name_of;
use super::scope::Frame;
use super::value::Flow;
use super::{Lower, messages, suggest};
use crate::graph::{ValueType, channel_axis};
use crate::layers::{DefaultValue, Layer, Param};
use crate::syntax::ast;
use proc_macro2::Span;

impl<'a> Lower<'a, '_> {
    /// More arguments without a name than a layer takes: what was meant by them.
    /// `input_width_first`: the name is of a library whose layer takes the width of its input first.
    pub(super) fn surplus(
        &self,
        frame: &Frame<'a>,
        layer: &dyn Layer,
        args: &[ast::Arg],
        input: Option<&Flow>,
        input_width_first: bool,
    ) -> String {
        let name = layer.name();
        let terms = args.iter().filter(|arg| arg.name.is_none()).map(|arg| &arg.value);
        let (values, terms): (Vec<&ast::Term>, Vec<&ast::Term>) = terms.partition(|term| is_value(frame, term));
        let written: Option<Vec<String>> = terms.iter().map(|term| messages::written(term)).collect();
        let named = arguments(layer, args.iter().filter(|arg| arg.name.is_some()).collect());
        let Some(written) = written else { return String::new() };
        if let (true, [ast::Term { kind: ast::TermKind::List(items), .. }]) = (super::stage::is_function(name), &terms[..])
            && items.iter().all(|item| is_value(frame, item))
        {
            let items: Vec<String> = items.iter().map(messages::show_term).collect();
            return messages::rather(&format!("{name}({})", items.join(", ")));
        }
        // PyTorch's axis counts that of the batch.
        let takes = layer.params().iter().filter(|param| param.positional).count();
        if let (true, Some(term)) = (layer.params().iter().any(|p| p.name == "axis" && !p.positional), terms.get(takes))
            && terms.len() == takes + 1
        {
            return self.axis_without_name(layer, args, term, input).unwrap_or_default();
        }
        let is_word = |word: &str| layer.params().iter().any(|param| param.words.contains(&word));
        // `Dense(10, relu)`
        let activation = |word: &String| {
            let function = fireclay_ir::activation::ALL.iter().find(|f| f.name.eq_ignore_ascii_case(word));
            function.filter(|_| !is_word(word)).map(|f| format!(" -> {}", f.name))
        };
        let behind: String = written.iter().filter_map(activation).collect();
        let written: Vec<String> = written.into_iter().filter(|word| activation(word).is_none()).collect();
        let call = |args: &[String]| match args {
            [] => format!("{name}{behind}"),
            args => format!("{name}({}){behind}", args.join(", ")),
        };
        let width = self.width_of(input);
        if let Some(value) = values.first() {
            if name == "Attention" {
                return self.own_input(value, input);
            }
            let value = messages::show_term(value);
            return match written.len() <= takes {
                true => messages::rather(&format!("{value} -> {}", call(&[written, named].concat()))),
                false => String::new(),
            };
        }
        if name == "Reshape" && !written.is_empty() {
            // PyTorch's first size is that of the batch.
            let sizes = if written[0] == "-1" { &written[1..] } else { &written[..] };
            return messages::rather(&format!("Reshape([{}])", sizes.join(", ").replace("-1", "_")));
        }
        // A word says by itself what it is for.
        let place = |word: &String| {
            let is_tie = word.starts_with("tie(");
            let takes = |param: &&Param| param.words.contains(&word.as_str()) || is_tie && param.name == "weight";
            layer.params().iter().find(|param| !param.positional && takes(param))
        };
        let terms = terms.into_iter().filter_map(|term| Some((term, messages::written(term)?)));
        let terms = terms.filter(|(_, word)| activation(word).is_none());
        let (words, terms): (Vec<_>, Vec<_>) = terms.partition(|(_, word)| place(word).is_some());
        let words = words.iter().filter_map(|(_, word)| Some(format!("{} = {word}", place(word)?.name)));
        let named: Vec<String> = words.chain(named).collect();
        let all = |terms: &[(&ast::Term, String)]| terms.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>();
        if terms.len() <= takes {
            return messages::rather(&call(&[all(&terms), named].concat()));
        }
        if layer.params().is_empty() {
            return messages::rather(name);
        }
        let is_width = |value: &String| width.is_some_and(|width| *value == width.to_string());
        // `Embedding(16, 0)` is as wide as `Embedding(16, padding_index = 0)`.
        let rows = name == "Embedding" && terms[1].1 != "0";
        // Nothing but the widths of input and output are two whole numbers.
        let both_widths = name == "Dense" && matches!(terms[1].0.kind, ast::TermKind::Int(_));
        // Of `Conv(6, 16, 5)` the input tells which number is its width.
        if matches!(input, Some(Flow::Poison))
            && foreign_names::has_input_width(name)
            && !(input_width_first || rows || both_widths)
        {
            return String::new();
        }
        // Of a sequence in PyTorch's order too.
        let is_time = |value: &String| match input {
            Some(Flow::One(id)) if name.ends_with("1d") => {
                self.values[*id].ty.dims().is_some_and(|dims| dims.len() == 2 && dims[0].to_string() == *value)
            }
            _ => false,
        };
        let first = input_width_first
            || rows
            || both_widths
            || foreign_names::has_input_width(name) && (is_width(&terms[0].1) || is_time(&terms[0].1));
        let is_activation = fireclay_ir::activation::ALL.iter().any(|f| f.name == name);
        // A norm's first may be the width of its input; a fraction is none.
        let width_of_norm = takes == 0 && !is_activation && !matches!(terms[0].0.kind, ast::TermKind::Float(_));
        let given = &terms[usize::from(first || width_of_norm)..];
        let (front, rest) = given.split_at(takes.min(given.len()));
        let mut inferred = given.len() < terms.len();
        let mut free = layer.params().iter().filter(|param| !param.positional).filter(|param| {
            let name = format!("{} = ", param.name);
            !named.iter().any(|argument| argument.starts_with(&name))
        });
        let mut placed = Vec::new();
        for (term, value) in rest {
            // What fits nothing that is left is left out.
            let rest = free.clone();
            match free.find(|param| fits(param, term) && (term_is_number(term) || flags(layer) == 1)) {
                Some(param) => placed.push(format!("{} = {value}", param.name)),
                None => (free, inferred) = (rest, inferred || is_width(value)),
            }
        }
        let nothing_placed = placed.is_empty();
        let code = call(&[all(front), placed, named].concat());
        match input {
            Some(Flow::One(id)) if rows => messages::rows_of_embedding(&terms[0].1, &self.values[*id].ty, &code),
            _ if inferred || name == "GroupNorm" => messages::inferred_here(&code),
            _ if nothing_placed => messages::rather(&code),
            _ => messages::by_name(&code),
        }
    }

    /// `Attention(x, x, x)`: what it takes.
    pub(super) fn own_input(&self, value: &ast::Term, input: Option<&Flow>) -> String {
        let width = self.width_of(input);
        let heads = [4, 2].into_iter().find(|heads| width.is_some_and(|width| width.is_multiple_of(*heads))).unwrap_or(1);
        messages::own_input(&format!("{} -> Attention({heads})", messages::show_term(value)))
    }

    /// `Conv2d(3, 16, kernel_size = 3)`: a first number that is the input's width, where those behind it have names already.
    pub(super) fn width_beside_names(
        &self,
        layer: &dyn Layer,
        args: &[ast::Arg],
        input: Option<&Flow>,
        input_width_first: bool,
    ) -> Option<(Span, String)> {
        let name = layer.name();
        let (named, others): (Vec<&ast::Arg>, Vec<&ast::Arg>) = args.iter().partition(|arg| arg.name.is_some());
        let first = others.first()?;
        let known: Vec<&str> = layer.params().iter().map(|param| param.name).collect();
        let ours = |arg: &ast::Arg| {
            let theirs = name_of(arg.name.as_ref()?);
            known.iter().copied().find(|name| *name == theirs).or_else(|| meant_argument(&theirs, &known))
        };
        let positional: Vec<&str> = layer.params().iter().filter(|param| param.positional).map(|param| param.name).collect();
        let taken = positional.iter().take(others.len());
        let twice = taken.clone().any(|taken| named.iter().any(|arg| ours(arg) == Some(taken)));
        let written: Vec<String> = others.iter().map(|arg| messages::written(&arg.value)).collect::<Option<_>>()?;
        let width = self.width_of(input).map(|width| width.to_string());
        let is_width = input_width_first
            || name == "Embedding"
            || foreign_names::has_input_width(name) && width.is_some_and(|width| width == written[0]);
        if !twice || !is_width || others.len() > positional.len() {
            return None;
        }
        let (mut front, mut named) = (written[1..].to_vec(), named);
        while let Some(next) = positional.get(front.len())
            && let Some(at) = named.iter().position(|arg| ours(arg) == Some(next))
        {
            front.push(messages::written(&named.remove(at).value)?);
        }
        let code = format!("{name}({})", [front, arguments(layer, named)].concat().join(", "));
        let text = match input {
            Some(Flow::One(id)) if name == "Embedding" => {
                messages::width_out(name, &written[0]) + &messages::rows_of_embedding(&written[0], &self.values[*id].ty, &code)
            }
            _ => messages::width_out(name, &written[0]) + &messages::rather(&code),
        };
        Some((first.value.span, text))
    }

    /// `bias = none`: the help of an argument that is to be nothing.
    pub(super) fn nothing(&self, frame: &Frame<'a>, layer: &dyn Layer, param: &Param, term: &ast::Term) -> Option<String> {
        let ast::TermKind::Name(word) = &term.kind else { return None };
        let word = name_of(word);
        if param.words.contains(&word.as_str()) || frame.value(&word).is_some() || frame.env.number(&word).is_some() {
            return None;
        }
        let lower = word.to_lowercase();
        let none = matches!(lower.as_str(), "none" | "null" | "nil");
        let name = param.name;
        if let DefaultValue::Bool(_) = param.default {
            let is_false = none || matches!(lower.as_str(), "no" | "off");
            let is_flag = is_false || matches!(lower.as_str(), "yes" | "on");
            return is_flag.then(|| messages::flag(layer.name(), name, &word, !is_false));
        }
        let help = match param.default {
            DefaultValue::Required => return None,
            _ if !none => return None,
            _ if param.words.contains(&"plain") => messages::rather(&format!("{name} = plain")),
            _ => messages::leave_out(name),
        };
        Some(messages::unknown_term(&word, &help))
    }

    /// Whether the first of more arguments than the layer takes is the width of its input, and the others are its own.
    pub(super) fn begins_with_width(&self, layer: &dyn Layer, args: &[ast::Arg], flow: &Flow, input_width_first: bool) -> bool {
        let takes = layer.params().iter().filter(|param| param.positional).count();
        let unnamed = args.iter().filter(|arg| arg.name.is_none()).count();
        let is_width = |arg: &ast::Arg| {
            self.width_of(Some(flow))
                .is_some_and(|width| messages::written(&arg.value).is_some_and(|value| value == width.to_string()))
        };
        let first = args.first().is_some_and(|arg| input_width_first || is_width(arg));
        first && unnamed > takes && foreign_names::has_input_width(layer.name())
    }

    fn width_of(&self, input: Option<&Flow>) -> Option<usize> {
        let Some(Flow::One(id)) = input else { return None };
        width(&self.values[*id].ty)
    }
}

/// The name of an argument here that another library calls so.
pub(super) fn meant_argument(name: &str, known: &[&str]) -> Option<&'static str> {
    const FUNCTION: &str = "nonlinearity";
    match foreign_names::argument(name)? {
        ArgMeaning::Is(ours) => ours.iter().copied().find(|name| known.contains(name)),
        ArgMeaning::Written(_) if matches!(name, "activation" | "act") && known.contains(&FUNCTION) => Some(FUNCTION),
        _ => None,
    }
}

/// Arguments with names, under the names that they have here; without those that mean nothing here.
pub(super) fn arguments(layer: &dyn Layer, named: Vec<&ast::Arg>) -> Vec<String> {
    let known: Vec<&str> = layer.params().iter().map(|param| param.name).collect();
    let shown = |arg: &ast::Arg| {
        let theirs = name_of(arg.name.as_ref()?);
        let ours = known.iter().copied().find(|name| *name == theirs).or_else(|| meant_argument(&theirs, &known));
        let ours = match ours {
            None if foreign_names::argument(&theirs).is_none() => suggest::nearest(&theirs, known.iter().copied()),
            ours => ours,
        }?;
        let words = layer.params().iter().find(|param| param.name == ours)?.words;
        let value = match messages::show_term(&arg.value) {
            value if value == "True" || value == "False" => value.to_lowercase(),
            value => foreign_names::word(&value, words).map_or(value, ToOwned::to_owned),
        };
        Some(format!("{ours} = {value}"))
    };
    named.into_iter().filter_map(shown).collect()
}

/// Whether it is a number, or something that stands for one or several.
fn term_is_number(term: &ast::Term) -> bool {
    !matches!(term.kind, ast::TermKind::Bool(_))
}

/// How many arguments of a layer are true or false.
fn flags(layer: &dyn Layer) -> usize {
    layer.params().iter().filter(|param| matches!(param.default, DefaultValue::Bool(_))).count()
}

/// Whether what stands without a name may be meant for this argument.
pub(super) fn fits(param: &Param, term: &ast::Term) -> bool {
    match term.kind {
        // PyTorch's second argument of dropout is `inplace`.
        ast::TermKind::Bool(_) => matches!(param.default, DefaultValue::Bool(_)) && param.name != "inverted",
        ast::TermKind::Float(_) => matches!(param.default, DefaultValue::Float(_)),
        _ => match param.default {
            DefaultValue::Required | DefaultValue::SameAs(_) | DefaultValue::Int(_) => param.takes_numbers(),
            DefaultValue::Absent => matches!(param.name, "output_pad" | "padding_index"),
            DefaultValue::Float(_) | DefaultValue::Bool(_) | DefaultValue::Word(_) => false,
        },
    }
}

/// Whether it is the name of a value.
pub(super) fn is_value(frame: &Frame<'_>, term: &ast::Term) -> bool {
    matches!(&term.kind, ast::TermKind::Name(name) if frame.value(&name_of(name)).is_some())
}

/// The width of an input, which other libraries write: channels, features, or the number of indices.
fn width(ty: &ValueType) -> Option<usize> {
    match ty {
        ValueType::Tensor(dims) | ValueType::Typed(_, dims) => dims.get(channel_axis(dims.len()))?.num(),
        ValueType::Indices { bound, .. } | ValueType::Index { bound } => Some(*bound),
    }
}
