//! Writing files so that a reader sees the old text or the new one, never half of it.

use std::{
    io::{self, Write},
    path::Path,
};

use tempfile::{Builder, NamedTempFile};

/// Replaces a file's content; missing folders are made, the mode of an existing file is kept.
///
/// # Errors
/// Whatever the system says; the old content is then still there.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let existing = std::fs::metadata(path).ok().map(|metadata| metadata.permissions());
    let mut builder = Builder::new();
    #[cfg(unix)]
    if existing.is_none() {
        use std::os::unix::fs::PermissionsExt;

        // Temporary files are private; a new file looks like any other: the umask still applies.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let file = builder.prefix(".preceptor-").tempfile_in(made_folder(path)?)?;
    if let Some(permissions) = existing {
        file.as_file().set_permissions(permissions)?;
    }
    replace(file, path, content)
}

/// Like [`write`], but only the user may read the file.
///
/// # Errors
/// As for [`write`].
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let file = Builder::new().prefix(".preceptor-").tempfile_in(made_folder(path)?)?;
    replace(file, path, content)
}

fn made_folder(path: &Path) -> io::Result<&Path> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    Ok(folder)
}

fn replace(mut file: NamedTempFile, path: &Path, content: &[u8]) -> io::Result<()> {
    file.write_all(content)?;
    file.as_file().sync_data()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
