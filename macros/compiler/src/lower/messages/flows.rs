//! Flows: values, numbers beside them, `if`.

use super::count;
use crate::layers::ArgValue;

pub fn arity(wanted: usize, got: usize) -> String {
    format!("this gives {}, not {wanted}", count(got, "value"))
}

/// `Gru(16, state = out)`
pub fn gives(code: &str, values: &str) -> String {
    format!("\n  help: `{code}` gives `{values}`")
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
