//! New text for a file, all of it or nothing.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use tempfile::Builder;

/// Puts `new` in place of `old` in the file at `path`, keeping its permissions.
///
/// The text is written next to the file and moved over it, so that no reader ever sees half of
/// it; a link keeps pointing to its target. Refused if the file no longer holds `old`.
pub(super) fn replace_file(path: &Path, old: &str, new: &str) -> io::Result<()> {
    let target = path.canonicalize()?;
    let folder = target
        .parent()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path is no file"))?;
    let permissions = fs::metadata(&target)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    let mut file = Builder::new().prefix(".preceptor-").suffix(".tmp").tempfile_in(folder)?;
    file.write_all(new.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    #[expect(clippy::disallowed_methods, reason = "the command line reads the files it fixes")]
    let current = fs::read(&target)?;
    if current != old.as_bytes() {
        return Err(io::Error::other("it was changed meanwhile"));
    }
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}
