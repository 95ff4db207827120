//! Arguments meet parameters: of layers and of blocks.

use super::eval::Words;
use super::foreign_names::{self, ArgMeaning};
use super::meant::{fits, is_value, meant_argument};
use super::scope::{BlockId, Entry, Env, Frame};
use super::tie::{tie_called_so, tie_meant};
use super::value::Flow;
use super::{Lower, messages, suggest};
use crate::layers::{self, ArgValue, Args, Layer, Param};
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
    /// For each parameter its argument; false when some argument has no place. `surplus` and `elsewhere` say what was meant by those
    /// without a name that are too many, and by one whose name is another library's.
    fn bind(
        &mut self,
        what: &str,
        formals: &[Formal<'_>],
        args: &'a [ast::Arg],
        surplus: impl Fn(&Self) -> String,
        elsewhere: impl Fn(&Self, &ast::Arg, &str) -> Option<String>,
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
                    let written = elsewhere(self, arg, &name);
                    let text = match foreign {
                        _ if written.is_some() => messages::foreign_argument(what, &name, &written.unwrap_or_default()),
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
        let (bound, mut good) = self.bind(
            layer.name(),
            &formals,
            args,
            |lower| lower.surplus(frame, layer, args, input, input_width_first),
            |lower, arg, name| {
                let tied = || tie_called_so(frame, layer, name, &arg.value);
                lower.axis_called_dim(layer, name, &arg.value, input).or_else(tied)
            },
        );
        let mut result = Args::default();
        for (param, arg) in layer.params().iter().zip(bound) {
            let Some(arg) = arg else { continue };
            if layer.name() == "Attention" && is_value(frame, &arg.value) {
                let text = messages::heads_are_a_number(&messages::show_term(&arg.value));
                self.error(arg.value.span, text + &self.own_input(&arg.value, input));
                good = false;
                continue;
            }
            if let Some(code) = tie_meant(frame, param.name, &arg.value) {
                self.error(arg.value.span, messages::tie_without_word(&code));
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
        let (bound, good) = self.bind(&ast.name.unraw().to_string(), &formals, args, |_| String::new(), |_, _, _| None);
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
