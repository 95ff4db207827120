//! Augmentation: samples changed at random, otherwise in each epoch.
//!
//! [`augment`](Dataset::augment) takes one change or a tuple of them, which are made in order. What is random follows from the seed of the
//! sample, so that a training has the same bits on any number of threads.
//!
//! ```
//! use fireclay::{data::augment::{Crop, Cutout, HorizontalFlip, Rotate}, prelude::*};
//! network! { pub Small(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }
//! let (train, test) = Digits::split()?;
//! let train = train.augment((Crop::new(1), Rotate::new(10.0), Cutout::new(2)));
//! let mut net = Small::init(&mut rng(1));
//! Trainer::new(CrossEntropy, Adam::new(5e-3)).epochs(2).progress(ProgressBar::Off).fit(&mut net, &train)?;
//! # Ok::<(), fireclay::Error>(())
//! ```

mod color;
mod cutout;
mod flip;
mod mix_up;
mod picture;
mod shift;
mod warp;

pub use color::{Brightness, Contrast, Noise};
pub use cutout::Cutout;
pub use flip::{HorizontalFlip, VerticalFlip};
pub use mix_up::MixUp;
pub use picture::Picture;
pub use shift::{Crop, Shift};
pub use warp::{Rotate, Scale};

use super::combine::Pool;
use super::{Dataset, sample_seed};
use crate::{Result, Rng, Shape, Tensor, Values};

/// A change of an image, or of any other tensor, that is drawn anew for each sample. Functions `|picture, rng| …` are some, and tuples of up to eight.
///
/// ```
/// use fireclay::data::augment::Picture;
/// use fireclay::{Rng, prelude::*};
/// let (train, _) = Digits::split()?;
/// let inverted = train.augment(|picture: &mut Picture<'_>, rng: &mut Rng| {
///     if rng.uniform() < 0.5 {
///         picture.numbers_mut().iter_mut().for_each(|x| *x = 1.0 - *x);
///     }
/// });
/// assert_eq!(inverted.len(), 1438);
/// # Ok::<(), fireclay::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no augmentation",
    note = "augmentations are `HorizontalFlip::new(0.5)` and the like (`fireclay::data::augment`), tuples of up to eight, functions `|picture: &mut Picture<'_>, rng: &mut Rng| …`"
)]
pub trait Augmentation: Sync {
    /// Changes a picture.
    fn apply(&self, picture: &mut Picture<'_>, rng: &mut Rng);
}

impl<F: Fn(&mut Picture<'_>, &mut Rng) + Sync> Augmentation for F {
    fn apply(&self, picture: &mut Picture<'_>, rng: &mut Rng) {
        self(picture, rng);
    }
}

macro_rules! tuples {
    ($($A:ident $i:tt),+) => {
        impl<$($A: Augmentation),+> Augmentation for ($($A,)+) {
            fn apply(&self, picture: &mut Picture<'_>, rng: &mut Rng) {
                $(self.$i.apply(picture, rng);)+
            }
        }
    };
}
tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

/// A data set whose inputs are changed at random: [`Dataset::augment`].
#[derive(Clone)]
pub struct Augment<D, A> {
    data: D,
    augmentation: A,
    /// For changes that read what they write.
    free: Pool<Vec<f32>>,
}

impl<D, A> Augment<D, A> {
    pub(in crate::data) const fn new(data: D, augmentation: A) -> Self {
        Self { data, augmentation, free: Pool::new() }
    }
}

/// The seed for what lies below: other random numbers than those of the layer above.
pub(super) const fn below(seed: u64) -> u64 {
    sample_seed(seed, 0, 0)
}

/// What [`Dataset::fill`] would write, wherever the sample lies.
pub(super) fn read<I: Values, D: Dataset<I>>(data: &D, i: usize, seed: u64, input: &mut I, target: &mut D::Target) -> Result<()> {
    if let Some((lent, lent_target)) = data.lend(i) {
        input.assign(lent);
        target.assign(lent_target);
        return Ok(());
    }
    data.fill(i, seed, input, target)
}

impl<S: Shape, D: Dataset<Tensor<S>>, A: Augmentation> Dataset<Tensor<S>> for Augment<D, A> {
    type Target = D::Target;
    fn len(&self) -> usize {
        self.data.len()
    }
    fn metadata(&self) -> Vec<(String, String)> {
        self.data.metadata()
    }
    fn fill(&self, i: usize, seed: u64, input: &mut Tensor<S>, target: &mut D::Target) -> Result<()> {
        read(&self.data, i, below(seed), input, target)?;
        self.free.with(Vec::new, |scratch| {
            self.augmentation.apply(&mut Picture::new(input.as_mut_slice(), S::DIMS, scratch), &mut crate::rng(seed));
        });
        Ok(())
    }
    fn fill_target(&self, i: usize, target: &mut D::Target) -> Result<()> {
        self.data.fill_target(i, target)
    }
}

impl<D: core::fmt::Debug, A> core::fmt::Debug for Augment<D, A> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}, augmented", self.data)
    }
}
