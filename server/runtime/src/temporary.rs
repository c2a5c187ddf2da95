//! Folders for temporary files that do not outlive us, even if we are killed: whoever makes the next
//! one removes what processes left behind that are not there any more.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Once,
};

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

/// Begins the names of all of them.
pub(crate) const PREFIX: &str = "preceptor-";

/// Lies beside what is kept, locked while its process lives.
const LOCK: &str = "lock";
const NEW_LOCK: &str = "lock.new";
/// How often a folder is removed into which something still writes.
const TRIES: usize = 4;

/// A folder, removed when it is dropped.
#[derive(Debug)]
pub(crate) struct TemporaryFolder {
    /// Holds the folder and the lock.
    dir: PathBuf,
    /// Tells other processes that it is used.
    _lock: File,
    inside: PathBuf,
}

impl TemporaryFolder {
    /// Makes one; its last two names begin with `preceptor-` and `purpose`, and are `name`.
    ///
    /// # Errors
    /// Whatever the system says.
    pub(crate) fn new(purpose: &str, name: &str) -> io::Result<Self> {
        static SWEPT: Once = Once::new();
        SWEPT.call_once(|| sweep(&std::env::temp_dir()));
        let dir = TempDir::with_prefix(format!("{PREFIX}{purpose}-"))?;
        // It has its name once it is locked: nobody must find it before.
        let new = dir.path().join(NEW_LOCK);
        let lock = File::create(&new)?;
        if let Err(error) = flock(&lock, FlockOperation::LockExclusive) {
            tracing::debug!(%error, "temporary folders cannot be locked here");
        }
        fs::rename(new, dir.path().join(LOCK))?;
        let inside = dir.path().join(name);
        fs::create_dir(&inside)?;
        Ok(Self { dir: dir.keep(), _lock: lock, inside })
    }

    /// Returns the folder.
    pub(crate) fn path(&self) -> &Path {
        &self.inside
    }
}

/// Commands may leave folders behind that they did not want to be written.
impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        remove(&self.dir);
    }
}

/// Removes folders whose process has ended without removing them: it was killed.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        // One without a lock is being made, or is something else.
        let lock = is_ours.then(|| File::open(entry.path().join(LOCK)).ok()).flatten();
        if lock.is_some_and(|lock| flock(lock, FlockOperation::NonBlockingLockExclusive).is_ok()) {
            remove(&entry.path());
        }
    }
}

/// Removes a folder, and its lock last: what a command that is about to end still writes may keep
/// the folder, which the next process then has to know as ours.
fn remove(folder: &Path) {
    for _ in 0..TRIES {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name() != LOCK {
                remove_entry(&entry);
            }
        }
        let is_lock = |entry: fs::DirEntry| entry.file_name() == LOCK;
        if fs::read_dir(folder).is_ok_and(|entries| entries.flatten().all(is_lock)) {
            let _ = fs::remove_dir_all(folder);
            return;
        }
    }
    tracing::debug!(path = %folder.display(), "a temporary folder stays");
}

/// Removes what lies in a folder, with what is in folders that were made unwritable.
fn remove_entry(entry: &fs::DirEntry) {
    let path = entry.path();
    if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
        let _ = fs::remove_file(path);
        return;
    }
    let Err(error) = fs::remove_dir_all(&path) else { return };
    if error.kind() == io::ErrorKind::PermissionDenied {
        open_up(&path);
        let _ = fs::remove_dir_all(path);
    }
}

#[cfg(unix)]
fn open_up(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;

    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let _ = fs::set_permissions(&folder, fs::Permissions::from_mode(0o700));
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            }
        }
    }
}

#[cfg(not(unix))]
fn open_up(_folder: &Path) {}

#[cfg(test)]
mod tests {
    use std::{fs, sync::mpsc, thread};

    use tempfile::TempDir;

    use super::{TemporaryFolder, remove, sweep};

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_is_used_stays() {
        let used = TemporaryFolder::new("test", "inside").unwrap();
        let folder = TempDir::new().unwrap();
        let left = folder.path().join("preceptor-copy-left");
        let made = folder.path().join("preceptor-copy-made");
        let other = folder.path().join("somebody-elses");
        for (path, file) in [(&left, "lock"), (&made, "other"), (&other, "lock")] {
            fs::create_dir(path).unwrap();
            fs::write(path.join(file), "").unwrap();
        }
        sweep(folder.path());
        sweep(used.path().parent().unwrap().parent().unwrap());
        assert!(!left.exists() && made.exists() && other.exists() && used.path().exists());
    }

    #[test]
    fn a_folder_into_which_something_still_writes_goes_whole_or_keeps_its_lock() {
        for _ in 0..40 {
            let folder = TemporaryFolder::new("test", "inside").unwrap();
            let inside = folder.path().to_path_buf();
            let kept = inside.parent().unwrap().to_path_buf();
            let (begun, has_begun) = mpsc::channel();
            // Ends with the folder, or after more files than it takes to be in the way.
            let command = thread::spawn(move || {
                for number in 0..2_000 {
                    if fs::write(inside.join(number.to_string()), "").is_err() {
                        break;
                    }
                    let _ = begun.send(());
                }
            });
            has_begun.recv().unwrap();
            drop(folder);
            assert!(!kept.exists() || kept.join("lock").exists(), "{}", kept.display());
            command.join().unwrap();
            remove(&kept);
            assert!(!kept.exists());
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_a_command_made_unwritable_is_removed_with_it() {
        use std::os::unix::fs::PermissionsExt;

        let folder = TemporaryFolder::new("test", "inside").unwrap();
        let path = folder.path().to_path_buf();
        fs::create_dir_all(path.join("a/b")).unwrap();
        fs::write(path.join("a/b/c"), "").unwrap();
        fs::set_permissions(path.join("a/b"), fs::Permissions::from_mode(0o500)).unwrap();
        fs::set_permissions(path.join("a"), fs::Permissions::from_mode(0o500)).unwrap();
        drop(folder);
        assert!(!path.parent().unwrap().exists());
    }
}
