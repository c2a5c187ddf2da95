//! Locks on files, which end with the process that holds them, however it ends.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

/// How long somebody waits before the next try.
const PAUSE: Duration = Duration::from_millis(5);

/// Opens a file that nobody else may read, to be read, appended to and locked; makes it if it is not
/// there.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        options.mode(0o600);
    }
    options.read(true).append(true).create(true).open(path)
}

/// Waits until the file is ours alone, `limit` at most; returns whether it is. Blocks. Where a file
/// system knows no locks, everybody has it.
pub(crate) fn lock(file: &File, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return true,
            Err(Errno::WOULDBLOCK) if Instant::now() < deadline => thread::sleep(PAUSE),
            Err(Errno::WOULDBLOCK) => return false,
            Err(error) => {
                tracing::debug!(%error, "files cannot be locked here");
                return true;
            }
        }
    }
}
