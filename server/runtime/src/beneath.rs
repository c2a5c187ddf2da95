//! Files below a folder, used without following a single link.
//!
//! A path that was judged by where its links lead can lead elsewhere a moment later, when a command
//! has put a link in the place of a folder. So judged paths are walked again one part at a time,
//! each from the folder that is held open, and a link on the way is refused: there was none.

use std::{
    ffi::OsStr,
    fs::{File, Permissions},
    hash::{BuildHasher, RandomState},
    io::{self, Read, Write},
    os::{fd::OwnedFd, unix::fs::PermissionsExt},
    path::{Component, Path},
};

use rustix::{
    fs::{AtFlags, CWD, Mode, OFlags, linkat, mkdirat, openat, renameat, statat, unlinkat},
    io::Errno,
};

/// What the names of unfinished files start with.
const PREFIX: &str = ".preceptor-";

/// Names that are tried for an unfinished file.
const MAX_NAMES: usize = 8;

/// A folder that is held open, and a name in it.
struct Place<'a> {
    folder: OwnedFd,
    name: &'a OsStr,
}

/// Opens a file to read it. `path` is below `root`, without `.`, `..` and links.
///
/// # Errors
/// Whatever the system says, and `PermissionDenied` for what has a link on the way to it.
pub(crate) fn open(root: &Path, path: &Path) -> io::Result<File> {
    let place = place(root, path, /*makes_folders*/ false)?;
    // A pipe in the file's place must not make the reader wait.
    place.open(OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty()).map(File::from)
}

/// Returns whether something of that name is there; a link counts as itself.
pub(crate) fn is_there(root: &Path, path: &Path) -> bool {
    place(root, path, /*makes_folders*/ false)
        .is_ok_and(|place| statat(&place.folder, place.name, AtFlags::SYMLINK_NOFOLLOW).is_ok())
}

/// Writes a new file; missing folders are made.
///
/// # Errors
/// As for [`open`], and `AlreadyExists`.
pub(crate) fn write_new(root: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    let place = place(root, path, /*makes_folders*/ true)?;
    let unfinished = place.unfinished(content, None)?;
    let linked = linkat(&place.folder, &unfinished, &place.folder, place.name, AtFlags::empty());
    let _ = unlinkat(&place.folder, &unfinished, AtFlags::empty());
    Ok(linked?)
}

/// Replaces a file's content if it still holds `old`; its mode is kept.
///
/// # Errors
/// As for [`open`], `PermissionDenied` for a read-only file, and when the file was changed
/// meanwhile; the old content is then still there.
pub(crate) fn write_over(root: &Path, path: &Path, old: &[u8], content: &[u8]) -> io::Result<()> {
    let place = place(root, path, /*makes_folders*/ false)?;
    let now = place.open(OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty())?;
    let mut now = File::from(now);
    let permissions = now.metadata()?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    let unfinished = place.unfinished(content, Some(permissions))?;
    let mut text = Vec::with_capacity(old.len());
    let replaced = now.read_to_end(&mut text).and_then(|_| {
        if text != old {
            return Err(io::Error::other("it was changed meanwhile"));
        }
        Ok(renameat(&place.folder, &unfinished, &place.folder, place.name)?)
    });
    if replaced.is_err() {
        let _ = unlinkat(&place.folder, &unfinished, AtFlags::empty());
    }
    replaced
}

/// Removes a file.
///
/// # Errors
/// As for [`open`].
pub(crate) fn remove(root: &Path, path: &Path) -> io::Result<()> {
    let place = place(root, path, /*makes_folders*/ false)?;
    Ok(unlinkat(&place.folder, place.name, AtFlags::empty())?)
}

fn place<'a>(root: &Path, path: &'a Path, makes_folders: bool) -> io::Result<Place<'a>> {
    let is_no_file = || io::Error::new(io::ErrorKind::InvalidInput, "it is no file in there");
    let relative = path.strip_prefix(root).map_err(|_| is_no_file())?;
    let name = relative.file_name().ok_or_else(is_no_file)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut folder = openat(CWD, root, flags, Mode::empty())?;
    for part in relative.parent().unwrap_or(Path::new("")).components() {
        let Component::Normal(part) = part else { return Err(is_no_file()) };
        if makes_folders {
            match mkdirat(&folder, part, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        folder = openat(&folder, part, flags | OFlags::NOFOLLOW, Mode::empty()).map_err(refused)?;
    }
    Ok(Place { folder, name })
}

impl Place<'_> {
    fn open(&self, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(&self.folder, self.name, flags, mode).map_err(refused)
    }

    /// Writes a file beside the one that is meant, and returns its name.
    fn unfinished(&self, content: &[u8], permissions: Option<Permissions>) -> io::Result<String> {
        let (name, file) = self.make_unfinished(permissions.is_none())?;
        let mut file = File::from(file);
        let fill = || {
            if let Some(permissions) = permissions {
                let mode = Permissions::from_mode(permissions.mode() & 0o7777);
                file.set_permissions(mode)?;
            }
            file.write_all(content)?;
            file.sync_data()
        };
        match fill() {
            Ok(()) => Ok(name),
            Err(error) => {
                let _ = unlinkat(&self.folder, &name, AtFlags::empty());
                Err(error)
            }
        }
    }

    /// A new file looks like any other: the umask applies to it.
    fn make_unfinished(&self, is_new: bool) -> io::Result<(String, OwnedFd)> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(if is_new { 0o666 } else { 0o600 });
        let mut error = Errno::EXIST;
        for number in 0..MAX_NAMES {
            // The hasher's keys are drawn at random.
            let name = format!("{PREFIX}{:016x}", RandomState::new().hash_one(number));
            match openat(&self.folder, &name, flags, mode) {
                Ok(file) => return Ok((name, file)),
                Err(Errno::EXIST) => {}
                Err(other) => {
                    error = other;
                    break;
                }
            }
        }
        Err(error.into())
    }
}

/// A link where a folder or a file was is told of as what it is.
fn refused(error: Errno) -> io::Error {
    // A link is no folder, too.
    if error == Errno::LOOP || error == Errno::NOTDIR {
        return io::Error::new(
            io::ErrorKind::PermissionDenied,
            "a part of the path is a link or no folder now",
        );
    }
    error.into()
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::Read,
        os::unix::fs::{PermissionsExt, symlink},
        path::Path,
        sync::atomic::{AtomicBool, Ordering},
    };

    use super::{is_there, open, remove, write_new, write_over};

    fn text(root: &Path, path: &str) -> std::io::Result<String> {
        let mut text = String::new();
        open(root, &root.join(path))?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn files_are_made_replaced_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let path = root.join("a/b/c.txt");
        write_new(root, &path, b"one").unwrap();
        assert_eq!(
            write_new(root, &path, b"x").unwrap_err().to_string(),
            "File exists (os error 17)"
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(write_over(root, &path, b"zero", b"x").is_err());
        write_over(root, &path, b"one", b"two").unwrap();
        assert_eq!(text(root, "a/b/c.txt").unwrap(), "two");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o750);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o440)).unwrap();
        assert!(write_over(root, &path, b"two", b"x").is_err());
        assert_eq!(fs::read_dir(root.join("a/b")).unwrap().count(), 1, "nothing else is left");
        remove(root, &path).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn links_are_refused_wherever_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let (root, outside) = (dir.path().join("w"), dir.path().join("o"));
        fs::create_dir_all(&root).unwrap();
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("secret"), "s3cret").unwrap();
        symlink(&outside, root.join("folder")).unwrap();
        symlink(outside.join("secret"), root.join("file")).unwrap();
        symlink(outside.join("new"), root.join("dangling")).unwrap();
        assert!(is_there(&root, &root.join("dangling")), "a link is there as itself");
        assert!(!is_there(&root, &root.join("folder/secret")));
        for path in ["folder/secret", "file", "dangling", "../o/secret", ""] {
            assert!(text(&root, path).is_err(), "{path}");
            let path = root.join(path);
            assert!(write_over(&root, &path, b"s3cret", b"x").is_err(), "{}", path.display());
            assert!(write_new(&root, &path, b"x").is_err(), "{}", path.display());
        }
        assert!(remove(&root, &root.join("folder/secret")).is_err());
        assert_eq!(fs::read_to_string(outside.join("secret")).unwrap(), "s3cret");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_turns_into_a_link_meanwhile_leads_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let (root, outside) = (dir.path().join("w"), dir.path().join("o"));
        for folder in [root.join("real"), outside.clone()] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(root.join("real/f"), "mine").unwrap();
        fs::write(outside.join("f"), "s3cret").unwrap();
        symlink(&outside, root.join("link")).unwrap();
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    let _ = fs::rename(root.join("real"), root.join("at"));
                    let _ = fs::rename(root.join("at"), root.join("real"));
                    let _ = fs::rename(root.join("link"), root.join("at"));
                    let _ = fs::rename(root.join("at"), root.join("link"));
                }
            });
            for _ in 0..2_000 {
                if let Ok(text) = text(&root, "at/f") {
                    assert_eq!(text, "mine");
                }
                let _ = write_over(&root, &root.join("at/f"), b"s3cret", b"x");
                let _ = write_new(&root, &root.join("at/g"), b"x");
            }
            is_done.store(true, Ordering::Relaxed);
        });
        assert_eq!(fs::read_to_string(outside.join("f")).unwrap(), "s3cret");
        assert!(!outside.join("g").exists());
    }
}
