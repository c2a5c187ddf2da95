//! The one place where a run's events become records: journalled first, then shown.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use agent::event::Event;
use llm::Redactor;
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};

use crate::{
    clock::{self, Clock},
    journal::{Journal, JournalError, Record},
    run_store::{self, RunFolder},
    transcript::Transcript,
};

/// Appends a run's events to its journal and transcript and hands them on.
pub struct Recorder {
    run_id: String,
    clock: Arc<dyn Clock>,
    redactor: Redactor,
    inner: Mutex<Inner>,
    /// Where turns start in the transcript; apart from `inner`, which is held while a listener is
    /// waited for: that listener may ask.
    turn_lines: std::sync::Mutex<HashMap<u32, u32>>,
}

struct Inner {
    journal: Journal,
    transcript: Option<Transcript>,
    listener: Option<mpsc::Sender<Arc<Record>>>,
}

impl Recorder {
    /// Starts the journal of a new run. Every record goes to `listener` too; a full channel makes
    /// the run wait, a closed one is left alone.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn create(
        folder: &RunFolder,
        clock: Arc<dyn Clock>,
        redactor: Redactor,
        listener: mpsc::Sender<Arc<Record>>,
    ) -> Result<Self, JournalError> {
        let journal = Journal::create(&folder.journal())?;
        Ok(Self::with_journal(folder, clock, redactor, journal, &[], Some(listener)))
    }

    /// Goes on with the journal of a run that nobody works on: to work on it, or, without a
    /// listener, to add what became of it later.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn reopen(
        folder: &RunFolder,
        clock: Arc<dyn Clock>,
        redactor: Redactor,
        listener: Option<mpsc::Sender<Arc<Record>>>,
    ) -> Result<Self, JournalError> {
        let journal = Journal::reopen(&folder.journal())?;
        let records = run_store::load(folder)?;
        Ok(Self::with_journal(folder, clock, redactor, journal, &records, listener))
    }

    /// Leaves the run to whoever wants to go on with it; whoever listened is told no more.
    pub async fn end(&self) {
        let mut inner = self.inner.lock().await;
        inner.listener = None;
        inner.journal.release();
    }

    fn with_journal(
        folder: &RunFolder,
        clock: Arc<dyn Clock>,
        redactor: Redactor,
        journal: Journal,
        records: &[Record],
        listener: Option<mpsc::Sender<Arc<Record>>>,
    ) -> Self {
        let transcript = Transcript::open(&folder.transcript(), &folder.run_id, records)
            .inspect_err(|error| tracing::warn!(%error, run = folder.run_id, "no transcript"))
            .ok();
        let turn_lines = transcript.as_ref().map(Transcript::turn_lines).unwrap_or_default();
        Self {
            run_id: folder.run_id.clone(),
            clock,
            redactor,
            inner: Mutex::new(Inner { journal, transcript, listener }),
            turn_lines: std::sync::Mutex::new(turn_lines),
        }
    }

    /// Journals an event, then shows it. Secrets in it are replaced by placeholders first.
    ///
    /// # Errors
    /// [`JournalError`]; the event is then not shown.
    pub async fn record(
        &self,
        turn: u32,
        teacher: bool,
        event: Event,
    ) -> Result<Arc<Record>, JournalError> {
        let event = self.redacted(event);
        let mut inner = self.inner.lock().await;
        let record = Arc::new(Record {
            seq: inner.journal.last_seq() + 1,
            time: clock::to_millisecond(self.clock.now()),
            turn,
            teacher,
            event,
        });
        inner.journal.append(&record)?;
        self.show(&mut inner, &record).await;
        Ok(record)
    }

    /// Returns what takes secrets out of the run's texts.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Returns the line (0-based) at which a turn starts in the transcript.
    pub fn turn_line(&self, turn: u32) -> Option<u32> {
        self.turn_lines.lock().unwrap_or_else(PoisonError::into_inner).get(&turn).copied()
    }

    /// Shows an event that cannot be journalled any more: the journal's own failure.
    pub async fn show_only(&self, turn: u32, event: Event) {
        let mut inner = self.inner.lock().await;
        let record = Arc::new(Record {
            seq: inner.journal.skip(),
            time: clock::to_millisecond(self.clock.now()),
            turn,
            teacher: false,
            event: self.redacted(event),
        });
        self.show(&mut inner, &record).await;
    }

    /// Brings everything recorded so far to the disk.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn sync(&self) -> Result<(), JournalError> {
        let handle = self.inner.lock().await.journal.sync_handle()?;
        let synced = tokio::task::spawn_blocking(move || handle.sync_data()).await;
        if let Ok(Err(error)) = synced {
            // Some file systems cannot; the records are still in the system's hands.
            tracing::warn!(%error, run = self.run_id, "the journal was not synced");
        }
        Ok(())
    }

    async fn show(&self, inner: &mut Inner, record: &Arc<Record>) {
        if let Some(transcript) = &mut inner.transcript
            && let Err(error) = transcript.push(&self.run_id, record)
        {
            tracing::warn!(%error, run = self.run_id, "the transcript ends here");
            inner.transcript = None;
        }
        if let Some(line) = inner.transcript.as_ref().and_then(|it| it.turn_line(record.turn)) {
            let mut lines = self.turn_lines.lock().unwrap_or_else(PoisonError::into_inner);
            lines.insert(record.turn, line);
        }
        if let Some(listener) = &inner.listener
            && listener.send(Arc::clone(record)).await.is_err()
        {
            inner.listener = None;
        }
    }

    fn redacted(&self, event: Event) -> Event {
        let Ok(mut value) = serde_json::to_value(&event) else { return event };
        if redact_texts(&mut value, &self.redactor) {
            serde_json::from_value(value).unwrap_or_else(|_| Event::ToolLog {
                tool: "system".to_owned(),
                log: "An event was left out: its secrets could not be taken out of it.".to_owned(),
            })
        } else {
            event
        }
    }
}

/// Takes secrets out of every text in a value. Returns whether anything was replaced.
pub(crate) fn redact_texts(value: &mut Value, redactor: &Redactor) -> bool {
    match value {
        Value::String(text) => match redactor.redact(text) {
            std::borrow::Cow::Borrowed(_) => false,
            std::borrow::Cow::Owned(redacted) => {
                *text = redacted;
                true
            }
        },
        Value::Array(items) => redact_all(items.iter_mut(), redactor),
        Value::Object(map) => redact_all(map.values_mut(), redactor),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn redact_all<'a>(values: impl Iterator<Item = &'a mut Value>, redactor: &Redactor) -> bool {
    let mut any = false;
    for value in values {
        any |= redact_texts(value, redactor);
    }
    any
}

#[cfg(test)]
impl Recorder {
    /// Makes every later append fail, as a full disk does.
    pub(crate) async fn break_journal(&self) {
        self.inner.lock().await.journal.break_file();
    }
}
