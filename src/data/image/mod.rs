//! Images from files.

pub(super) mod decode;
mod resize;

use super::Dataset;
use super::folder::{self, Kind, Listed};
use crate::{Error, Index, Result, Shape, Tensor};
use core::marker::PhantomData;
use std::path::{Path, PathBuf};

const KIND: Kind = Kind {
    what: "images",
    ends: &["png", "jpg", "jpeg"],
    others: &["bmp", "gif", "tif", "tiff", "webp", "ppm", "pgm", "avif", "heic"],
    from: "ImageNet is to be had from its home page, Places365 from that of MIT's CSAIL, and what is unpacked there has a folder for each class, or a list",
};

/// PNG and JPEG images in files, of so many classes, read when they are asked for: each is resized so that its shorter side is [`resize`](ImageFolder::resize),
/// cropped in the middle to the height and width of the input, and scaled to 0…1. That is what torchvision's `ImageFolder` gives with `Resize`, `CenterCrop` and
/// `ToTensor`. Inputs are `[3, H, W]`, red, green and blue, or `[1, H, W]`, gray; transparency is left out.
///
/// ```no_run
/// use fireclay::{data::{ImageFolder, Method, Normalization}, prelude::*};
/// let train = ImageFolder::<shape![3, 224, 224], 1000>::open("imagenet/train")?.resize(256);
/// let test = ImageFolder::<shape![3, 224, 224], 1000>::list("imagenet/val.txt", "imagenet/val")?.resize(256);
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Clone)]
pub struct ImageFolder<S, const CLASSES: usize> {
    files: Vec<(PathBuf, usize)>,
    classes: Vec<String>,
    shorter: usize,
    shape: PhantomData<S>,
}

impl<S: Shape, const CLASSES: usize> ImageFolder<S, CLASSES> {
    /// The images of a folder that has a folder for each class: the first by name is class 0, as in torchvision.
    ///
    /// # Errors
    /// If there is no such folder, it has not as many folders as there are classes, one of these has no images or one that is neither PNG nor JPEG, or the input
    /// is not `[1, H, W]` or `[3, H, W]`.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        Self::of(folder::classes(folder.as_ref(), CLASSES, &KIND)?)
    }

    /// The images of a list, a text file with lines `file class`, as the validation sets of ImageNet and Places365 have one: a file in `folder`, and the number of its class.
    ///
    /// # Errors
    /// If the list cannot be read, a line is not of this form, a class is too large or a file missing: the error names the line.
    pub fn list(list: impl AsRef<Path>, folder: impl AsRef<Path>) -> Result<Self> {
        let files = folder::list(list.as_ref(), folder.as_ref(), CLASSES, &KIND)?;
        Self::of(Listed { files, classes: Vec::new() })
    }

    fn of(Listed { files, classes }: Listed) -> Result<Self> {
        match S::DIMS {
            [1 | 3, height, width] if *height > 0 && *width > 0 => {
                Ok(Self { files, classes, shorter: *height.max(width), shape: PhantomData })
            }
            dims => Err(Error::Setting(format!("images are [3, H, W] or, in gray, [1, H, W]; they cannot be {dims:?}"))),
        }
    }

    /// The shorter side of an image before it is cropped. If nothing is said, it is the longer side of the input.
    ///
    /// # Panics
    /// If it is smaller than that.
    #[must_use]
    #[track_caller]
    pub fn resize(mut self, shorter: usize) -> Self {
        let least = S::DIMS[1].max(S::DIMS[2]);
        assert!(shorter >= least, "ImageFolder: resize = {shorter} must be at least {least}, the longer side of the input");
        self.shorter = shorter;
        self
    }

    /// The names of the classes, in their order; none of a list.
    #[must_use]
    pub fn class_names(&self) -> &[String] {
        &self.classes
    }

    /// The file of the i-th image.
    ///
    /// # Panics
    /// If there are not that many.
    #[must_use]
    pub fn path(&self, i: usize) -> &Path {
        &self.files[i].0
    }
}

impl<S: Shape, const CLASSES: usize> Dataset<Tensor<S>> for ImageFolder<S, CLASSES> {
    type Target = Index<CLASSES>;
    fn len(&self) -> usize {
        self.files.len()
    }
    fn fill(&self, i: usize, _: u64, input: &mut Tensor<S>, class: &mut Index<CLASSES>) -> Result<()> {
        let image = decode::open(&self.files[i].0)?.with_channels(S::DIMS[0]);
        resize::into(&image, self.shorter, [S::DIMS[1], S::DIMS[2]], input.as_mut_slice());
        self.fill_target(i, class)
    }
    fn fill_target(&self, i: usize, class: &mut Index<CLASSES>) -> Result<()> {
        // The bound was checked when the files were listed.
        *class = Index::new(self.files[i].1).unwrap_or_default();
        Ok(())
    }
}

impl<S: Shape, const CLASSES: usize> core::fmt::Debug for ImageFolder<S, CLASSES> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} images of {:?}, {CLASSES} classes", self.files.len(), S::DIMS)
    }
}
