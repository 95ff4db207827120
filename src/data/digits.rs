//! The digits that ship with the crate.

use super::samples::{Samples, named};
use crate::{Error, Index, Result, Tensor, shape};
use std::io::Read;

static FILE: &[u8] = include_bytes!("../../data/digits.csv.gz");

/// As the network takes it, and what it shows.
type Digit = (Tensor<shape![1, 8, 8]>, Index<10>);

named! {
    /// 1,797 real handwritten digits of 8×8 pixels: *Optical Recognition of Handwritten Digits* (Alpaydin and Kaynak 1998, UCI machine
    /// learning repository, CC BY 4.0), as scikit-learn ships them. Pixels are scaled to 0…1.
    Digits, Tensor<shape![1, 8, 8]>, Index<10>
}

impl Digits {
    /// All of them.
    ///
    /// # Errors
    /// If the embedded file is damaged.
    pub fn load() -> Result<Self> {
        let mut text = String::new();
        flate2::read::GzDecoder::new(FILE).read_to_string(&mut text).map_err(|error| damaged(&error.to_string()))?;
        let samples: Option<Samples<_, _>> = text.lines().map(sample).collect();
        samples.map(Self).ok_or_else(|| damaged("a line is not 64 pixels and a digit"))
    }

    /// 80 % to learn from and a fixed, stratified 20 % to test with: always the same.
    ///
    /// # Errors
    /// As [`Digits::load`].
    pub fn split() -> Result<(Self, Self)> {
        const SEED: u64 = 1797;
        Ok(Self::load()?.split_stratified(0.8, SEED))
    }
}

fn damaged(reason: &str) -> Error {
    Error::Data { path: "data/digits.csv.gz (embedded)".into(), reason: reason.to_owned() }
}

fn sample(line: &str) -> Option<Digit> {
    const WHITE: f32 = 16.0;
    let numbers: Vec<f32> = line.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?;
    let (class, pixels) = numbers.split_last()?;
    let pixels: Vec<f32> = pixels.iter().map(|p| p / WHITE).collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a digit; anything else is refused by its bound")]
    let class = Index::new(*class as usize)?;
    Some((Tensor::from_slice(&pixels)?, class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_split_is_stratified_and_complete() -> Result<()> {
        let all = Digits::load()?;
        let (train, test) = Digits::split()?;
        assert_eq!((all.len(), train.len() + test.len()), (1797, 1797));
        for class in 0..10 {
            let count = |set: &Digits| set.iter().filter(|(_, t)| t.get() == class).count() as f64;
            assert!((count(&test) / count(&all) - 0.2).abs() < 0.01, "class {class}");
        }
        assert!(all.iter().all(|(x, _)| x.as_slice().iter().all(|p| (0.0..=1.0).contains(p))));
        Ok(())
    }
}
