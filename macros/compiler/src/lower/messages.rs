//! Every wording of lowering. First what is wrong, with its numbers; then the way out. The layers word what they know themselves.

use super::foreign_names::{self, Meaning};
use crate::graph::{Size, Value, ValueType, show};
use crate::layers::ArgValue;
use crate::syntax::ast::{Term, TermKind};
use proc_macro2::Ident;

/// `a, b, c`
fn list<T: AsRef<str>>(names: &[T]) -> String {
    names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

/// `1 value`, `2 values`
fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn meant(near: Option<&str>) -> String {
    near.map(did_you_mean).unwrap_or_default()
}

pub fn did_you_mean(name: &str) -> String {
    format!("\n  help: did you mean `{name}`?")
}

pub fn words_are(words: &[&str]) -> String {
    format!("\n  help: it may be a number or one of {}", list(words))
}

pub fn not_yet(what: &str) -> String {
    format!("not yet: {what}")
}

/// A layer failed without saying why: a mistake of the compiler, but never a silent one.
pub fn unexplained(what: &str) -> String {
    format!("{what}: this does not fit (please report this message: it should say why)")
}

/// What only a mistake of the compiler leads to.
pub fn own_mistake(what: &str, mistake: &str) -> String {
    format!("{what}: a mistake of fireclay's own (please report it): {mistake}")
}

/// `in layer1.0: Basic, used in line 12`
pub fn used_in(uses: impl Iterator<Item = (String, usize)>) -> String {
    let uses: Vec<(String, usize)> = uses.collect();
    let mut text: String = uses.iter().take(4).map(|(name, line)| format!("\n  in {name}, used in line {line}")).collect();
    if uses.len() > 4 {
        text += &format!("\n  and {} more around it", uses.len() - 4);
    }
    text
}

// Where values come from.

pub fn origin_input(name: &str) -> String {
    format!("the input {name}")
}

pub fn origin(what: &str, back: usize) -> String {
    const WORDS: [&str; 9] = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    match back {
        0 | 1 => format!("from {what} just before"),
        n => WORDS
            .get(n - 2)
            .map_or_else(|| format!("from {what} {n} stages before"), |word| format!("from {what} {word} stages before")),
    }
}

// Terms.

pub fn nested() -> String {
    "this is nested too deeply".to_owned()
}

pub fn too_large(n: u64) -> String {
    format!("{n} is too large for a size")
}

pub fn size_below_one(n: i64) -> String {
    format!("a size is at least 1; this is {n}")
}

pub fn whole_number(what: &str, got: &ArgValue) -> String {
    format!("{what} is a whole number, not `{got}`")
}

pub fn type_as_number(ty: &str) -> String {
    format!(
        "not yet: `{ty}` here: this number must be known to the macro\n  help: `{ty}` is taken as a type; declare `const {ty} = …;` if it is a number"
    )
}

pub fn rust_constant(name: &str) -> String {
    format!("`{name}` is a Rust constant, which a macro cannot see\n  help: declare `const {name} = 16;` inside network!")
}

pub fn unknown_term(name: &str, help: &str) -> String {
    format!("no number, word or value is called `{name}`{help}")
}

pub fn tuple_in_term(name: &str) -> String {
    format!("`{name}` is a tuple; a single value is wanted here")
}

pub fn unknown_value(name: &str, near: Option<&str>) -> String {
    format!("no value is called `{name}`{}", meant(near))
}

pub fn unknown_within(name: &str, block: &str, values: &[String], numbers: bool) -> String {
    let values: Vec<&str> = values.iter().map(String::as_str).chain([name]).collect();
    let numbers = if numbers { "; …" } else { "" };
    format!("no value is called `{name}`: a block sees only what it is given\n  help: block {block}({}{numbers})", list(&values))
}

pub fn unknown_field(field: &str, near: Option<&str>) -> String {
    format!(
        "a value has no `{field}`{}\n  a value has channels, height and width (and regions, where there are four sizes), or time and features, or features",
        meant(near)
    )
}

pub fn no_such_axis(value: &str, ty: &ValueType, field: &str) -> String {
    let has = match ty {
        ValueType::Tensor(dims) | ValueType::Typed(_, dims) => match dims.len() {
            1 => "features",
            2 => "time and features",
            3 => "channels, height and width",
            _ => "regions, channels, height and width",
        },
        ValueType::Indices { .. } => "time",
        ValueType::Index { .. } => "no axes",
    };
    format!("{value} is {ty}: it has {has}, not `{field}`")
}

pub fn overflow(op: &str, a: i64, b: Option<i64>) -> String {
    match b {
        Some(b) => format!("{a} {op} {b} is too large"),
        None => format!("{op}{a} is too large"),
    }
}

pub fn by_zero(op: &str, a: i64) -> String {
    format!("{a} {op} 0: division by zero")
}

pub fn operand(op: &str, wants: &str, got: &ArgValue) -> String {
    format!("`{op}` takes {wants}, not `{got}`")
}

pub fn incomparable(a: &ArgValue, b: &ArgValue) -> String {
    format!("`{a}` and `{b}` cannot be compared")
}

pub fn condition(got: &ArgValue) -> String {
    format!("a condition is true or false, not `{got}`")
}

pub fn if_on_type(ty: &str) -> String {
    format!("not yet: `if` on `{ty}`, a size that is a type")
}

pub fn arithmetic_on_type(ty: &str) -> String {
    format!("not yet: arithmetic on `{ty}`, a size that is a type")
}

/// A term as it was written, where it is short.
pub fn show_term(term: &Term) -> String {
    written(term).unwrap_or_else(|| "(…)".to_owned())
}

/// The same, where all of it is shown.
pub fn written(term: &Term) -> Option<String> {
    let all = |items: &[Term]| items.iter().map(written).collect::<Option<Vec<_>>>().map(|items| items.join(", "));
    Some(match &term.kind {
        TermKind::Int(n) => n.to_string(),
        TermKind::Float(x) => format!("{x:?}"),
        TermKind::Bool(b) => b.to_string(),
        TermKind::Wild => "_".to_owned(),
        TermKind::Name(name) => name.to_string(),
        TermKind::Field(value, field) => format!("{value}.{field}"),
        TermKind::Unary(_, a) if matches!(a.kind, TermKind::Int(_) | TermKind::Float(_)) => format!("-{}", written(a)?),
        TermKind::Tuple(items) if items.len() > 1 && items.iter().all(is_atom) => format!("({})", all(items)?),
        TermKind::List(items) if items.iter().all(is_atom) => format!("[{}]", all(items)?),
        _ => return None,
    })
}

fn is_atom(term: &Term) -> bool {
    !matches!(term.kind, TermKind::Tuple(_) | TermKind::List(_))
}

// Borders.

/// `without` is the same without its first size.
pub fn rank(rank: usize, without: Option<&str>) -> String {
    match without {
        Some(without) => format!("not yet: values with {rank} sizes\n  help: the batch is not written: `{without}`"),
        None => {
            format!(
                "not yet: values with {rank} sizes; a value is [features], [time, features], [channels, height, width] or [regions, channels, height, width]"
            )
        }
    }
}

/// `[_, 784]`
pub fn batch_written(without: &str) -> String {
    format!("the batch is the one size that is known only when running\n  help: it is not written: `{without}`")
}

pub fn huge(what: &str, dims: &[Size]) -> String {
    format!("{what}: {} are too many numbers", show(dims))
}

pub fn no_axes(label: &str) -> String {
    format!("{label}: the result has no axes")
}

pub fn indices_from_zero() -> String {
    "indices start at 0: write [0..bound] or [0..bound; length]".to_owned()
}

pub fn network_twice(name: &str, line: usize) -> String {
    format!("a network called {name} stands in line {line} already")
}

pub fn input_twice(name: &str) -> String {
    format!("two inputs are called `{name}`")
}

pub fn output_twice(name: &str) -> String {
    format!("output `{name}` is given twice")
}

pub fn network_inside() -> String {
    "a network stands beside others, not inside one".to_owned()
}

pub fn derived_clone() -> String {
    "networks have `clone` without this: `net.clone()` is a copy of the whole network, in a box\n  help: remove it".to_owned()
}

pub fn empty_attribute() -> String {
    "#[fireclay(…)] says nothing\n  help: remove it".to_owned()
}

pub fn border_too_wide(what: &str, most: usize) -> String {
    format!("a network has at most {most} {what}\n  help: `concat` puts several values into one")
}

/// Before what is wrong only when a sequence is taken step by step.
pub fn while_stepping(text: &str) -> String {
    format!("with #[fireclay(step)]: {text}")
}

pub fn no_step(label: &str) -> String {
    format!("{label} needs the whole sequence; it cannot take one step at a time")
}

pub fn nothing_to_step(name: &str) -> String {
    format!("{name} has no sequence to go through\n  help: an input such as [64, 8] or [0..96; 64]")
}

pub fn steps_differ(first: usize, other: usize) -> String {
    format!("the inputs have {first} and {other} steps; all sequences go through time together")
}

pub fn step_changes(path: &str) -> String {
    format!("{path} would have another shape for one step: a layer works on the whole sequence")
}

pub fn unknown_attribute(text: &str) -> String {
    format!("#[fireclay(…)] knows no `{text}`\n  help: it takes `step` and `exact`")
}

// Arguments.

pub fn inferred_argument(name: &str) -> String {
    format!("the input's sizes are inferred: leave `{name}` out")
}

pub fn foreign_argument(what: &str, name: &str, help: &str) -> String {
    format!("{what} has no argument `{name}`\n  help: {help}")
}

pub fn no_argument(what: &str, name: &str, known: &[&str], near: Option<&str>) -> String {
    let help = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    if known.is_empty() {
        return format!("{what} has no argument `{name}`: it takes none");
    }
    format!("{what} has no argument `{name}`\n  help: {help}{what} takes {}", list(known))
}

pub fn too_many_arguments(what: &str, positional: &[&str], all: usize) -> String {
    match positional {
        [] if all == 0 => format!("{what} takes no arguments"),
        [] => format!("{what} takes its arguments by name only"),
        names => format!("{what} takes {} without a name: {}", count(names.len(), "argument"), list(names)),
    }
}

/// `BatchNorm(6)`, `Conv(3, 16, 5)`
pub fn inferred_here(code: &str) -> String {
    format!("\n  help: the input's sizes are inferred: `{code}`")
}

/// `MaxPool(2, 2)`
pub fn by_name(code: &str) -> String {
    format!("\n  help: the others go by name: `{code}`")
}

/// Something other than what was written, in full.
pub fn rather(code: &str) -> String {
    format!("\n  help: `{code}`")
}

pub fn positional_after_named(name: &str) -> String {
    format!("after an argument with a name all have names\n  help: `{name} = …`")
}

pub fn given_twice(what: &str, name: &str, positional: &[&str]) -> String {
    let help = if positional.contains(&name) {
        format!("\n  help: without names stand {}, in this order", list(positional))
    } else {
        String::new()
    };
    format!("{what}: `{name}` is given twice{help}")
}

pub fn missing_arguments(what: &str, missing: &[&str], required: &[&str]) -> String {
    let missing: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
    format!("{what} needs {}\n  help: {what}({})", missing.join(" and "), list(required))
}

pub fn foreign_word(layer: &str, param: &str, word: &str, words: &[&str]) -> String {
    match words {
        [] => format!("{layer}: {param} takes a number, not the word `{word}`"),
        words => format!("{layer}: {param} knows no `{word}`\n  help: it may be a number or one of {}", list(words)),
    }
}

pub fn default_of_block(name: &str) -> String {
    format!("{name} is a block: its defaults stand where it is declared\n  help: block {name}(x; size = 3) {{ … }}")
}

// Stages.

pub fn unknown_stage(name: &str, near: Option<&str>) -> String {
    format!("no layer or block is called `{name}`{}", meant(near))
}

/// What another library calls so.
pub fn foreign_stage(name: &str, meaning: Meaning) -> String {
    let unknown = || unknown_stage(name, None);
    match meaning {
        Meaning::Layer(layer) => {
            let mut text = unknown_stage(name, Some(layer));
            if crate::layers::WITHOUT_CODE.contains(&layer) {
                let instead = foreign_names::instead(layer).map(|code| format!("; `{code}` does the same")).unwrap_or_default();
                text += &format!("\n  not yet: {layer} is checked, but there is no code for it so far{instead}");
            }
            text
        }
        Meaning::Written(help) => format!("{}\n  help: {help}", unknown()),
        Meaning::Loss(loss) => {
            let logits = if loss == "CrossEntropy" { " (it takes logits, without Softmax before it)" } else { "" };
            format!(
                "`{name}` is a loss: it stands where a network is trained, not within{logits}\n  help: `Trainer::new({loss}, …)`, or `.loss({loss}, &targets)`"
            )
        }
        Meaning::Optimizer(optimizer) => format!(
            "`{name}` is an optimizer: it stands where a network is trained, not within\n  help: `Trainer::new(…, {optimizer}::new(0.001))`"
        ),
        Meaning::NotYet => not_yet(&format!("`{name}`")),
    }
}

/// `Sigmoid(h)`
pub fn layer_as_function(name: &str, code: &str) -> String {
    format!("`{name}` is no function: a layer stands right of `->`\n  help: `{code}`")
}

pub fn unknown_function(name: &str, near: Option<&str>) -> String {
    let help = near.map_or_else(|| "\n  help: a layer stands right of `->`: `x -> Conv(8, 3)`".to_owned(), did_you_mean);
    format!("no function is called `{name}`{help}")
}

pub fn operator_as_stage(name: &str) -> String {
    let symbol = match name {
        "add" => "+",
        "sub" => "-",
        _ => "*",
    };
    format!("`{name}` is written `a {symbol} b`")
}

pub fn network_without_net(name: &str) -> String {
    format!("{name} is a network\n  help: net {name}")
}

pub fn value_as_stage(name: &str) -> String {
    format!("`{name}` is a value; right of `->` stands a layer, a block or a label")
}

pub fn number_as_stage(name: &str) -> String {
    format!("`{name}` is a number; right of `->` stands a layer, a block or a label")
}

pub fn stage_as_value(name: &str) -> String {
    format!("`{name}` is no value: it stands right of `->`\n  help: x -> {name}")
}

pub fn label_is_no_value(name: &str) -> String {
    format!("`{name}` is a label: it names a layer, not a value\n  help: bind the value: `let {name} = …;`")
}

pub fn label_before_if(name: &str) -> String {
    format!("the label `{name}` cannot stand before `if`\n  help: label the stages within")
}

pub fn label_twice(name: &str, line: usize) -> String {
    format!(
        "the label `{name}` stands in line {line} already\n  help: another label; or `{name}` alone, to use the same weights again"
    )
}

pub fn arguments_again(name: &str) -> String {
    format!("{name} is used again: its arguments are those of its declaration\n  help: `{name}` alone; or another label")
}

pub fn label_again(label: &str, name: &str) -> String {
    format!("{name} is used again and has its label\n  help: `{name}` alone, without `{label}:`")
}

pub fn frozen_again(name: &str, line: usize) -> String {
    format!("{name} is trained by its use in line {line}\n  help: write #[frozen] there")
}

/// `1 channel`, `6 features`
fn width(inputs: &[ValueType]) -> Option<(usize, &'static str)> {
    match inputs {
        [ValueType::Tensor(dims) | ValueType::Typed(_, dims)] => match dims.as_slice() {
            [Size::Num(n), _, _] | [_, Size::Num(n), _, _] => Some((*n, "channel")),
            [.., Size::Num(n)] => Some((*n, "feature")),
            _ => None,
        },
        _ => None,
    }
}

pub fn other_weights(
    label: &str,
    line: usize,
    then: &[ValueType],
    now: &[ValueType],
    differ: Option<(&Vec<Size>, &Vec<Size>)>,
) -> String {
    if let (Some((a, what)), Some((b, what_now))) = (width(then), width(now))
        && (a, what) != (b, what_now)
    {
        let unit = if what == what_now { String::new() } else { format!(" {what_now}{}", if b == 1 { "" } else { "s" }) };
        return format!("{label} has weights for {} (declared in line {line}); this input has {b}{unit}", count(a, what));
    }
    let weights = |dims: &Vec<Size>| show(dims);
    match differ {
        Some((a, b)) => format!("{label} has weights {} (declared in line {line}); this input needs {}", weights(a), weights(b)),
        None => format!("{label} has other weights (declared in line {line}) than this input needs"),
    }
}

pub fn other_weights_within(
    label: &str,
    line: usize,
    path: &str,
    there: Option<&[Size]>,
    needed: &[Size],
    now: &[ValueType],
) -> String {
    let inner = match width(now) {
        Some((n, what)) => format!(" for {}", count(n, what)),
        None => String::new(),
    };
    match there {
        Some(there) => format!(
            "{label} has {path} of shape {} (declared in line {line}); this input needs {}{inner}",
            show(there),
            show(needed)
        ),
        None => {
            format!("{label} has no {path} (declared in line {line}); with this input it needs one of shape {}", show(needed))
        }
    }
}

pub fn fewer_weights(label: &str, line: usize) -> String {
    format!("{label} has weights (declared in line {line}) that it does not use with this input")
}

pub fn clash_via(path: &str, what: &str) -> String {
    if what == "list" {
        // Beside a list with a label one without would be wrong too.
        return format!("two parameters would be called `{path}`\n  help: give each list a label: `name: […]`");
    }
    format!("two parameters would be called `{path}`\n  help: give this {what} a label: `name: {what}`")
}

pub fn numbers_beside_names() -> String {
    "the elements of this list are called by their numbers, which cannot stand beside labels\n  help: give this list a label: `name: […]`".to_owned()
}

pub fn clash_label(path: &str) -> String {
    format!("two parameters would be called `{path}`\n  help: another label")
}

pub fn clash_unlabelled(path: &str, what: &str) -> String {
    format!("two parameters would be called `{path}`\n  help: give this {what} a label: `name: {what}`")
}

pub fn name_in_tuple(name: &str) -> String {
    format!("`{name}:` has no meaning here: names are for outputs, and for the values of blocks and networks")
}

/// An argument with which it would be so.
pub fn repair(args: &str, layer: &str, gives: &ValueType) -> String {
    format!("\n  help: `{args}` in {layer} gives {gives}")
}

pub fn annotation(what: &str, got: &ValueType, wanted: &ValueType) -> String {
    format!("{what} gives {got}, not {wanted}")
}

pub fn annotated_tuple(what: &str, n: usize) -> String {
    format!("{what} gives {}; `as` states the shape of one", count(n, "value"))
}

pub fn repeated_elements() -> String {
    "a list of several elements cannot be repeated".to_owned()
}

pub fn negative_repeat(n: i64) -> String {
    format!("a list cannot be repeated {n} times")
}

// Blocks and networks.

fn uses(chain: &[(String, usize)]) -> String {
    let mut text: String = chain.iter().take(6).map(|(name, line)| format!("\n  {name}, used in line {line}")).collect();
    if chain.len() > 6 {
        let (name, line) = &chain[chain.len() - 1];
        text += &format!("\n  … {} more, the outermost {name}, used in line {line}", chain.len() - 6);
    }
    text
}

pub fn too_deep(name: &str, depth: usize, chain: &[(String, usize)]) -> String {
    format!("{name} stands within {depth} others: does its recursion end?{}", uses(chain))
}

pub fn too_many_nodes(limit: usize) -> String {
    format!("the network has more than {limit} nodes")
}

pub fn too_many_steps(chain: &[(String, usize)]) -> String {
    format!("this expands without end{}", uses(chain))
}

pub fn too_many_values() -> String {
    "this tuple has too many values".to_owned()
}

pub fn block_twice(name: &str, line: usize) -> String {
    format!("a block called {name} stands in line {line} already")
}

pub fn const_twice(name: &str, line: usize) -> String {
    format!("a constant called {name} stands in line {line} already")
}

pub fn const_cycle(names: &[String]) -> String {
    let [first, ..] = names else { return String::new() };
    format!("the constant {first} is computed from itself: {}", names.join(" → "))
}

pub fn value_count(what: &str, names: &[String], got: usize) -> String {
    let takes = match names {
        [] => "no value".to_owned(),
        names => format!("{}: {}", count(names.len(), "value"), list(names)),
    };
    format!("{what} takes {takes}; it receives {got}")
}

pub fn other_value_name(what: &str, names: &[String], got: &str) -> String {
    format!("{what} takes {} in this order; this one is called `{got}`", list(names))
}

pub fn net_from_elsewhere(name: &str) -> String {
    format!("`net {name}` is of another `network!`, which is found only while a program is built")
}

pub fn unknown_network(name: &str, near: &str) -> String {
    format!("no network is called `{name}`{}", did_you_mean(near))
}

pub fn net_cycle(names: &[String]) -> String {
    match names {
        [one, other] if one == other => format!("{one} contains itself"),
        [first, ..] => format!("{first} contains itself: {}", names.join(" → ")),
        [] => String::new(),
    }
}

pub fn net_input(name: &str, input: &str, wanted: &ValueType, got: &ValueType) -> String {
    format!("{name} takes {wanted} as its `{input}`; it receives {got}")
}

pub fn tuple_into_net(name: &str, input: &str) -> String {
    format!("{name} takes one value as its `{input}`; it receives a tuple")
}

// Flows.

pub fn arity(wanted: usize, got: usize) -> String {
    format!("this gives {}, not {wanted}", count(got, "value"))
}

pub fn number_as_value(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("`{name}` is a number, not a value"),
        None => "a number is no value; it may stand beside `+ - *`".to_owned(),
    }
}

pub fn two_numbers(text: &str) -> String {
    format!("{text}: no value takes part\n  help: in arguments and in `const` numbers are computed")
}

pub fn no_factor(got: &ArgValue) -> String {
    format!("`{got}` cannot stand beside `+ - *`")
}

pub fn tuple_in_sum(symbol: &str, n: usize) -> String {
    format!("`{symbol}` takes single values; this has {n}")
}

pub fn if_without_else() -> String {
    "this `if` gives no value when its condition is false\n  help: add `else { … }`".to_owned()
}

// Outputs.

pub fn promise(name: &str, output: Option<&Ident>, promised: Option<&ValueType>, maker: Option<&str>, got: &Value) -> String {
    let promised = promised.map(ToString::to_string).unwrap_or_default();
    let promised = output.map_or_else(|| promised.clone(), |output| format!("{output}: {promised}"));
    match maker {
        Some(maker) => format!("{name} promises {promised}, but its last stage {maker} gives {}", got.ty),
        None => format!("{name} promises {promised}, but its input `{}` is {}", got.name, got.ty),
    }
}

/// Outputs are numbers of f32.
pub fn dequantize() -> &'static str {
    "\n  help: end with `-> Dequantize(scale = …)`, with the numbers of the Quantize: outputs are numbers of f32"
}

pub fn no_outputs(name: &str) -> String {
    format!("{name} promises nothing")
}

pub fn one_output(name: &str, got: usize) -> String {
    format!("{name} promises one output; this has {}", count(got, "value"))
}

pub fn unnamed_outputs() -> String {
    "several outputs need names\n  help: -> (first: […], second: […])".to_owned()
}

pub fn outputs_missing(missing: &[String], all: &[String]) -> String {
    let what = if missing.len() == 1 { "output" } else { "outputs" };
    let flows: Vec<String> = all.iter().map(|name| format!("{name}: …")).collect();
    format!("the {what} {} must be given\n  help: ({})", list(missing), list(&flows))
}

pub fn bare_output(names: &[String], got: &str, meant: Option<&str>) -> String {
    let help = meant.map(|meant| format!("\n  help: {meant}: {got}")).unwrap_or_default();
    format!("the {} named {}; this value is called `{got}`{help}", outputs_are(names), list(names))
}

pub fn nameless_output(names: &[String], meant: Option<&str>) -> String {
    let help = meant.map(|meant| format!("\n  help: {meant}: …")).unwrap_or_default();
    format!("the {} named {}; this value has no name{help}", outputs_are(names), list(names))
}

fn outputs_are(names: &[String]) -> &'static str {
    if names.len() == 1 { "output is" } else { "outputs are" }
}

pub fn unknown_output(names: &[String], got: &str, near: Option<&str>) -> String {
    format!("no output is called `{got}`: they are {}{}", list(names), meant(near))
}

pub fn output_is_tuple(n: usize) -> String {
    format!("an output is one value; this has {n}")
}

// What is not used.

pub fn unused_let(name: &str) -> String {
    format!("`{name}` reaches no output\n  help: use it, remove it, or name it `_{name}`")
}

pub fn unused_input(name: &str) -> String {
    format!("input `{name}` is used by nothing\n  help: use it, remove it, or name it `_{name}`")
}

pub fn unused_block_value(name: &str) -> String {
    format!("`{name}` is used by nothing in this block\n  help: use it, remove it, or name it `_{name}`")
}
