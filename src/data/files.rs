//! What loaders share: files plain or compressed with gzip, and what stands where one is missing.

use crate::{Error, Result};
use fireclay_weight_file::OtherFormat;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// What a file is wrong in.
pub(super) fn wrong(path: &Path, reason: impl Into<String>) -> Error {
    Error::Data { path: path.to_owned(), reason: reason.into() }
}

/// The bytes of a file, unpacked if it is compressed with gzip (by what it holds: servers and browsers unpack files, and leave their names); no more than so many.
pub(super) fn read(path: &Path, most: usize) -> Result<Vec<u8>> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let mut file = BufReader::new(File::open(path).map_err(io)?);
    let is_compressed = file.fill_buf().map_err(io)?.starts_with(b"\x1f\x8b");
    let mut bytes = Vec::new();
    let limit = (most as u64).saturating_add(1);
    if is_compressed {
        let unpacked = MultiGzDecoder::new(file).take(limit).read_to_end(&mut bytes);
        unpacked.map_err(|error| wrong(path, format!("is not a whole gzip file: {error}")))?;
    } else {
        file.take(limit).read_to_end(&mut bytes).map_err(io)?;
    }
    if bytes.len() > most {
        return Err(wrong(path, format!("holds more than {most} bytes")));
    }
    Ok(bytes)
}

/// What a file is instead, where its first bytes tell.
pub(super) fn instead(bytes: &[u8]) -> Option<&'static str> {
    OtherFormat::of(bytes).map(|format| format.what)
}

/// What a folder holds, in words.
pub(super) fn contents(folder: &Path) -> String {
    const SHOWN: usize = 8;
    let Ok(entries) = std::fs::read_dir(folder) else { return format!("there is no folder {}", folder.display()) };
    let mut names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let more = if names.len() > SHOWN { format!(" and {} more", names.len() - SHOWN) } else { String::new() };
    names.truncate(SHOWN);
    if names.is_empty() { "the folder is empty".to_owned() } else { format!("the folder holds {}{more}", names.join(", ")) }
}
