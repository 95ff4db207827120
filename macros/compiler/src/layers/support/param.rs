//! The declaration of an argument: its name, whether it is positional, its default, its words.

/// An argument that a layer takes.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// May be given without its name, in order.
    pub positional: bool,
    /// What it is where it is not given.
    pub default: DefaultValue,
    /// Words it understands beside numbers: `same`, `valid`.
    pub words: &'static [&'static str],
}

/// What an argument is where it is not given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DefaultValue {
    /// It must be given.
    Required,
    /// It is not there; the layer says what that means.
    Absent,
    /// `1`
    Int(usize),
    /// `0.1`
    Float(f32),
    /// `true`
    Bool(bool),
    /// `tanh`
    Word(&'static str),
    /// What another argument is: a pool moves by its kernel.
    SameAs(&'static str),
}

impl Param {
    /// Must be given, in order or by name.
    #[must_use]
    pub const fn required(name: &'static str) -> Self {
        Self { name, positional: true, default: DefaultValue::Required, words: &[] }
    }

    /// May be given, in order or by name.
    #[must_use]
    pub const fn positional(name: &'static str) -> Self {
        Self { name, positional: true, default: DefaultValue::Absent, words: &[] }
    }

    /// May be given by name.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self { positional: false, ..Self::positional(name) }
    }

    /// With words.
    #[must_use]
    pub const fn words(mut self, words: &'static [&'static str]) -> Self {
        self.words = words;
        self
    }

    /// Whether it must be given.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.default == DefaultValue::Required
    }

    const fn by_default(mut self, default: DefaultValue) -> Self {
        self.default = default;
        self
    }

    /// This number by default.
    #[must_use]
    pub const fn int(self, n: usize) -> Self {
        self.by_default(DefaultValue::Int(n))
    }

    /// This number by default.
    #[must_use]
    pub const fn float(self, x: f32) -> Self {
        self.by_default(DefaultValue::Float(x))
    }

    /// True or false by default.
    #[must_use]
    pub const fn flag(self, value: bool) -> Self {
        self.by_default(DefaultValue::Bool(value))
    }

    /// This word by default.
    #[must_use]
    pub const fn word(self, word: &'static str) -> Self {
        self.by_default(DefaultValue::Word(word))
    }

    /// What another argument is, by default.
    #[must_use]
    pub const fn same_as(self, other: &'static str) -> Self {
        self.by_default(DefaultValue::SameAs(other))
    }
}
