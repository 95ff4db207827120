//! Files that appear whole or not at all.

use crate::{Error, Result};
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Lets `write` make a file beside `path`, and puts it there when all of it is on the disk. Folders that are missing are made; a link
/// stays one; a file that was there keeps its permissions, and its bytes until the new ones are complete.
pub(crate) fn replace(path: &Path, write: &mut dyn FnMut(&Path) -> Result<()>) -> Result<()> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let target = target(path).map_err(io)?;
    let old = permissions(&target).map_err(io)?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|source| Error::Io { path: folder.to_owned(), source })?;
    let (temporary, new) = beside(folder).map_err(io)?;
    let written = write(&temporary).and_then(|()| {
        // Windows reaches the disk only by a handle that may write.
        let file = OpenOptions::new().write(true).open(&temporary).map_err(io)?;
        file.set_permissions(old.unwrap_or(new)).and_then(|()| file.sync_all()).map_err(io)?;
        drop(file);
        fs::rename(&temporary, &target).map_err(io)?;
        // On the disk is also the name, where systems let folders be opened: files that this one follows may then be deleted. (Miri knows no such call.)
        if cfg!(not(miri)) {
            drop(fs::File::open(folder).and_then(|folder| folder.sync_all()));
        }
        Ok(())
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Links that are followed at most, as systems do.
const LINKS: usize = 40;

/// Where a link leads, whether a file stands there yet or not; or the path itself.
fn target(path: &Path) -> io::Result<PathBuf> {
    if path.file_name().is_none() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "this names no file"));
    }
    let mut target = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "links that lead to links without end"))
}

/// Those of the file that stands there, if it may be written.
fn permissions(target: &Path) -> io::Result<Option<Permissions>> {
    match fs::metadata(target) {
        Err(_) => Ok(None),
        Ok(old) if old.is_dir() => Err(ErrorKind::IsADirectory.into()),
        // What is moved there would stand in place of a device or a pipe.
        Ok(old) if !old.is_file() => Err(io::Error::new(ErrorKind::InvalidInput, "this is not a regular file")),
        Ok(old) => OpenOptions::new().write(true).open(target).map(|_| Some(old.permissions())),
    }
}

/// Before the name of a file that is being written.
const TEMPORARY: &str = ".fireclay-";

/// Whether a file of this name is one that was being written.
#[cfg(all(feature = "safetensors", feature = "train"))]
pub(crate) fn is_temporary(name: &str) -> bool {
    name.starts_with(TEMPORARY)
}

/// A new file in this folder, empty, with the permissions that new files have.
fn beside(folder: &Path) -> io::Result<(PathBuf, Permissions)> {
    let mut count = 0_u64;
    loop {
        let path = folder.join(format!("{TEMPORARY}{}-{count}", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path).and_then(|file| file.metadata()) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => count += 1,
            made => return made.map(|new| (path, new.permissions())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("fireclay-replace-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    fn put(path: &Path, text: &'static str) -> Result<()> {
        replace(path, &mut |beside| fs::write(beside, text).map_err(|source| Error::Io { path: beside.to_owned(), source }))
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn folders_are_made_and_nothing_else_is_left() {
        let folder = folder("made");
        let path = folder.join("a/b").join("c".repeat(250));
        put(&path, "one").expect("written");
        put(&path, "two").expect("written over");
        assert_eq!(fs::read_to_string(&path).expect("a text"), "two");
        assert_eq!(names(&folder.join("a/b")).len(), 1);
    }

    #[test]
    fn what_was_there_stays_until_the_new_is_complete() {
        let folder = folder("kept");
        let path = folder.join("file");
        put(&path, "old").expect("written");
        let failed = replace(&path, &mut |beside| {
            fs::write(beside, "half of the n").expect("written");
            assert_eq!(fs::read_to_string(&path).expect("a text"), "old");
            Err(Error::Setting("broken".to_owned()))
        });
        assert!(failed.is_err());
        assert_eq!((fs::read_to_string(&path).expect("a text").as_str(), names(&folder).len()), ("old", 1));
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = folder("refused");
        put(&folder.join("file"), "text").expect("written");
        for (path, says) in [(&*folder, "directory"), (&folder.join("file/within"), "file: "), (Path::new(".."), "names no file")]
        {
            let error = put(path, "text").expect_err("no file").to_string();
            assert!(error.contains(says), "{error}");
        }
        assert_eq!(names(&folder), ["file"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_permissions_and_devices() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = folder("unix");
        put(&folder.join("file"), "old").expect("written");
        symlink("file", folder.join("link")).expect("a link");
        fs::set_permissions(folder.join("file"), Permissions::from_mode(0o640)).expect("allowed");
        put(&folder.join("link"), "new").expect("written");
        assert!(folder.join("link").is_symlink());
        assert_eq!(fs::read_to_string(folder.join("file")).expect("a text"), "new");
        assert_eq!(fs::metadata(folder.join("file")).expect("a file").permissions().mode() & 0o777, 0o640);

        // A link to what is not there yet, by another one in another folder.
        symlink("inner/second", folder.join("first")).expect("a link");
        fs::create_dir(folder.join("inner")).expect("a folder");
        symlink("../made/later", folder.join("inner/second")).expect("a link");
        put(&folder.join("first"), "new").expect("written");
        assert!(folder.join("first").is_symlink() && folder.join("inner/second").is_symlink());
        assert_eq!(fs::read_to_string(folder.join("made/later")).expect("a text"), "new");
        symlink("round", folder.join("round")).expect("a link");
        let error = put(&folder.join("round"), "text").expect_err("no end").to_string();
        assert!(error.contains("without end"), "{error}");

        let error = put(Path::new("/dev/null"), "text").expect_err("a device").to_string();
        assert!(error.contains("not a regular file"), "{error}");
        assert!(!Path::new("/dev/null").is_file());
    }
}
