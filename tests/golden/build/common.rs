//! Reading configurations, writing arguments.

use crate::file::Golden;
use serde_json::Value;

/// A test, why there is none, or `None` where the operation is another module's.
pub type Written = Option<Result<String, String>>;

/// A file's name as a Rust name.
pub fn identifier(name: &str) -> String {
    let clean: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    if clean.starts_with(|c: char| c.is_ascii_digit()) { format!("_{clean}") } else { clean }
}

/// `[3, 7, 7]`
pub fn list(dims: &[usize]) -> String {
    format!("{dims:?}")
}

/// A Rust literal of an `f32`.
pub fn float(x: f64) -> String {
    if x == f64::INFINITY { "f32::INFINITY".to_owned() } else { format!("{x:?}") }
}

impl Golden {
    /// Whether the configuration says something about it.
    pub fn has(&self, key: &str) -> bool {
        !self.config[key].is_null()
    }

    /// A number of the configuration; strings such as "2.0" and "inf" are read too.
    pub fn number(&self, key: &str, default: f64) -> f64 {
        match &self.config[key] {
            Value::String(text) => text.parse().unwrap_or(default),
            value => value.as_f64().unwrap_or(default),
        }
    }

    /// A whole number.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes and counts")]
    pub fn whole(&self, key: &str) -> Option<usize> {
        self.config[key].as_f64().map(|x| x as usize)
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &str, default: bool) -> bool {
        self.config[key].as_bool().unwrap_or(default)
    }

    /// A word.
    pub fn word<'a>(&'a self, key: &str, default: &'a str) -> &'a str {
        self.config[key].as_str().unwrap_or(default)
    }

    /// `3`, or `(3, 5)` for height and width, as an argument; a word stays one.
    pub fn pair(&self, key: &str) -> Option<String> {
        match &self.config[key] {
            Value::Null => None,
            Value::String(word) => Some(word.clone()),
            Value::Array(items) => Some(match items.as_slice() {
                [one] => one.to_string(),
                items => format!("({})", items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
            }),
            value => Some(value.to_string()),
        }
    }

    /// `, stride = 2`; nothing where the configuration does not say it.
    pub fn argument(&self, key: &str, name: &str) -> String {
        self.pair(key).map_or_else(String::new, |value| format!(", {name} = {value}"))
    }

    /// The file's place as a string literal.
    pub fn literal(&self) -> String {
        format!("{:?}", self.path.display().to_string())
    }
}
