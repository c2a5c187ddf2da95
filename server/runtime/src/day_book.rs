//! What the runs of all processes of a person spend in a day.
//!
//! One append-only file a day (UTC), a JSON object a line: a reservation before a call, what it
//! did cost after it. A file lock makes looking and reserving one step for several servers at
//! once. Of a process that died between the two lines, the reservation goes on counting against
//! the day's cap: nobody knows what its call cost. A torn last line is no entry.

use std::{
    collections::BTreeMap,
    fs::File,
    hash::{BuildHasher, RandomState},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use agent::ledger::{Balance, Money, OverCap, Scope};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    atomic::make_private_folder,
    clock,
    file_lock::{lock, open_private},
};

/// How long another process may hold the file; it does so for one line.
const LOCK_LIMIT: Duration = Duration::from_secs(5);

/// A call is not to be made.
#[derive(Debug, thiserror::Error)]
pub enum DayBookError {
    /// It might cost more than is left of the day.
    #[error(transparent)]
    OverCap(#[from] OverCap),
    /// The day's file cannot be used; money is not spent unseen.
    #[error(
        "The call was not made, because what it costs could not be noted in {path} ({error}): \
         check free space and permissions."
    )]
    File {
        /// The file, or its folder.
        path: PathBuf,
        /// The system's words.
        error: io::Error,
    },
    /// Looking into it broke off.
    #[error("The call was not made, because looking into the books of the day broke off ({0}).")]
    Broken(String),
}

/// A reservation that is to be settled; it is in the books of the day on which it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayEntry {
    day: String,
    id: String,
}

/// The books of all days.
#[derive(Debug, Clone)]
pub struct DayBook {
    folder: PathBuf,
}

/// One line of a day's file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    /// UTC, to the second.
    time: String,
    /// Pairs a reservation with its settlement.
    id: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum What {
    /// The worst case of a call that is about to be made, in US dollars.
    ReservedUsd(Money),
    /// What it did cost, in US dollars.
    SpentUsd(Money),
}

impl DayBook {
    /// Keeps the books in the user's state folder. Nothing is touched before a call costs money.
    pub fn new(state: &Path) -> Self {
        Self { folder: state.join("spending") }
    }

    /// Reserves the worst case of a call. May wait for other processes, and for the disk.
    ///
    /// # Errors
    /// [`DayBookError`]; nothing is reserved then.
    pub fn reserve(
        &self,
        now: Timestamp,
        worst_case: Money,
        cap: Money,
    ) -> Result<DayEntry, DayBookError> {
        let entry = DayEntry { day: day(now), id: unique_id() };
        let mut page = self.open(&entry.day)?;
        page.balance(cap).check(worst_case)?;
        page.append(now, &entry.id, What::ReservedUsd(worst_case))?;
        Ok(entry)
    }

    /// Books what a reserved call did cost; returns the books of its day.
    ///
    /// # Errors
    /// [`DayBookError::File`]; the reservation then goes on counting.
    pub fn settle(
        &self,
        now: Timestamp,
        entry: &DayEntry,
        cost: Money,
        cap: Money,
    ) -> Result<Balance, DayBookError> {
        let mut page = self.open(&entry.day)?;
        page.append(now, &entry.id, What::SpentUsd(cost))?;
        Ok(page.balance(cap))
    }

    /// Books a call that was not reserved, because only the call itself told its price.
    ///
    /// # Errors
    /// [`DayBookError::File`].
    pub fn add(&self, now: Timestamp, cost: Money, cap: Money) -> Result<Balance, DayBookError> {
        self.settle(now, &DayEntry { day: day(now), id: unique_id() }, cost, cap)
    }

    /// Returns what was spent on the day of `now` so far; nothing if there is no file.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn spent(&self, now: Timestamp) -> io::Result<Money> {
        match std::fs::read(self.path(&day(now))) {
            Ok(text) => Ok(Entries::read(&text).spent()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Money::default()),
            Err(error) => Err(error),
        }
    }

    fn path(&self, day: &str) -> PathBuf {
        self.folder.join(format!("{day}.jsonl"))
    }

    /// Opens a day's file and locks it.
    fn open(&self, day: &str) -> Result<Page, DayBookError> {
        let path = self.path(day);
        let failed = |error| DayBookError::File { path: path.clone(), error };
        make_private_folder(&self.folder).map_err(failed)?;
        let mut file = open_private(&path).map_err(failed)?;
        if !lock(&file, LOCK_LIMIT) {
            let why = "another process does not let go of it";
            return Err(failed(io::Error::new(io::ErrorKind::TimedOut, why)));
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        let is_torn = text.last().is_some_and(|byte| *byte != b'\n');
        Ok(Page { path, file, entries: Entries::read(&text), is_torn, n_bytes: text.len() as u64 })
    }
}

/// A day's file while it is ours.
#[derive(Debug)]
struct Page {
    path: PathBuf,
    file: File,
    entries: Entries,
    /// Whether the last line has no end.
    is_torn: bool,
    n_bytes: u64,
}

impl Page {
    fn balance(&self, cap: Money) -> Balance {
        Balance {
            scope: Scope::Day,
            spent_usd: self.entries.spent(),
            reserved_usd: self.entries.reserved(),
            cap_usd: cap,
        }
    }

    fn append(&mut self, now: Timestamp, id: &str, what: What) -> Result<(), DayBookError> {
        let line = Line { time: clock::to_second(now), id: id.to_owned(), what };
        let written = self.write(&line);
        if let Err(error) = written {
            // Half a line is no entry, and in nobody's way when it is gone.
            if let Err(error) = self.file.set_len(self.n_bytes) {
                tracing::warn!(%error, path = %self.path.display(), "half an entry is left");
            }
            return Err(DayBookError::File { path: self.path.clone(), error });
        }
        self.entries.take(line);
        Ok(())
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        if self.is_torn {
            text.insert(0, b'\n');
        }
        text.push(b'\n');
        self.file.write_all(&text)?;
        if let Err(error) = self.file.sync_data() {
            // Some file systems cannot; the entry is still in the system's hands.
            tracing::debug!(%error, path = %self.path.display(), "not synced");
        }
        Ok(())
    }
}

/// What the lines of a day come to.
#[derive(Debug, Default)]
struct Entries {
    entries: BTreeMap<String, What>,
}

impl Entries {
    fn read(text: &[u8]) -> Self {
        let mut entries = Self::default();
        for line in text.split(|byte| *byte == b'\n') {
            // One that is being written, or was torn, is half an object.
            if let Ok(line) = serde_json::from_slice(line) {
                entries.take(line);
            }
        }
        entries
    }

    fn take(&mut self, line: Line) {
        self.entries.insert(line.id, line.what);
    }

    fn spent(&self) -> Money {
        let spent = self.entries.values().map(|what| match what {
            What::SpentUsd(cost) => *cost,
            What::ReservedUsd(_) => Money::default(),
        });
        spent.sum()
    }

    fn reserved(&self) -> Money {
        let reserved = self.entries.values().map(|what| match what {
            What::ReservedUsd(worst_case) => *worst_case,
            What::SpentUsd(_) => Money::default(),
        });
        reserved.sum()
    }
}

fn day(now: Timestamp) -> String {
    now.strftime("%Y-%m-%d").to_string()
}

/// The hasher's keys are drawn at random in each process, and differ from call to call.
fn unique_id() -> String {
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}

#[cfg(test)]
mod tests;
