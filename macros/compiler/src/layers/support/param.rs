//! The declaration of an argument: its name, whether it is positional, its default, its words.

/// An argument that a layer takes.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// The name.
    pub name: &'static str,
    /// May be given without its name, in order.
    pub positional: bool,
    /// The default.
    pub default: DefaultValue,
    /// The words it takes beside numbers: `same`, `valid`.
    pub words: &'static [&'static str],
    /// The words are all that it takes.
    pub only_words: bool,
    /// It need not be whole: `1 / 16` is a sixteenth.
    pub fraction: bool,
}

/// The value of an argument that is not given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DefaultValue {
    /// None: it must be given.
    Required,
    /// None: the layer says what that means.
    Absent,
    /// `1`
    Int(usize),
    /// `0.1`
    Float(f32),
    /// `true`
    Bool(bool),
    /// `tanh`
    Word(&'static str),
    /// The value of another argument: the stride of a pool is its kernel.
    SameAs(&'static str),
}

impl Param {
    /// An argument that must be given, in order or by name.
    #[must_use]
    pub const fn required(name: &'static str) -> Self {
        Self { name, positional: true, default: DefaultValue::Required, words: &[], only_words: false, fraction: false }
    }

    /// An argument that may be given, in order or by name.
    #[must_use]
    pub const fn positional(name: &'static str) -> Self {
        Self { name, positional: true, default: DefaultValue::Absent, words: &[], only_words: false, fraction: false }
    }

    /// An argument that may be given by name.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self { positional: false, ..Self::positional(name) }
    }

    /// The argument with these words.
    #[must_use]
    pub const fn words(mut self, words: &'static [&'static str]) -> Self {
        self.words = words;
        self
    }

    /// The argument as one of these words, and nothing else.
    #[must_use]
    pub const fn one_of(self, words: &'static [&'static str]) -> Self {
        Self { only_words: true, ..self.words(words) }
    }

    /// The argument as a number that need not be whole.
    #[must_use]
    pub const fn fraction(mut self) -> Self {
        self.fraction = true;
        self
    }

    /// Whether it takes numbers, beside its words or alone.
    #[must_use]
    pub fn takes_numbers(&self) -> bool {
        !self.only_words && !matches!(self.default, DefaultValue::Bool(_) | DefaultValue::Word(_))
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

    /// The argument with this default.
    #[must_use]
    pub const fn int(self, n: usize) -> Self {
        self.by_default(DefaultValue::Int(n))
    }

    /// The argument with this default.
    #[must_use]
    pub const fn float(self, x: f32) -> Self {
        self.fraction().by_default(DefaultValue::Float(x))
    }

    /// The argument with this default.
    #[must_use]
    pub const fn flag(self, value: bool) -> Self {
        self.by_default(DefaultValue::Bool(value))
    }

    /// The argument with this default.
    #[must_use]
    pub const fn word(self, word: &'static str) -> Self {
        self.by_default(DefaultValue::Word(word))
    }

    /// The argument with the value of another one as its default.
    #[must_use]
    pub const fn same_as(self, other: &'static str) -> Self {
        self.by_default(DefaultValue::SameAs(other))
    }
}
