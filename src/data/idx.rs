//! Files of the MNIST family: IDX, plain or compressed with gzip.

use super::files::contents;
use super::samples::{Samples, named};
use crate::{Error, Index, Result, Tensor, shape};
use fireclay_weight_file::OtherFormat;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
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
    /// `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, each plain or compressed with gzip, with
    /// or without `.gz`. As other sources have them, the names may have a dot (`train-images.idx3-ubyte`), and each file may lie in a
    /// folder of its own name (Kaggle's archive).
    ///
    /// # Errors
    /// If a file is missing, cut short, or not of this form: the error names it.
    pub fn load(folder: impl AsRef<Path>) -> Result<(Self, Self)> {
        const FROM: &str = "MNIST's home page is Yann LeCun's; OpenML and Kaggle have the same files";
        load(folder.as_ref(), FROM).map(|(train, test)| (Self(train), Self(test)))
    }
}

impl FashionMnist {
    /// The 60,000 to learn from and the 10,000 to test with, from a folder as for [`Mnist::load`]. (Debian's package
    /// `dataset-fashion-mnist` installs it.)
    ///
    /// # Errors
    /// As [`Mnist::load`].
    pub fn load(folder: impl AsRef<Path>) -> Result<(Self, Self)> {
        const FROM: &str =
            "Fashion-MNIST's home page is that of Zalando Research; Debian's package dataset-fashion-mnist has them too";
        load(folder.as_ref(), FROM).map(|(train, test)| (Self(train), Self(test)))
    }
}

type Images = Samples<Tensor<shape![1, 28, 28]>, Index<10>>;

fn load(folder: &Path, from: &str) -> Result<(Images, Images)> {
    Ok((part(folder, "train", from)?, part(folder, "t10k", from)?))
}

fn part(folder: &Path, name: &str, from: &str) -> Result<Images> {
    const SIDE: usize = 28;
    let path = find(folder, name, "images", 3, from)?;
    let (count, pixels) = read(&path, &[SIDE, SIDE])?;
    let path = find(folder, name, "labels", 1, from)?;
    let (labeled, labels) = read(&path, &[])?;
    let wrong = |reason: String| Error::Data { path: path.clone(), reason };
    if count != labeled {
        return Err(wrong(format!("{labeled} labels for {count} images")));
    }
    let inputs = pixels.chunks_exact(SIDE * SIDE).map(|image| Tensor::from_fn(|i| f32::from(image[i]) / 255.0)).collect();
    let targets = labels.iter().enumerate().map(|(i, label)| {
        Index::new(usize::from(*label)).ok_or_else(|| wrong(format!("label {i} is {label}; there are ten classes")))
    });
    Samples::new(inputs, targets.collect::<Result<_>>()?)
}

/// The file of these items, under any of the names it goes by, in the folder or in one of its own name.
fn find(folder: &Path, part: &str, kind: &str, extents: usize, from: &str) -> Result<PathBuf> {
    let names = ["", ".gz"].map(|end| ['-', '.'].map(|mark| format!("{part}-{kind}{mark}idx{extents}-ubyte{end}")));
    let names: Vec<String> = names.into_iter().flatten().collect();
    let direct = names.iter().map(|name| folder.join(name));
    let within = names.iter().flat_map(|outer| names.iter().map(move |name| folder.join(outer).join(name)));
    direct.chain(within).find(|path| path.is_file()).ok_or_else(|| Error::Data {
        path: folder.join(&names[0]),
        reason: format!("is missing, and so is the same with .gz; {}. {from}", contents(folder)),
    })
}

/// How many items, and their bytes, of an IDX file of bytes with these extents behind the count. No more is read than its header
/// promises.
fn read(path: &Path, extents: &[usize]) -> Result<(usize, Vec<u8>)> {
    let wrong = |reason: String| Error::Data { path: path.to_owned(), reason };
    let io = |source| Error::Io { path: path.to_owned(), source };
    let mut file = BufReader::new(File::open(path).map_err(io)?);
    // Names do not tell: servers and browsers unpack files, and leave their names.
    let is_compressed = file.fill_buf().map_err(io)?.starts_with(b"\x1f\x8b");
    let mut source: Box<dyn Read> = if is_compressed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut take = |bytes: usize| {
        let mut taken = Vec::new();
        match source.by_ref().take(bytes as u64).read_to_end(&mut taken) {
            Ok(_) => Ok(taken),
            Err(error) if is_compressed => Err(wrong(format!("is not a whole gzip file: {error}"))),
            Err(error) => Err(io(error)),
        }
    };
    let header = take(4 * (2 + extents.len()))?;
    let words: Vec<usize> = header.as_chunks().0.iter().map(|word| u32::from_be_bytes(*word) as usize).collect();
    // Two zero bytes, 8 for unsigned bytes, the number of extents.
    let magic = 0x0800 + 1 + extents.len();
    if words.first().is_some_and(|word| *word != magic) {
        let start = [header, take(64)?].concat();
        return Err(wrong(match OtherFormat::of(&start) {
            Some(format) => format!("is {}, not an IDX file", format.what),
            None => {
                format!("is not an IDX file of bytes with {} extents (it begins with {:#010x})", extents.len() + 1, words[0])
            }
        }));
    }
    let [_, count, found @ ..] = words.as_slice() else { return Err(wrong("is cut short within its header".to_owned())) };
    if found.len() < extents.len() {
        return Err(wrong("is cut short within its header".to_owned()));
    }
    if let Some((found, extent)) = found.iter().zip(extents).find(|(found, extent)| found != extent) {
        return Err(wrong(format!("has items of extent {found}, not {extent}")));
    }
    if *count == 0 {
        return Err(wrong("has no items".to_owned()));
    }
    let promised = count.saturating_mul(extents.iter().product());
    let data = take(promised.saturating_add(1))?;
    if data.len() < promised {
        return Err(wrong(format!("holds {} bytes of data where its header promises {promised}", data.len())));
    }
    if data.len() > promised {
        return Err(wrong(format!("holds more bytes of data than the {promised} that its header promises")));
    }
    Ok((*count, data))
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

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(bytes).and_then(|()| gz.finish()).expect("compressed")
    }

    /// The same files with other names and in other wrappings, in a new folder.
    fn rearranged(name: &str, place: impl Fn(&Path, &str, &str, Vec<u8>)) -> Result<(usize, usize, f32)> {
        let folder = std::env::temp_dir().join(format!("fireclay-idx-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        for (part, count) in [("train", 3_u8), ("t10k", 2)] {
            let images = [header(&[u32::from(count), 28, 28]), vec![51; usize::from(count) * 784]].concat();
            let labels = [header(&[u32::from(count)]), (0..count).collect()].concat();
            place(&folder, &format!("{part}-images"), "idx3-ubyte", images);
            place(&folder, &format!("{part}-labels"), "idx1-ubyte", labels);
        }
        let (train, test) = Mnist::load(&folder)?;
        Ok((train.len(), test.target(1).get(), train.input(2)[0][27][27]))
    }

    fn write(path: impl AsRef<Path>, bytes: &[u8]) {
        std::fs::create_dir_all(path.as_ref().parent().expect("a folder")).expect("made");
        std::fs::write(path, bytes).expect("written");
    }

    #[test]
    fn names_and_wrappings_of_other_sources() -> Result<()> {
        type Put = fn(&Path, &str, &str, Vec<u8>);
        let cases: [(&str, Put); 6] = [
            ("dots", |folder, name, kind, bytes| write(folder.join(format!("{name}.{kind}")), &bytes)),
            ("dots-gz", |folder, name, kind, bytes| write(folder.join(format!("{name}.{kind}.gz")), &gzip(&bytes))),
            ("gz-without-gz", |folder, name, kind, bytes| write(folder.join(format!("{name}-{kind}")), &gzip(&bytes))),
            ("gz-that-is-none", |folder, name, kind, bytes| write(folder.join(format!("{name}-{kind}.gz")), &bytes)),
            // What `cat a.gz b.gz` and some compressors make.
            ("members", |folder, name, kind, bytes| {
                let (a, b) = bytes.split_at(7);
                write(folder.join(format!("{name}-{kind}.gz")), &[gzip(a), gzip(&[]), gzip(b)].concat());
            }),
            // Kaggle's archive has each file in a folder of its name, and once more with a dot.
            ("kaggle", |folder, name, kind, bytes| write(folder.join(format!("{name}-{kind}/{name}-{kind}")), &bytes)),
        ];
        for (name, place) in cases {
            assert_eq!(rearranged(name, place)?, (3, 1, 0.2), "{name}");
        }
        Ok(())
    }

    /// A file that promises or unpacks to terabytes costs no more than it has.
    #[test]
    fn no_more_is_read_than_promised() {
        let huge = |folder: &Path, name: &str, kind: &str, _| {
            let bytes = [header(&[u32::MAX, 28, 28]), vec![0; 1 << 20]].concat();
            write(folder.join(format!("{name}-{kind}.gz")), &gzip(&bytes));
        };
        let text = rearranged("huge", huge).expect_err("too short").to_string();
        assert!(text.ends_with("holds 1048576 bytes of data where its header promises 3367254359280"), "{text}");
        let bomb = |folder: &Path, name: &str, kind: &str, bytes: Vec<u8>| {
            write(folder.join(format!("{name}-{kind}.gz")), &gzip(&[bytes, vec![0; 8 << 20]].concat()));
        };
        let text = rearranged("bomb", bomb).expect_err("too long").to_string();
        assert!(text.ends_with("holds more bytes of data than the 2352 that its header promises"), "{text}");
    }

    #[test]
    fn what_is_there_instead_is_told() {
        let place =
            |file: &'static str, bytes: &'static [u8]| move |folder: &Path, _: &str, _: &str, _| write(folder.join(file), bytes);
        for (file, bytes, says) in [
            (
                "mnist_train.csv",
                &b"5,0"[..],
                "train-images-idx3-ubyte: is missing, and so is the same with .gz; the folder holds mnist_train.csv",
            ),
            (
                "train-images-idx3-ubyte.gz",
                b"<!DOCTYPE html><html>",
                "train-images-idx3-ubyte.gz: is an HTML page, not an IDX file",
            ),
            ("train-images-idx3-ubyte", b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0", "is a zip archive, not an IDX file"),
            ("train-images-idx3-ubyte", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01", "is not a whole gzip file"),
            ("train-images-idx3-ubyte", b"", "is cut short within its header"),
        ] {
            let text = rearranged("instead", place(file, bytes)).expect_err(says).to_string();
            assert!(text.contains(says), "{text}");
        }
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
