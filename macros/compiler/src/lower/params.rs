//! Arguments meet parameters: of layers and of blocks.

use super::eval::Words;
use super::foreign_names::{self, ArgMeaning};
use super::scope::{BlockId, Entry, Env, Frame};
use super::value::Flow;
use super::{Lower, messages, suggest};
use crate::graph::{ValueType, channel_axis};
use crate::layers::{self, ArgValue, Args, DefaultValue, Layer, Param};
use crate::syntax::ast;
use proc_macro2::{Ident, Span};
use std::rc::Rc;
use syn::ext::IdentExt;

/// A parameter that an argument may be for.
struct Formal<'p> {
    name: &'p str,
    positional: bool,
    /// Of a layer.
    param: Option<&'p Param>,
}

impl Formal<'_> {
    /// Whether a value without a name may be meant for it.
    fn may_be(&self, term: &ast::Term) -> bool {
        self.positional || self.param.is_none_or(|param| fits(param, term))
    }
}

impl<'a> Lower<'a, '_> {
    /// For each parameter its argument; false when some argument has no place.
    fn bind(
        &mut self,
        what: &str,
        formals: &[Formal<'_>],
        args: &'a [ast::Arg],
        surplus: impl Fn(&Self) -> String,
    ) -> (Vec<Option<&'a ast::Arg>>, bool) {
        let mut is_surplus = false;
        let mut bound: Vec<Option<&'a ast::Arg>> = vec![None; formals.len()];
        let mut good = true;
        let mut next = 0;
        let mut named = false;
        for arg in args {
            self.quotes(&arg.value);
            let (i, span) = if let Some(ident) = &arg.name {
                named = true;
                let name = ident.unraw().to_string();
                let Some(i) = formals.iter().position(|f| f.name == name) else {
                    let names: Vec<&str> = formals.iter().map(|f| f.name).collect();
                    let foreign = layers::find(what).and_then(|_| foreign_names::argument(&name));
                    let is = meant_argument(&name, &names);
                    let near = || is.or_else(|| suggest::nearest(&name, names.iter().copied()));
                    let text = match foreign {
                        _ if is.is_some() => messages::no_argument(what, &name, &names, is),
                        // Of a layer that gives as many features as it takes.
                        Some(ArgMeaning::Is(["features", "hidden"]) | ArgMeaning::Inferred) => {
                            messages::foreign_argument(what, &name, &messages::inferred_argument(&name))
                        }
                        Some(ArgMeaning::Written(help)) => messages::foreign_argument(what, &name, help),
                        _ => messages::no_argument(what, &name, &names, near()),
                    };
                    self.error(ident.span(), text);
                    good = false;
                    continue;
                };
                (i, ident.span())
            } else {
                let positional: Vec<&str> = formals.iter().filter(|f| f.positional).map(|f| f.name).collect();
                let Some(i) = formals.iter().enumerate().filter(|(_, f)| f.positional).map(|(i, _)| i).nth(next) else {
                    if !std::mem::replace(&mut is_surplus, true) {
                        let text = messages::too_many_arguments(what, &positional, formals.len()) + &surplus(self);
                        self.error(arg.value.span, text);
                    }
                    good = false;
                    continue;
                };
                next += 1;
                if named {
                    let is_named =
                        |name: &str| args.iter().any(|arg| arg.name.as_ref().is_some_and(|given| name_of(given) == name));
                    let mut free = formals.iter().zip(&bound).filter(|(f, bound)| bound.is_none() && !is_named(f.name));
                    let meant = free.find(|(formal, _)| formal.may_be(&arg.value)).map(|(formal, _)| formal.name);
                    self.error(arg.value.span, messages::positional_after_named(meant));
                    good = false;
                    continue;
                }
                (i, arg.value.span)
            };
            if bound[i].is_some() {
                let positional: Vec<&str> = formals.iter().filter(|f| f.positional).map(|f| f.name).collect();
                self.error(span, messages::given_twice(what, formals[i].name, &positional));
                good = false;
            } else {
                bound[i] = Some(arg);
            }
        }
        (bound, good)
    }

    /// More arguments without a name than a layer takes: what was meant by them.
    /// `input_width_first`: the name is of a library whose layer takes the width of its input first.
    fn surplus(
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
        let takes = layer.params().iter().filter(|param| param.positional).count();
        let width = match input {
            Some(Flow::One(id)) => width(&self.values[*id].ty),
            _ => None,
        };
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
        // PyTorch's axis counts that of the batch.
        if layer.params().first().is_some_and(|param| param.name == "axis") {
            let inferred = written.iter().any(|value| width.is_some_and(|width| *value == width.to_string()));
            return if inferred { messages::inferred_here(&call(&named)) } else { messages::rather(&call(&named)) };
        }
        // A word says by itself what it is for.
        let place = |word: &String| layer.params().iter().find(|p| !p.positional && p.words.contains(&word.as_str()));
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
        // Of a sequence in PyTorch's order too.
        let is_time = |value: &String| match input {
            Some(Flow::One(id)) if name.ends_with("1d") => {
                self.values[*id].ty.dims().is_some_and(|dims| dims.len() == 2 && dims[0].to_string() == *value)
            }
            _ => false,
        };
        let first =
            input_width_first || rows || foreign_names::has_input_width(name) && (is_width(&terms[0].1) || is_time(&terms[0].1));
        let is_activation = fireclay_ir::activation::ALL.iter().any(|f| f.name == name);
        let given = &terms[usize::from(first || takes == 0 && !is_activation)..];
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
    fn own_input(&self, value: &ast::Term, input: Option<&Flow>) -> String {
        let width = match input {
            Some(Flow::One(id)) => width(&self.values[*id].ty),
            _ => None,
        };
        let heads = [4, 2].into_iter().find(|heads| width.is_some_and(|width| width.is_multiple_of(*heads))).unwrap_or(1);
        messages::own_input(&format!("{} -> Attention({heads})", messages::show_term(value)))
    }

    /// `Conv2d(3, 16, kernel_size = 3)`: a first number that is the input's width, where those behind it have names already.
    fn width_beside_names(
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
        let width = match input {
            Some(Flow::One(id)) => width(&self.values[*id].ty).map(|width| width.to_string()),
            _ => None,
        };
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
    fn nothing(&self, frame: &Frame<'a>, layer: &dyn Layer, param: &Param, term: &ast::Term) -> Option<String> {
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

    /// A layer's arguments without the defaults.
    fn given(
        &mut self,
        frame: &Frame<'a>,
        layer: &dyn Layer,
        args: &'a [ast::Arg],
        input: Option<&Flow>,
        input_width_first: bool,
    ) -> Option<Args> {
        if let Some((span, text)) = self.width_beside_names(layer, args, input, input_width_first) {
            return self.fail(span, text);
        }
        let formals: Vec<Formal<'_>> =
            layer.params().iter().map(|p| Formal { name: p.name, positional: p.positional, param: Some(p) }).collect();
        let (bound, mut good) =
            self.bind(layer.name(), &formals, args, |lower| lower.surplus(frame, layer, args, input, input_width_first));
        let mut result = Args::default();
        for (param, arg) in layer.params().iter().zip(bound) {
            let Some(arg) = arg else { continue };
            if layer.name() == "Attention" && is_value(frame, &arg.value) {
                let text = messages::heads_are_a_number(&messages::show_term(&arg.value));
                self.error(arg.value.span, text + &self.own_input(&arg.value, input));
                good = false;
                continue;
            }
            if let Some(text) = self.nothing(frame, layer, param, &arg.value) {
                self.error(arg.value.span, text);
                good = false;
                continue;
            }
            let words = Words::Argument { words: param.words, fraction: param.fraction, numbers: param.takes_numbers() };
            let Some(value) = self.eval(frame, &arg.value, words) else {
                good = false;
                continue;
            };
            if let Some(word) = foreign_word(&value, param.words) {
                self.error(arg.value.span, messages::foreign_word(layer.name(), param, word));
                good = false;
                continue;
            }
            result.set(param.name, value, arg.value.span);
        }
        good.then_some(result)
    }

    /// A layer's arguments: given, or else by the innermost `default`.
    pub(super) fn layer_args(
        &mut self,
        frame: &Frame<'a>,
        layer: &'static dyn Layer,
        args: &'a [ast::Arg],
        input: Option<&Flow>,
        span: Span,
        input_width_first: bool,
    ) -> Option<Args> {
        let mut result = self.given(frame, layer, args, input, input_width_first)?;
        for entry in frame.env.entries() {
            if let Entry::Default(name, defaults) = entry
                && *name == layer.name()
            {
                // What a wrong default would have said is not known.
                let defaults = defaults.as_ref()?;
                for param in layer.params() {
                    if let (None, Some((value, span))) = (result.get(param.name), defaults.get(param.name)) {
                        result.set_default(param.name, value.clone(), span);
                    }
                }
            }
        }
        let missing: Vec<&str> =
            layer.params().iter().filter(|p| p.is_required() && result.get(p.name).is_none()).map(|p| p.name).collect();
        if missing.is_empty() {
            return Some(result);
        }
        let required: Vec<&str> = layer.params().iter().filter(|p| p.is_required()).map(|p| p.name).collect();
        self.fail(span, messages::missing_arguments(layer.name(), &missing, &required))
    }

    /// `default Conv(pad = same);`
    pub(super) fn default_item(&mut self, frame: &mut Frame<'a>, item: &'a ast::Default) {
        let name = item.layer.unraw().to_string();
        let Some(layer) = layers::find(&name).filter(|_| !super::stage::is_operator(&name)) else {
            if self.wrong_blocks.contains(&name) {
                return;
            }
            let text = if frame.env.block(&name).is_some() {
                messages::default_of_block(&name)
            } else if let Some(meaning) = self.foreign(frame, &name) {
                messages::foreign_stage(&name, meaning)
            } else {
                messages::unknown_stage(&name, suggest::nearest(&name, super::stage::layer_names()))
            };
            self.error(item.layer.span(), text);
            return;
        };
        let args = self.given(frame, layer, &item.args, None, false).map(Rc::new);
        frame.env = frame.env.with(Entry::Default(layer.name(), args));
    }

    /// A block's parameters: given, or else by their defaults, which see the parameters before them and the block's values.
    pub(super) fn block_args(
        &mut self,
        frame: &Frame<'a>,
        block: BlockId,
        args: &'a [ast::Arg],
        values: &[(String, Flow)],
        span: Span,
    ) -> Option<Vec<(String, Option<ArgValue>)>> {
        let ast = self.blocks[block].ast;
        let names: Vec<String> = ast.params.iter().map(|p| p.name.unraw().to_string()).collect();
        let formals: Vec<Formal<'_>> = names.iter().map(|name| Formal { name, positional: true, param: None }).collect();
        let (bound, good) = self.bind(&ast.name.unraw().to_string(), &formals, args, |_| String::new());
        let mut inner = Frame { env: self.blocks[block].env.clone(), values: values.to_vec(), ..Frame::default() };
        let mut result = Vec::new();
        let mut missing = Vec::new();
        for ((param, name), arg) in ast.params.iter().zip(&names).zip(bound) {
            let value = match (arg, &param.default) {
                (Some(arg), _) => self.eval(frame, &arg.value, Words::Any),
                // What was given under a wrong name may have been meant for this one.
                (None, _) if !good => None,
                (None, Some(default)) => self.eval(&inner, default, Words::Any),
                (None, None) => {
                    missing.push(name.as_str());
                    None
                }
            };
            inner.env = inner.env.with(Entry::Local(name.clone(), value.clone()));
            result.push((name.clone(), value));
        }
        if !missing.is_empty() {
            let required: Vec<&str> =
                ast.params.iter().zip(&names).filter(|(p, _)| p.default.is_none()).map(|(_, name)| name.as_str()).collect();
            return self.fail(span, messages::missing_arguments(&ast.name.to_string(), &missing, &required));
        }
        // Where an argument has no place the body is still looked at: it may have mistakes of its own.
        Some(result)
    }

    /// The environment of a block's body.
    pub(super) fn block_env(&self, block: BlockId, args: &[(String, Option<ArgValue>)]) -> Env {
        let env = self.blocks[block].env.clone();
        args.iter().fold(env, |env, (name, value)| env.with(Entry::Local(name.clone(), value.clone())))
    }
}

/// The name of an argument here that another library calls so.
fn meant_argument(name: &str, known: &[&str]) -> Option<&'static str> {
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
fn fits(param: &Param, term: &ast::Term) -> bool {
    match term.kind {
        ast::TermKind::Bool(_) => matches!(param.default, DefaultValue::Bool(_)),
        ast::TermKind::Float(_) => matches!(param.default, DefaultValue::Float(_)),
        _ => match param.default {
            DefaultValue::Required | DefaultValue::SameAs(_) | DefaultValue::Int(_) => param.takes_numbers(),
            DefaultValue::Absent => matches!(param.name, "output_pad" | "padding_index"),
            DefaultValue::Float(_) | DefaultValue::Bool(_) | DefaultValue::Word(_) => false,
        },
    }
}

/// Whether it is the name of a value.
fn is_value(frame: &Frame<'_>, term: &ast::Term) -> bool {
    matches!(&term.kind, ast::TermKind::Name(name) if frame.value(&name_of(name)).is_some())
}

/// The width of an input, which other libraries write: channels, features, or the number of indices.
fn width(ty: &ValueType) -> Option<usize> {
    match ty {
        ValueType::Tensor(dims) | ValueType::Typed(_, dims) => dims.get(channel_axis(dims.len()))?.num(),
        ValueType::Indices { bound, .. } | ValueType::Index { bound } => Some(*bound),
    }
}

/// A name without `r#`.
pub(super) fn name_of(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// A word that came through a block's parameter to an argument that does not know it.
fn foreign_word<'v>(value: &'v ArgValue, words: &[&str]) -> Option<&'v str> {
    match value {
        ArgValue::Word(word) => (!words.contains(&word.as_str())).then_some(word),
        ArgValue::Tuple(items) | ArgValue::List(items) => items.iter().find_map(|item| foreign_word(item, words)),
        _ => None,
    }
}
