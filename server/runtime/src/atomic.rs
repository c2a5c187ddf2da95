//! Writing files so that a reader sees the old text or the new one, never half of it.

use std::{
    borrow::Cow,
    fs::{DirBuilder, Permissions},
    io::{self, Write},
    path::Path,
};

use tempfile::{Builder, NamedTempFile};

/// Replaces a file's content; missing folders are made, the mode of an existing file is kept, and
/// a link keeps pointing to its target.
///
/// # Errors
/// Whatever the system says, and `PermissionDenied` for a read-only file; the old content is then
/// still there.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let (target, file) = prepare(path, content)?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

/// Like [`write`], but refused if the file does not hold `old` any more.
///
/// # Errors
/// As for [`write`], and when the file was changed meanwhile.
pub fn write_over(path: &Path, old: &[u8], content: &[u8]) -> io::Result<()> {
    let (target, file) = prepare(path, content)?;
    if std::fs::read(&target)? != old {
        return Err(io::Error::other("it was changed meanwhile"));
    }
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

/// Like [`write`], but only the user may read the file, and enter the folders that are made for it.
///
/// # Errors
/// As for [`write`].
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let file = Builder::new().prefix(PREFIX).tempfile_in(made_private_folder(path)?)?;
    filled(file, content)?.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// What the names of unfinished files start with.
const PREFIX: &str = ".preceptor-";

fn prepare<'a>(path: &'a Path, content: &[u8]) -> io::Result<(Cow<'a, Path>, NamedTempFile)> {
    let target = path.canonicalize().map_or(Cow::Borrowed(path), Cow::Owned);
    let existing = std::fs::metadata(&target).ok().map(|metadata| metadata.permissions());
    if existing.as_ref().is_some_and(Permissions::readonly) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    let mut builder = Builder::new();
    #[cfg(unix)]
    if existing.is_none() {
        use std::os::unix::fs::PermissionsExt;

        // Temporary files are private; a new file looks like any other: the umask still applies.
        builder.permissions(Permissions::from_mode(0o666));
    }
    let file = builder.prefix(PREFIX).tempfile_in(made_folder(&target)?)?;
    if let Some(permissions) = existing {
        file.as_file().set_permissions(permissions)?;
    }
    Ok((target, filled(file, content)?))
}

fn made_folder(path: &Path) -> io::Result<&Path> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    Ok(folder)
}

/// Makes a folder that only the user may enter, with those around it that are missing; of one that
/// others may enter, it takes their permissions.
///
/// # Errors
/// Whatever the system says, such as that the folder is somebody else's.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    made_private(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        let mode = std::fs::metadata(folder)?.permissions().mode();
        if mode & 0o077 != 0 {
            std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

fn made_private_folder(path: &Path) -> io::Result<&Path> {
    let folder = path.parent().unwrap_or(Path::new("."));
    made_private(folder)?;
    Ok(folder)
}

fn made_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;

        builder.mode(0o700);
    }
    builder.recursive(true).create(folder)
}

fn filled(mut file: NamedTempFile, content: &[u8]) -> io::Result<NamedTempFile> {
    file.write_all(content)?;
    file.as_file().sync_data()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::{make_private_folder, write, write_over};

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.txt");
        write(&path, b"one").unwrap();
        assert!(write_over(&path, b"zero", b"two").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        write_over(&path, b"one", b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        let n_files = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(n_files, 1, "nothing unfinished is left behind");
    }

    #[cfg(unix)]
    #[test]
    fn a_private_folder_is_closed_to_others_also_if_it_was_open() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("state/preceptor");
        let mode = || folder.metadata().unwrap().permissions().mode() & 0o777;
        make_private_folder(&folder).unwrap();
        assert_eq!(mode(), 0o700);
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
        make_private_folder(&folder).unwrap();
        assert_eq!(mode(), 0o700);
    }

    #[cfg(unix)]
    #[test]
    fn modes_and_links_are_kept() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("script"), folder.path().join("link"));
        std::fs::write(&path, "one").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o750)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write(&link, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o750);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o440)).unwrap();
        assert!(write(&path, b"three").is_err());
    }
}
