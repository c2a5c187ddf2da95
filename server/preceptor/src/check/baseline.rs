//! Findings that were there before: read from a file, and written to one.

use std::{
    fs,
    io::ErrorKind,
    mem,
    path::{Path, PathBuf},
};

use lint::Finding;
use runtime::{atomic, baseline::Baseline};

use crate::check::{Outcome, discover::normalized, reason, relative};

/// What a baseline knows.
#[derive(Debug)]
pub(super) struct Known {
    baseline: Baseline,
    /// The folder that its paths are relative to.
    folder: PathBuf,
}

impl Known {
    /// Reads the baseline in `file`; the error is a sentence for people.
    pub(super) fn load(current_dir: &Path, file: &Path) -> Result<Self, String> {
        let path = normalized(&current_dir.join(file));
        #[expect(clippy::disallowed_methods, reason = "the command line reads its files")]
        let read = fs::read_to_string(&path);
        let refusal = match read.map(|json| Baseline::parse(&json)) {
            Ok(Ok(baseline)) => return Ok(Self { baseline, folder: folder(&path).to_owned() }),
            Ok(Err(error)) => error.to_string(),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                "there is no such file; --write-baseline writes one".to_owned()
            }
            Err(error) => reason(&error),
        };
        Err(format!("cannot read the baseline {}: {refusal}", file.display()))
    }

    /// Returns those of the findings in a file that are not known.
    pub(super) fn new_findings(
        &self,
        path: &Path,
        text: &str,
        findings: Vec<Finding>,
    ) -> Vec<Finding> {
        self.baseline.new_findings(&relative(&self.folder, path), text, findings)
    }

    /// Takes out the findings that are known.
    pub(super) fn apply(&self, outcome: &mut Outcome) {
        for checked in &mut outcome.checked {
            let found = mem::take(&mut checked.findings);
            let n_found = found.len();
            checked.findings = self.new_findings(&checked.place.path, &checked.text, found);
            outcome.n_known += n_found - checked.findings.len();
        }
    }
}

/// Writes all findings to `file` as known; none of them is left to report.
pub(super) fn write(current_dir: &Path, file: &Path, outcome: &mut Outcome) {
    let path = normalized(&current_dir.join(file));
    let folder = folder(&path);
    let mut baseline = Baseline::default();
    for checked in &outcome.checked {
        let path = relative(folder, &checked.place.path);
        baseline.add(&path, &checked.text, &checked.findings);
    }
    if let Err(error) = atomic::write(&path, baseline.to_json().as_bytes()) {
        let sentence = format!("cannot write the baseline {} ({})", file.display(), reason(&error));
        outcome.failures.push(sentence);
        return;
    }
    for checked in &mut outcome.checked {
        outcome.n_known += mem::take(&mut checked.findings).len();
    }
}

/// The folder that paths in a baseline are relative to: its own, so that it does not matter where
/// the check runs.
fn folder(file: &Path) -> &Path {
    file.parent().unwrap_or(file)
}
