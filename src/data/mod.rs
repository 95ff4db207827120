//! Data: what a data set is, samples in memory, what is made of other data sets, augmentation and normalization, the digits that ship with the crate, and loaders of files.

#[cfg(feature = "random")]
pub mod augment;
#[cfg(feature = "data")]
mod cifar;
mod combine;
mod dataset;
#[cfg(feature = "data")]
mod digits;
#[cfg(feature = "data")]
mod files;
#[cfg(any(feature = "image", feature = "wav"))]
mod folder;
#[cfg(feature = "data")]
mod idx;
#[cfg(feature = "image")]
mod image;
pub mod normalize;
mod put;
mod samples;
mod seed;
#[cfg(feature = "train")]
mod sorted;
#[cfg(feature = "random")]
mod split;
#[cfg(feature = "csv")]
mod table;
#[cfg(feature = "data")]
mod text;
#[cfg(feature = "wav")]
mod wav;

#[cfg(feature = "data")]
pub use cifar::{Cifar10, Cifar100};
pub use combine::{Cache, Concat, Map, OneHot, Subset};
pub use dataset::Dataset;
#[cfg(feature = "data")]
pub use digits::Digits;
#[cfg(feature = "data")]
pub use idx::{FashionMnist, Mnist};
#[cfg(feature = "image")]
pub use image::ImageFolder;
#[cfg(all(feature = "image", feature = "picture"))]
pub(crate) use image::decode::open as decode;
pub use normalize::{Method, Normalization};
pub(crate) use put::Scratch;
#[cfg(feature = "train")]
pub(crate) use put::in_order;
pub use samples::Samples;
pub use seed::sample_seed;
#[cfg(feature = "train")]
pub(crate) use sorted::sorted_by_class;
#[cfg(feature = "csv")]
pub use table::Table;
#[cfg(feature = "data")]
pub use text::{Pieces, Text};
#[cfg(feature = "wav")]
pub use wav::WavFolder;

/// Metadata of both; where they have a key in common the first counts.
fn joined(mut first: Vec<(String, String)>, second: Vec<(String, String)>) -> Vec<(String, String)> {
    for (key, value) in second {
        if !first.iter().any(|(known, _)| *known == key) {
            first.push((key, value));
        }
    }
    first
}

/// The methods of a data set that gives the samples of what it holds.
macro_rules! forward_dataset {
    ($input:ty, $held:ty) => {
        type Target = <$held as Dataset<$input>>::Target;
        fn len(&self) -> usize {
            (**self).len()
        }
        fn fill(&self, i: usize, seed: u64, input: &mut $input, target: &mut Self::Target) -> Result<()> {
            (**self).fill(i, seed, input, target)
        }
        fn lend(&self, i: usize) -> Option<(&$input, &Self::Target)> {
            (**self).lend(i)
        }
        fn fill_target(&self, i: usize, target: &mut Self::Target) -> Result<()> {
            (**self).fill_target(i, target)
        }
        fn metadata(&self) -> Vec<(String, String)> {
            (**self).metadata()
        }
    };
}
use forward_dataset;
