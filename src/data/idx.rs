//! Files of the MNIST family: IDX, plain or compressed with gzip.

use super::samples::{Samples, named};
use crate::{Error, Index, Result, Tensor, shape};
use std::io::Read;
use std::path::{Path, PathBuf};

named! {
    /// MNIST (LeCun, Cortes and Burges 1998): 70,000 handwritten digits of 28×28 pixels, scaled to 0…1.
    Mnist, Tensor<shape![1, 28, 28]>, Index<10>
}

named! {
    /// Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747): 70,000 pieces of clothing of 28×28 pixels, scaled to 0…1.
    FashionMnist, Tensor<shape![1, 28, 28]>, Index<10>
}

impl Mnist {
    /// The 60,000 to learn from and the 10,000 to test with, from a folder with the four files `train-images-idx3-ubyte`,
    /// `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, each plain or with `.gz`.
    ///
    /// # Errors
    /// If a file is missing, cut short, or not of this form: the error names it.
    pub fn load(folder: impl AsRef<Path>) -> Result<(Self, Self)> {
        load(folder.as_ref()).map(|(train, test)| (Self(train), Self(test)))
    }
}

impl FashionMnist {
    /// The 60,000 to learn from and the 10,000 to test with, from a folder as for [`Mnist::load`]. (Debian's package
    /// `dataset-fashion-mnist` installs it.)
    ///
    /// # Errors
    /// As [`Mnist::load`].
    pub fn load(folder: impl AsRef<Path>) -> Result<(Self, Self)> {
        load(folder.as_ref()).map(|(train, test)| (Self(train), Self(test)))
    }
}

type Images = Samples<Tensor<shape![1, 28, 28]>, Index<10>>;

fn load(folder: &Path) -> Result<(Images, Images)> {
    Ok((part(folder, "train")?, part(folder, "t10k")?))
}

fn part(folder: &Path, name: &str) -> Result<Images> {
    const SIDE: usize = 28;
    let (path, images) = read(folder, &format!("{name}-images-idx3-ubyte"))?;
    let (count, pixels) = body(&path, &images, &[SIDE, SIDE])?;
    let (path, labels) = read(folder, &format!("{name}-labels-idx1-ubyte"))?;
    let (labelled, labels) = body(&path, &labels, &[])?;
    let wrong = |reason: String| Error::Data { path: path.clone(), reason };
    if count != labelled {
        return Err(wrong(format!("{labelled} labels for {count} images")));
    }
    let inputs = pixels.chunks_exact(SIDE * SIDE).map(|image| Tensor::from_fn(|i| f32::from(image[i]) / 255.0)).collect();
    let targets = labels
        .iter()
        .enumerate()
        .map(|(i, label)| Index::new(*label).ok_or_else(|| wrong(format!("label {i} is {label}; there are ten classes"))));
    Samples::new(inputs, targets.collect::<Result<_>>()?)
}

/// The bytes of a file, plain or compressed.
fn read(folder: &Path, name: &str) -> Result<(PathBuf, Vec<u8>)> {
    let plain = folder.join(name);
    if plain.exists() {
        let bytes = std::fs::read(&plain).map_err(|source| Error::Io { path: plain.clone(), source })?;
        return Ok((plain, bytes));
    }
    let path = folder.join(format!("{name}.gz"));
    if !path.exists() {
        let reason =
            "is missing, and so is the same with .gz; this folder should hold the four IDX files of the data set".to_owned();
        return Err(Error::Data { path: plain, reason });
    }
    let file = std::fs::File::open(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
    let mut bytes = Vec::new();
    match flate2::read::GzDecoder::new(file).read_to_end(&mut bytes) {
        Ok(_) => Ok((path, bytes)),
        Err(error) => Err(Error::Data { path, reason: format!("is not a whole gzip file: {error}") }),
    }
}

/// How many items, and their bytes, of an IDX file of bytes with these extents behind the count.
fn body<'a>(path: &Path, bytes: &'a [u8], extents: &[usize]) -> Result<(usize, &'a [u8])> {
    let wrong = |reason: String| Error::Data { path: path.to_owned(), reason };
    let word = |i: usize| {
        let word = bytes.get(4 * i..4 * i + 4).and_then(|w| <[u8; 4]>::try_from(w).ok());
        word.map(|w| u32::from_be_bytes(w) as usize).ok_or_else(|| wrong("is cut short within its header".to_owned()))
    };
    // Two zero bytes, 8 for unsigned bytes, the number of extents.
    let magic = 0x0800 + 1 + extents.len();
    if word(0)? != magic {
        return Err(wrong(format!(
            "is not an IDX file of bytes with {} extents (it begins with {:#010x})",
            extents.len() + 1,
            word(0)?
        )));
    }
    let count = word(1)?;
    for (i, extent) in extents.iter().enumerate() {
        if word(2 + i)? != *extent {
            return Err(wrong(format!("has items of extent {}, not {extent}", word(2 + i)?)));
        }
    }
    let data = &bytes[4 * (2 + extents.len())..];
    let wanted = count.saturating_mul(extents.iter().product());
    if data.len() != wanted {
        return Err(wrong(format!("holds {} bytes of data where its header promises {wanted}", data.len())));
    }
    if count == 0 {
        return Err(wrong("has no items".to_owned()));
    }
    Ok((count, data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn header(extents: &[u32]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, u8::try_from(extents.len()).unwrap_or(0)];
        extents.iter().for_each(|e| bytes.extend(e.to_be_bytes()));
        bytes
    }

    /// A folder with small files, the first images compressed.
    fn folder(name: &str, change: impl Fn(&str, &mut Vec<u8>)) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("fireclay-idx-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        for (part, count) in [("train", 3_u8), ("t10k", 2)] {
            let mut images = [header(&[u32::from(count), 28, 28]), vec![51; usize::from(count) * 784]].concat();
            let mut labels = [header(&[u32::from(count)]), (0..count).collect()].concat();
            change(&format!("{part}-images"), &mut images);
            change(&format!("{part}-labels"), &mut labels);
            let path = folder.join(format!("{part}-images-idx3-ubyte.gz"));
            let mut gz = flate2::write::GzEncoder::new(std::fs::File::create(path).expect("a file"), flate2::Compression::fast());
            gz.write_all(&images).and_then(|()| gz.finish().map(drop)).expect("written");
            std::fs::write(folder.join(format!("{part}-labels-idx1-ubyte")), labels).expect("written");
        }
        folder
    }

    #[test]
    fn plain_and_compressed_files_are_read() -> Result<()> {
        let (train, test) = Mnist::load(folder("good", |_, _| {}))?;
        assert_eq!((train.len(), test.len(), train.target(2).get()), (3, 2, 2));
        assert!((train.input(0)[0][5][5] - 0.2).abs() < 1e-6);
        Ok(())
    }

    #[test]
    fn wrong_files_are_named() {
        type Change = fn(&str, &mut Vec<u8>);
        let cases: [(&str, Change, &str); 5] = [
            (
                "short",
                |n, b| {
                    if n == "train-images" {
                        b.truncate(900)
                    }
                },
                "train-images-idx3-ubyte.gz: holds 884 bytes",
            ),
            (
                "header",
                |n, b| {
                    if n == "t10k-labels" {
                        b.truncate(6)
                    }
                },
                "t10k-labels-idx1-ubyte: is cut short",
            ),
            (
                "magic",
                |n, b| {
                    if n == "train-labels" {
                        b[2] = 9
                    }
                },
                "train-labels-idx1-ubyte: is not an IDX file",
            ),
            (
                "label",
                |n, b| {
                    if n == "t10k-labels" {
                        b[8] = 11
                    }
                },
                "label 0 is 11",
            ),
            (
                "count",
                |n, b| {
                    if n == "train-labels" {
                        b[7] = 2;
                        b.pop();
                    }
                },
                "2 labels for 3 images",
            ),
        ];
        for (name, change, message) in cases {
            let error = Mnist::load(folder(name, change)).expect_err(name).to_string();
            assert!(error.contains(message), "{name}: {error}");
        }
        let error = Mnist::load("/nowhere").expect_err("no folder").to_string();
        assert!(error.contains("train-images-idx3-ubyte") && error.contains("missing"), "{error}");
    }
}
