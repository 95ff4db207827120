//! Texts: characters or words as numbers.

mod pieces;

pub use pieces::Pieces;

use crate::{Error, Result};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// What text there is at most: four gigabytes.
const MOST: usize = u32::MAX as usize;

/// A text as the numbers of its characters or words, which stand in a vocabulary.
///
/// ```
/// use fireclay::{data::Text, prelude::*};
/// network! { pub Next(text: [0..32; 16]) -> [16, 32] { text -> embed: Embedding(8) -> lstm: Lstm(16) -> out: Dense(32) } }
///
/// let text = Text::from_characters(&"so much depends upon a red wheel barrow ".repeat(20));
/// assert_eq!(text.decode(&text.encode("wheel")?), "wheel");
/// let train = text.pieces::<32, 16>()?; // what is to be learned of each character is the next one
/// let mut net = Next::init(&mut rng(1));
/// Trainer::new(CrossEntropy, Adam::new(0.01)).epochs(2).progress(ProgressBar::Off).fit(&mut net, &train)?;
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Clone)]
pub struct Text {
    tokens: Vec<u32>,
    vocabulary: Vec<String>,
    numbers: HashMap<String, u32>,
    /// Whether the first word of the vocabulary stands for all that are not in it.
    unknown: bool,
    words: bool,
}

/// What stands for words that are not in the vocabulary.
const UNKNOWN: &str = "<unk>";

impl Text {
    /// The characters of a file, plain or compressed with gzip. The vocabulary is in the order of Unicode.
    ///
    /// # Errors
    /// If the file cannot be read, is empty or not UTF-8.
    pub fn characters(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self::from_characters(&read(path.as_ref())?))
    }

    /// The words of a file, plain or compressed with gzip: what stands between white space. The most frequent are the first of the vocabulary.
    ///
    /// # Errors
    /// If the file cannot be read, is empty or not UTF-8.
    pub fn words(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self::from_words(&read(path.as_ref())?))
    }

    /// The characters of a text.
    #[must_use]
    pub fn from_characters(text: &str) -> Self {
        let mut characters: Vec<char> = text.chars().collect();
        characters.sort_unstable();
        characters.dedup();
        Self::of(characters.into_iter().map(String::from).collect(), text, false)
    }

    /// The words of a text.
    #[must_use]
    pub fn from_words(text: &str) -> Self {
        let mut counts = BTreeMap::new();
        for word in text.split_whitespace() {
            *counts.entry(word).or_insert(0_usize) += 1;
        }
        let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Self::of(counts.into_iter().map(|(word, _)| word.to_owned()).collect(), text, true)
    }

    fn of(vocabulary: Vec<String>, text: &str, words: bool) -> Self {
        let numbers = (0..).zip(&vocabulary).map(|(i, word)| (word.clone(), i)).collect();
        let mut new = Self { tokens: Vec::new(), vocabulary, numbers, unknown: false, words };
        new.tokens = new.split(text).filter_map(|word| new.numbers.get(word).copied()).collect();
        new
    }

    /// The characters or words of a text.
    fn split<'t>(&self, text: &'t str) -> Box<dyn Iterator<Item = &'t str> + 't> {
        if self.words { Box::new(text.split_whitespace()) } else { Box::new(text.split_inclusive(|_: char| true)) }
    }

    /// The same text with a vocabulary of at most so many: `<unk>`, number 0, stands for all but the most frequent. A vocabulary that is no larger stays as it is.
    ///
    /// # Panics
    /// If it is 0.
    #[must_use]
    #[track_caller]
    pub fn limit(mut self, most: usize) -> Self {
        assert!(most > 0, "limit = 0 must be at least 1");
        if self.vocabulary.len() <= most {
            return self;
        }
        let mut counts = vec![0_usize; self.vocabulary.len()];
        self.tokens.iter().for_each(|token| counts[*token as usize] += 1);
        let mut kept: Vec<usize> = (0..counts.len()).filter(|i| !(self.unknown && *i == 0)).collect();
        kept.sort_by_key(|i| std::cmp::Reverse(counts[*i]));
        kept.truncate(most - 1);
        let mut renamed = vec![0_u32; counts.len()];
        let mut vocabulary = vec![UNKNOWN.to_owned()];
        for (new, old) in (1..).zip(kept) {
            renamed[old] = new;
            vocabulary.push(std::mem::take(&mut self.vocabulary[old]));
        }
        self.tokens.iter_mut().for_each(|token| *token = renamed[*token as usize]);
        self.numbers = (0..).zip(&vocabulary).skip(1).map(|(i, word)| (word.clone(), i)).collect();
        (self.vocabulary, self.unknown) = (vocabulary, true);
        self
    }

    /// The characters or words, by their number.
    #[must_use]
    pub fn vocabulary(&self) -> &[String] {
        &self.vocabulary
    }

    /// The text, as numbers in the vocabulary.
    #[must_use]
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Another text as numbers.
    ///
    /// # Errors
    /// If a character or word is not in the vocabulary, and nothing ([`limit`](Text::limit)) stands for those.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let number = |(at, word): (usize, &str)| match self.numbers.get(word) {
            Some(number) => Ok(*number),
            None if self.unknown => Ok(0),
            None => Err(Error::Setting(format!(
                "{word:?}, number {at} of the text, is not in the vocabulary of {}: `limit(…)` has a number for what is not",
                self.vocabulary.len()
            ))),
        };
        self.split(text).enumerate().map(number).collect()
    }

    /// Numbers as text; words have a space between them.
    ///
    /// # Panics
    /// If a number is not in the vocabulary.
    #[must_use]
    pub fn decode(&self, tokens: &[u32]) -> String {
        let words: Vec<&str> = tokens.iter().map(|token| self.vocabulary[*token as usize].as_str()).collect();
        words.join(if self.words { " " } else { "" })
    }

    /// The text cut into pieces of `LEN`, each with what follows each of its characters or words: a data set for a network that says what comes next. What is left over at the end is left out.
    ///
    /// # Errors
    /// If the vocabulary is larger than `BOUND`, or the text shorter than a piece.
    pub fn pieces<const BOUND: usize, const LEN: usize>(&self) -> Result<Pieces<BOUND, LEN>> {
        Pieces::new(self)
    }
}

fn read(path: &Path) -> Result<String> {
    let bytes = super::files::read(path, MOST)?;
    if bytes.is_empty() {
        return Err(super::files::wrong(path, "is empty"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        super::files::wrong(path, format!("is not UTF-8: byte {at} is none of a character"))
    })
}

impl core::fmt::Debug for Text {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let what = if self.words { "words" } else { "characters" };
        write!(f, "{} {what}, of {} in the vocabulary", self.tokens.len(), self.vocabulary.len())
    }
}
