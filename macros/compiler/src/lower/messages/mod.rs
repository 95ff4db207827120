//! Every wording of lowering, by what it is about. First what is wrong, with its numbers; then the way out. The layers word what they know themselves.

mod arguments;
mod attributes;
mod borders;
mod elements;
mod elsewhere;
mod expansion;
mod flows;
mod labels;
mod outputs;
mod stages;
mod terms;
mod unused;

pub use arguments::*;
pub use attributes::*;
pub use borders::*;
pub use elements::*;
pub use elsewhere::*;
pub use expansion::*;
pub use flows::*;
pub use labels::*;
pub use outputs::*;
pub use stages::*;
pub use terms::*;
pub use unused::*;

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

/// What an argument may be that takes words, and perhaps numbers.
pub fn words_are(words: &[&str], numbers: bool) -> String {
    if numbers {
        format!("\n  help: it may be a number or one of {}", list(words))
    } else {
        format!("\n  help: it may be one of {}", list(words))
    }
}

pub fn not_yet(what: &str) -> String {
    format!("not yet: {what}")
}

/// A layer failed without saying why: a mistake of the compiler, but never a silent one.
pub fn unexplained(what: &str) -> String {
    format!("{what}: this does not fit (please report this message: it should say why)")
}

/// An error that only a mistake of the compiler leads to.
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
