//! As much JSON as the header of a safetensors file has.

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    String(String),
    /// A number that counts something.
    Number(usize),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
    /// `true`, `false`, `null`, and numbers that count nothing.
    Other,
}

impl Value {
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Object(entries) => entries.iter().find_map(|(k, value)| (k == key).then_some(value)),
            _ => None,
        }
    }

    pub fn string(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    pub fn number(&self) -> Option<usize> {
        if let Self::Number(n) = self { Some(*n) } else { None }
    }

    pub fn array(&self) -> Option<&[Value]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }
}

/// How deep values may stand within each other.
const DEPTH: usize = 16;

/// All of the text; `None` where it is not JSON.
pub fn parse(text: &str) -> Option<Value> {
    let mut parser = Parser { rest: text };
    let value = parser.value(DEPTH)?;
    parser.space();
    parser.rest.is_empty().then_some(value)
}

struct Parser<'t> {
    rest: &'t str,
}

impl Parser<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    /// The next character, if it is this one.
    fn take(&mut self, c: char) -> bool {
        self.space();
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        if self.take('{') {
            return self
                .until('}', |parser| {
                    let key = if parser.take('"') { parser.string()? } else { return None };
                    if parser.take(':') { Some((key, parser.value(depth)?)) } else { None }
                })
                .map(Value::Object);
        }
        if self.take('[') {
            return self.until(']', |parser| parser.value(depth)).map(Value::Array);
        }
        if self.take('"') {
            return self.string().map(Value::String);
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match word {
            "" => None,
            "true" | "false" | "null" => Some(Value::Other),
            _ if word.bytes().all(|c| c.is_ascii_digit()) => word.parse().ok().map(Value::Number),
            _ => word.parse::<f64>().ok().map(|_| Value::Other),
        }
    }

    /// Items between commas.
    fn until<T>(&mut self, end: char, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        if self.take(end) {
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            if self.take(end) {
                return Some(items);
            }
            if !self.take(',') {
                return None;
            }
        }
    }

    /// A string whose opening quote is taken.
    fn string(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => match chars.next()? {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'b' => text.push('\u{8}'),
                    'f' => text.push('\u{c}'),
                    'u' => {
                        let digits: String = chars.by_ref().take(4).collect();
                        // Halves of a pair name no tensor.
                        text.push(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)?);
                    }
                    c @ ('"' | '\\' | '/') => text.push(c),
                    _ => return None,
                },
                c => text.push(c),
            }
        }
        self.rest = chars.as_str();
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, parse};

    #[test]
    fn what_a_header_has() {
        let text = r#" { "a\"\u00e9/b" : [ 1, 20 , {} ], "c": "x", "d": [true, -1.5e3, null, []] } "#;
        let value = parse(text).expect("JSON");
        let a = value.get("a\"é/b").and_then(Value::array).expect("an array");
        assert_eq!(a, [Value::Number(1), Value::Number(20), Value::Object(vec![])]);
        assert_eq!(value.get("c").and_then(Value::string), Some("x"));
        let d = value.get("d").and_then(Value::array).expect("an array");
        assert_eq!(d, [Value::Other, Value::Other, Value::Other, Value::Array(vec![])]);
    }

    #[test]
    fn what_is_not_json() {
        for text in
            ["", "{", "[1,]", "{\"a\"}", "{\"a\":}", "[1 2]", "\"", "\"\\x\"", "\"\\ud800\"", "nil", "[1]]", "{1:2}", "+", "é"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"[".repeat(100_000)), None);
        assert_eq!(parse("99999999999999999999999"), None);
    }
}
