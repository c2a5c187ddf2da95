//! Which skills this user accepted here, with the hash of what was accepted.
//!
//! One file a skill, in the user's state folder: a workspace cannot bring acceptance along, and
//! two servers never write the same file for different skills.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::atomic;

/// What was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acceptance {
    /// Absolute path of the `SKILL.md`.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// SHA-256 of its text, hexadecimal.
    pub sha256: String,
    /// SHA-256 of its words, until the first save: an editor may trim white space then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words_sha256: Option<String>,
    /// The proposal that it came from.
    pub proposal_id: String,
    /// UTC, to the second.
    pub accepted_at: String,
}

impl Acceptance {
    /// Returns whether the text is the accepted one; before its first save, white space apart.
    pub fn covers(&self, text: &str) -> bool {
        self.sha256 == sha256(text)
            || self.words_sha256.as_ref().is_some_and(|words| *words == words_sha256(text))
    }
}

/// The acceptance records of a user.
#[derive(Debug, Clone)]
pub struct AcceptedSkills {
    folder: PathBuf,
}

impl AcceptedSkills {
    /// Opens the records in a state folder; nothing is made before the first is kept.
    pub fn new(state: &Path) -> Self {
        Self { folder: state.join("accepted") }
    }

    /// Keeps the record of an accepted text.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn keep(
        &self,
        path: &Path,
        name: &str,
        text: &str,
        proposal_id: &str,
        accepted_at: String,
    ) -> io::Result<()> {
        let record = Acceptance {
            path: path.to_path_buf(),
            name: name.to_owned(),
            sha256: sha256(text),
            words_sha256: Some(words_sha256(text)),
            proposal_id: proposal_id.to_owned(),
            accepted_at,
        };
        self.put(&record)
    }

    /// Notes that an accepted skill was saved for the first time: from now on the text on disk is
    /// the accepted one to the letter, if only white space changed.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn saved(&self, path: &Path, text: &str) -> io::Result<()> {
        match self.get(path) {
            Some(mut record) if record.words_sha256.is_some() && record.covers(text) => {
                record.sha256 = sha256(text);
                record.words_sha256 = None;
                self.put(&record)
            }
            _ => Ok(()),
        }
    }

    /// Keeps a record as it is.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn put(&self, record: &Acceptance) -> io::Result<()> {
        let json = serde_json::to_vec_pretty(record).map_err(io::Error::from)?;
        atomic::write_private(&self.file(&record.path), &json)
    }

    /// Drops the record of a skill that did not come to be.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn forget(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(self.file(path))
    }

    /// Returns the record of a skill file.
    pub fn get(&self, path: &Path) -> Option<Acceptance> {
        let json = std::fs::read(self.file(path)).ok()?;
        serde_json::from_slice(&json).ok()
    }

    /// Tells whether there is any record at all.
    pub fn has_any(&self) -> bool {
        std::fs::read_dir(&self.folder).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// Returns the paths of all accepted skills below a folder.
    pub fn below(&self, folder: &Path) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries
            .flatten()
            .filter_map(|entry| std::fs::read(entry.path()).ok())
            .filter_map(|json| serde_json::from_slice::<Acceptance>(&json).ok())
            .map(|record| record.path)
            .filter(|path| path.starts_with(folder))
            .collect();
        paths.sort();
        paths
    }

    fn file(&self, path: &Path) -> PathBuf {
        self.folder.join(format!("{}.json", sha256(&path.to_string_lossy())))
    }
}

/// Returns a text's SHA-256, hexadecimal.
pub fn sha256(text: &str) -> String {
    use std::fmt::Write as _;

    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Returns whether two texts have the same words.
pub(crate) fn is_same_but_for_white_space(a: &str, b: &str) -> bool {
    a.split_whitespace().eq(b.split_whitespace())
}

fn words_sha256(text: &str) -> String {
    sha256(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::AcceptedSkills;

    #[test]
    fn white_space_may_change_until_the_first_save_and_words_never() {
        let state = tempfile::tempdir().unwrap();
        let accepted = AcceptedSkills::new(state.path());
        let path = Path::new("/w/.agents/skills/a/SKILL.md");
        assert!(accepted.get(path).is_none());
        accepted.keep(path, "a", "one two \n", "p", "now".to_owned()).unwrap();
        let record = accepted.get(path).unwrap();
        assert!(record.covers("one two \n") && record.covers("one two\r\n"));
        assert!(!record.covers("one two three\n"));
        accepted.saved(path, "one two three").unwrap();
        accepted.saved(path, "one two\n").unwrap();
        let record = accepted.get(path).unwrap();
        assert!(record.covers("one two\n") && !record.covers("one\ntwo\n"));
        assert_eq!(accepted.below(Path::new("/w")), [path]);
        assert!(accepted.below(Path::new("/other")).is_empty());
    }
}
