//! What models of texts share: characters as numbers, pieces, what a text takes without a network.

use crate::Result;
use fireclay::data::Samples;
use fireclay::{Index, Indices};

/// Characters that are known: printable ASCII and the end of a line.
pub const KNOWN: usize = 96;
/// Characters of a piece.
pub const STEPS: usize = 64;

/// A character as a number.
pub type Char = Index<KNOWN>;
/// Characters in a row.
pub type Piece = Indices<KNOWN, STEPS>;

/// A text's characters; those outside of ASCII are passed over.
#[must_use]
pub fn numbers(text: &str) -> Vec<Char> {
    let number = |c: char| match c {
        '\n' => Index::new(KNOWN - 1),
        ' '..='~' => Index::new(c as usize - ' ' as usize),
        _ => None,
    };
    text.chars().filter_map(number).collect()
}

/// The character of a number.
#[must_use]
pub fn letter(c: Char) -> char {
    if c.get() == KNOWN - 1 { '\n' } else { (b' ' + c.get() as u8) as char }
}

/// The first nine tenths of a text, to learn from, and the last one, to test with.
///
/// # Errors
/// If the last tenth is too short for a piece.
pub fn split(text: &[Char]) -> Result<(&[Char], &[Char])> {
    let (first, last) = text.split_at(text.len() / 10 * 9);
    if last.len() <= STEPS {
        let least = 10 * (STEPS + 1);
        return Err(format!("the text has {} characters of ASCII; at least {least} are needed", text.len()).into());
    }
    Ok((first, last))
}

/// Pieces of a text; what is to be learned of each character is the next one.
#[must_use]
pub fn pieces(text: &[Char]) -> Samples<Piece, Piece> {
    text.chunks_exact(STEPS + 1).map(|piece| (Indices::from_fn(|t| piece[t]), Indices::from_fn(|t| piece[t + 1]))).collect()
}

/// Bits per character of a text by unigrams and by bigrams that are counted in another text.
/// Every count is one more than it is, so that nothing is impossible.
#[must_use]
pub fn ngram_bits(learned: &[Char], test: &[Char]) -> [f64; 2] {
    let (mut alone, mut after) = ([1.0; KNOWN], vec![[1.0; KNOWN]; KNOWN]);
    for pair in learned.windows(2) {
        alone[pair[1].get()] += 1.0;
        after[pair[0].get()][pair[1].get()] += 1.0;
    }
    let bits = |counts: &[f64; KNOWN], c: Char| -(counts[c.get()] / counts.iter().sum::<f64>()).log2();
    let mean = |bits: &dyn Fn(&[Char]) -> f64| test.windows(2).map(bits).sum::<f64>() / (test.len() - 1) as f64;
    [mean(&|pair| bits(&alone, pair[1])), mean(&|pair| bits(&after[pair[0].get()], pair[1]))]
}
