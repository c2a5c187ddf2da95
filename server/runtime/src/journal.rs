//! A run's append-only record, one JSON object a line.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

use agent::event::Event;
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};
use serde::{Deserialize, Serialize};

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Rises by one with each record of the run; starts at 1.
    pub seq: u64,
    /// UTC, to the millisecond.
    pub time: String,
    /// The turn that it belongs to; 0 before the first.
    pub turn: u32,
    /// Whether the teacher's attempt produced it.
    pub teacher: bool,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// The journal cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("the run's journal {path} cannot be used ({error}): check free space and permissions")]
pub struct JournalError {
    /// The file.
    pub path: PathBuf,
    /// The system's words.
    pub error: io::Error,
}

/// The one writer of a run's journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    last_seq: u64,
    /// Length of the file up to the last whole record, in bytes.
    n_bytes: u64,
}

impl Journal {
    /// Starts the journal of a new run. Until it is dropped or released, the run has an owner.
    ///
    /// # Errors
    /// [`JournalError`], also if one is already there.
    pub fn create(path: &Path) -> Result<Self, JournalError> {
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)
            .map_err(|error| JournalError { path: path.to_path_buf(), error })?;
        own(&file).map_err(|error| JournalError { path: path.to_path_buf(), error })?;
        Ok(Self { path: path.to_path_buf(), file, last_seq: 0, n_bytes: 0 })
    }

    /// Goes on with the journal of a run that nobody works on. A torn last line is ended first, so
    /// that the next record stands on its own.
    ///
    /// # Errors
    /// [`JournalError`], also while another process works on the run.
    pub fn reopen(path: &Path) -> Result<Self, JournalError> {
        let failed = |error| JournalError { path: path.to_path_buf(), error };
        let mut file = OpenOptions::new().append(true).open(path).map_err(failed)?;
        // Read after the run is owned: nobody adds to it from here on.
        own(&file).map_err(failed)?;
        let last_seq = read(path)?.last().map_or(0, |record| record.seq);
        let text = std::fs::read(path).map_err(failed)?;
        if text.last().is_some_and(|byte| *byte != b'\n') {
            file.write_all(b"\n").map_err(failed)?;
        }
        let n_bytes = file.metadata().map_err(failed)?.len();
        Ok(Self { path: path.to_path_buf(), file, last_seq, n_bytes })
    }

    /// Returns the number of the last record.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Appends a record; its number has to be the next one. The line is handed to the system
    /// whole, so that the end of this process loses nothing.
    ///
    /// # Errors
    /// [`JournalError`]; the record then does not count.
    pub fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let mut line = serde_json::to_vec(record).map_err(|error| self.failed(error.into()))?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line) {
            // Half a line would make the next record unreadable too.
            if let Err(error) = self.file.set_len(self.n_bytes) {
                tracing::warn!(%error, path = %self.path.display(), "half a record is left");
            }
            return Err(self.failed(error));
        }
        self.n_bytes += line.len() as u64;
        self.last_seq = record.seq;
        Ok(())
    }

    /// Leaves the run to whoever wants to go on with it.
    pub fn release(&self) {
        if let Err(error) = flock(&self.file, FlockOperation::Unlock) {
            tracing::debug!(%error, path = %self.path.display(), "the journal stays locked");
        }
    }

    /// Uses a number up for a record that is shown and cannot be journalled.
    pub fn skip(&mut self) -> u64 {
        self.last_seq += 1;
        self.last_seq
    }

    /// Returns a handle whose `sync_data` brings everything appended so far to the disk.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn sync_handle(&self) -> Result<File, JournalError> {
        self.file.try_clone().map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> JournalError {
        JournalError { path: self.path.clone(), error }
    }
}

/// Closing the file is not enough: a process that is being started holds it until it runs its
/// program, and the lock with it.
impl Drop for Journal {
    fn drop(&mut self) {
        self.release();
    }
}

/// Makes this process the owner of a journal. The system takes that back when the process ends,
/// however it does. Where a file system knows no locks, runs have no owners.
fn own(journal: &File) -> io::Result<()> {
    match flock(journal, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => {
            Err(io::Error::new(io::ErrorKind::WouldBlock, "another process works on this run"))
        }
        Err(error) => {
            tracing::debug!(%error, "journals cannot be locked here");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Returns whether a process, this one or another, works on the run with this journal.
pub fn has_owner(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let is_owned = flock(&file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK);
    // As above: a process that is being started would keep an owner out.
    let _ = flock(&file, FlockOperation::Unlock);
    is_owned
}

#[cfg(test)]
impl Journal {
    /// Swaps the file for one that takes nothing.
    pub(crate) fn break_file(&mut self) {
        self.file = OpenOptions::new().append(true).open("/dev/full").unwrap();
    }
}

/// Reads a journal. Lines that cannot be understood (a torn last one, say) are left out.
///
/// # Errors
/// [`JournalError`] if the file cannot be read.
pub fn read(path: &Path) -> Result<Vec<Record>, JournalError> {
    let failed = |error| JournalError { path: path.to_path_buf(), error };
    let mut lines = BufReader::new(File::open(path).map_err(failed)?);
    let mut records = Vec::new();
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).map_err(failed)? > 0 {
        match serde_json::from_slice(&line) {
            Ok(record) => records.push(record),
            Err(error) => tracing::warn!(path = %path.display(), %error, "unreadable record"),
        }
        line.clear();
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use agent::event::Event;

    use super::{Journal, Record, has_owner, read};

    fn record(seq: u64) -> Record {
        Record {
            seq,
            time: "2026-11-21T09:30:12.000Z".to_owned(),
            turn: 1,
            teacher: false,
            event: Event::AssistantChunk { content: "añb\n".to_owned() },
        }
    }

    #[test]
    fn a_line_is_one_object_with_the_payloads_fields() {
        let line = serde_json::to_string(&record(3)).unwrap();
        assert_eq!(
            line,
            r#"{"seq":3,"time":"2026-11-21T09:30:12.000Z","turn":1,"teacher":false,"type":"assistant_chunk","data":{"content":"añb\n"}}"#
        );
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record(3));
    }

    #[test]
    fn a_torn_last_line_is_tolerated_wherever_it_was_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let mut journal = Journal::create(&path).unwrap();
        journal.append(&record(1)).unwrap();
        journal.append(&record(2)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        drop(journal);
        for end in first..whole.len() - 1 {
            std::fs::write(&path, &whole[..end]).unwrap();
            assert_eq!(read(&path).unwrap(), [record(1)], "cut at {end}");
            let mut reopened = Journal::reopen(&path).unwrap();
            assert_eq!(reopened.last_seq(), 1);
            reopened.append(&record(2)).unwrap();
            assert_eq!(read(&path).unwrap(), [record(1), record(2)], "cut at {end}");
        }
    }

    #[test]
    fn a_journal_has_one_owner_until_it_is_released_or_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let journal = Journal::create(&path).unwrap();
        assert!(has_owner(&path));
        let error = Journal::reopen(&path).unwrap_err().to_string();
        assert!(error.contains("another process works on this run"), "{error}");
        journal.release();
        assert!(!has_owner(&path));
        let reopened = Journal::reopen(&path).unwrap();
        assert!(has_owner(&path));
        drop(reopened);
        assert!(!has_owner(&path));
    }

    #[test]
    fn two_runs_never_share_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        Journal::create(&path).unwrap();
        assert!(Journal::create(&path).is_err());
    }
}
