//! What a data set is.

#[cfg(feature = "random")]
use super::augment::{Augment, Augmentation, MixUp};
#[cfg(feature = "random")]
use super::combine::stratified;
use super::combine::{Cache, Concat, Map, OneHot, Subset};
use super::normalize::{Normalization, Normalized, NormalizedTargets};
use crate::{Index, Result, Shape, Tensor, Values};

/// Samples that a network with inputs `Input` can be trained on or tested with: in memory, read from files, made as they are asked for.
///
/// A data set writes its i-th sample where it is told to. What lies in memory is lent instead, and never copied but into the batch:
/// [`lend`](Dataset::lend).
///
/// ```
/// use fireclay::prelude::*;
/// use fireclay::{Result, rng};
///
/// /// A noisy sine and its frequency, made when asked for.
/// struct Tones;
///
/// impl Dataset<Tensor<shape![32]>> for Tones {
///     type Target = Tensor<shape![1]>;
///     fn len(&self) -> usize {
///         1000
///     }
///     fn fill(&self, i: usize, seed: u64, wave: &mut Tensor<shape![32]>, target: &mut Tensor<shape![1]>) -> Result<()> {
///         let (mut rng, frequency) = (rng(seed), i as f32 / 1000.0);
///         for (t, x) in wave.as_mut_slice().iter_mut().enumerate() {
///             *x = (frequency * t as f32).sin() + 0.1 * rng.normal();
///         }
///         target[0] = frequency;
///         Ok(())
///     }
/// }
///
/// network! { pub Frequency(wave: [32]) -> [1] { wave -> fc1: Dense(16) -> Relu -> fc2: Dense(1) } }
/// let (train, test) = Tones.split(0.8, 1);
/// let mut net = Frequency::init(&mut rng(1));
/// Trainer::new(Mse, Adam::new(0.01)).epochs(2).progress(ProgressBar::Off).fit(&mut net, &train)?;
/// assert_eq!(net.predict_all(&test).len(), 200);
/// # Ok::<(), fireclay::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not yield inputs `{Input}`",
    label = "a data set with other inputs than the network takes, or none",
    note = "pairs of an input and a target become a data set by `.into_iter().collect::<fireclay::data::Samples<_, _>>()`"
)]
pub trait Dataset<Input: Values>: Sync {
    /// What is to be learned: `Index<10>` for ten classes, a tensor, a tuple for several outputs.
    type Target: Values;

    /// How many samples.
    fn len(&self) -> usize;

    /// No sample.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the i-th sample over what `input` and `target` hold, all of it. What is random about it follows from `seed`: the same number gives
    /// the same sample, on any thread, at any time. The trainer gives another one for each epoch and sample ([`sample_seed`](super::sample_seed)).
    ///
    /// # Errors
    /// If the sample cannot be had: a file that cannot be read, say.
    ///
    /// # Panics
    /// If there are not that many.
    fn fill(&self, i: usize, seed: u64, input: &mut Input, target: &mut Self::Target) -> Result<()>;

    /// The i-th sample where it lies, if it lies in memory and is the same for every seed: what [`fill`](Dataset::fill) would write.
    ///
    /// # Panics
    /// If there are not that many.
    fn lend(&self, i: usize) -> Option<(&Input, &Self::Target)> {
        let _ = i;
        None
    }

    /// Writes the i-th target alone, as it is before anything random. Data that knows its targets without reading its inputs (the folder of an image) says so here;
    /// [`split_stratified`](Dataset::split_stratified) then opens no file.
    ///
    /// # Errors
    /// As [`fill`](Dataset::fill).
    ///
    /// # Panics
    /// If there are not that many.
    fn fill_target(&self, i: usize, target: &mut Self::Target) -> Result<()> {
        match self.lend(i) {
            Some((_, lent)) => target.assign(lent),
            None => self.fill(i, super::sample_seed(0, 0, i), &mut Input::boxed(), target)?,
        }
        Ok(())
    }

    /// What is to be kept with a network that was trained on this data, as pairs of text: the parameters of a [`Normalization`], under `input` or
    /// `target`; of several on top of each other the last. Checkpoints hold it (`Trainer::checkpoint`).
    fn metadata(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Each sample changed by a function, which writes it anew from what it is: to other types, if wanted.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// let (train, _) = Digits::split()?;
    /// // Black on white, and what was one of ten classes as ten probabilities.
    /// let train = train.map(|image, class, white: &mut Tensor<shape![64]>, one_hot: &mut Tensor<shape![10]>| {
    ///     *white = Tensor::from_fn(|i| 1.0 - image.as_slice()[i]);
    ///     *one_hot = Tensor::from_fn(|k| f32::from(u8::from(k == class.get())));
    ///     Ok(())
    /// });
    /// assert_eq!(train.len(), 1438);
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    fn map<I: Values, T: Values, F>(self, f: F) -> Map<Self, F, Input, Self::Target, T>
    where
        Self: Sized,
        F: Fn(&Input, &Self::Target, &mut I, &mut T) -> Result<()> + Sync,
    {
        Map::new(self, f)
    }

    /// The samples at these places, in this order; one may be there more than once.
    ///
    /// # Panics
    /// If one of them is not there.
    #[track_caller]
    fn subset(self, places: impl Into<Vec<usize>>) -> Subset<Self>
    where
        Self: Sized,
    {
        Subset::new::<Input>(self, places.into())
    }

    /// The first `len` samples, or all if there are fewer.
    fn take(self, len: usize) -> Subset<Self>
    where
        Self: Sized,
    {
        let len = len.min(self.len());
        Subset::new::<Input>(self, (0..len).collect())
    }

    /// The same samples in an order of which each is equally likely. (The trainer shuffles anew in each epoch by itself.)
    #[cfg(feature = "random")]
    fn shuffle(self, seed: u64) -> Subset<Self>
    where
        Self: Sized,
    {
        let mut places: Vec<usize> = (0..self.len()).collect();
        crate::rng(seed).shuffle(&mut places);
        Subset::new::<Input>(self, places)
    }

    /// Two parts, dealt by `seed`: the first has about `fraction` of the samples. Both borrow this data; parts that own it are made of an
    /// `Arc`, which is a data set as what it holds.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// let all = Digits::load()?.take(100);
    /// let (train, test) = all.split(0.8, 1);
    /// assert_eq!((train.len(), test.len()), (80, 20));
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Panics
    /// If `fraction` is not from 0 to 1.
    #[cfg(feature = "random")]
    #[track_caller]
    fn split(&self, fraction: f64, seed: u64) -> (Subset<&Self>, Subset<&Self>)
    where
        Self: Sized,
    {
        let (first, second) = super::split::deal([(0..self.len()).collect()], fraction, seed);
        (Subset::new::<Input>(self, first), Subset::new::<Input>(self, second))
    }

    /// Two parts, dealt by `seed`: the first has `fraction` of each class.
    ///
    /// # Errors
    /// If a target cannot be read.
    ///
    /// # Panics
    /// If `fraction` is not from 0 to 1.
    #[cfg(feature = "random")]
    #[track_caller]
    fn split_stratified<const CLASSES: usize>(&self, fraction: f64, seed: u64) -> Result<(Subset<&Self>, Subset<&Self>)>
    where
        Self: Sized + Dataset<Input, Target = Index<CLASSES>>,
    {
        let (first, second) = super::split::deal(stratified::<Input, Self, CLASSES>(self)?, fraction, seed);
        Ok((Subset::new::<Input>(self, first), Subset::new::<Input>(self, second)))
    }

    /// Classes as probabilities, 1 for the class that it is: what [`mix_up`](Dataset::mix_up) takes, and [`CrossEntropy`](struct@crate::loss::CrossEntropy) as well as classes.
    fn one_hot<const CLASSES: usize>(self) -> OneHot<Self, Index<CLASSES>>
    where
        Self: Sized + Dataset<Input, Target = Index<CLASSES>>,
    {
        OneHot::new(self)
    }

    /// Inputs changed at random, otherwise in each epoch: by one augmentation or a tuple of them ([`augment`](crate::data::augment)).
    #[cfg(feature = "random")]
    fn augment<S: Shape, A: Augmentation>(self, augmentation: A) -> Augment<Self, A>
    where
        Self: Sized + Dataset<Tensor<S>, Target = <Self as Dataset<Input>>::Target>,
    {
        Augment::new(self, augmentation)
    }

    /// Each sample mixed with another one: a share of the one and the rest of the other, of inputs and targets alike (mixup, Zhang et al. 2018, arXiv 1710.09412). The
    /// share is from the beta distribution `Beta(alpha, alpha)`: near 0 or 1 where alpha is small.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
    /// let (train, test) = Digits::split()?;
    /// let mixed = train.one_hot().mix_up(0.2);
    /// let mut net = Small::init(&mut rng(1));
    /// Trainer::new(CrossEntropy, Adam::new(5e-3)).epochs(3).progress(ProgressBar::Off).fit(&mut net, &mixed)?;
    /// assert!(net.evaluate(&test, Accuracy) > 0.5);
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    ///
    /// # Panics
    /// If alpha is not greater than 0.
    #[cfg(feature = "random")]
    #[track_caller]
    fn mix_up<S: Shape, T: Shape>(self, alpha: f32) -> MixUp<Self, S, T>
    where
        Self: Sized + Dataset<Tensor<S>, Target = Tensor<T>>,
    {
        MixUp::new(self, alpha)
    }

    /// Inputs normalized: see [`Normalization`].
    fn normalize<S: Shape>(self, normalization: &Normalization<S>) -> Normalized<Self, S>
    where
        Self: Sized + Dataset<Tensor<S>>,
    {
        Normalized::new(self, normalization.clone())
    }

    /// Targets normalized: what the network yields is then taken back by [`Normalization::invert`].
    fn normalize_targets<S: Shape>(self, normalization: &Normalization<S>) -> NormalizedTargets<Self, S>
    where
        Self: Sized + Dataset<Input, Target = Tensor<S>>,
    {
        NormalizedTargets::new(self, normalization.clone())
    }

    /// These samples and then those.
    ///
    /// ```
    /// use fireclay::prelude::*;
    /// let (train, test) = Digits::split()?;
    /// assert_eq!(train.concat(test).len(), 1797);
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    fn concat<D: Dataset<Input, Target = Self::Target>>(self, other: D) -> Concat<Self, D>
    where
        Self: Sized,
    {
        Concat::new(self, other)
    }

    /// Each sample made once, when it is first asked for, and kept: files are decoded once. What is random comes after it:
    /// `images.cache().augment(…)`.
    fn cache(self) -> Cache<Self, Input, Self::Target>
    where
        Self: Sized,
    {
        Cache::new(self)
    }
}

impl<Input: Values, D: Dataset<Input> + ?Sized> Dataset<Input> for &D {
    super::forward_dataset!(Input, D);
}

impl<Input: Values, D: Dataset<Input> + Send + ?Sized> Dataset<Input> for std::sync::Arc<D> {
    super::forward_dataset!(Input, D);
}

impl<Input: Values, D: Dataset<Input> + ?Sized> Dataset<Input> for Box<D> {
    super::forward_dataset!(Input, D);
}
