//! Findings that were there before: what a check with a baseline does not report again.
//!
//! A finding is known by its file, its rule and the text that it is about, not by its line, so
//! that it stays known when lines move. The text is kept as a hash only: it may be a secret, and
//! baselines are committed.

use std::collections::{BTreeMap, HashMap};

use lint::Finding;
use serde::{Deserialize, Serialize};

use crate::acceptance::sha256;

/// The version of the format that is written, and the only one that is read.
const VERSION: u32 = 1;

/// Length of a fingerprint, in hexadecimal digits.
const FINGERPRINT_DIGITS: usize = 16;

/// How often each finding is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// By path, then by rule, then by fingerprint.
    files: BTreeMap<String, BTreeMap<String, BTreeMap<String, usize>>>,
}

/// The file as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    files: BTreeMap<String, BTreeMap<String, BTreeMap<String, usize>>>,
}

/// A text is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is not the JSON that it should be.
    #[error("line {line}, column {column}: {message}")]
    Malformed {
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
        /// A clause, lower case, without a full stop.
        message: String,
    },
    /// A newer program wrote it.
    #[error("it has version {version}, and this program reads version {VERSION}: write it anew")]
    Version {
        /// The version that it says it has.
        version: u32,
    },
}

impl Baseline {
    /// Reads what [`Baseline::to_json`] wrote.
    ///
    /// # Errors
    /// [`BaselineError`].
    pub fn parse(json: &str) -> Result<Self, BaselineError> {
        /// Later versions may have other fields.
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let malformed = |error: serde_json::Error| BaselineError::Malformed {
            line: error.line(),
            column: error.column(),
            message: without_place(&error),
        };
        let Version { version } = serde_json::from_str(json).map_err(malformed)?;
        if version != VERSION {
            return Err(BaselineError::Version { version });
        }
        let Document { files, .. } = serde_json::from_str(json).map_err(malformed)?;
        Ok(Self { files })
    }

    /// Returns the baseline as JSON with a line end, always in the same order.
    pub fn to_json(&self) -> String {
        let document = Document { version: VERSION, files: self.files.clone() };
        // Maps of texts and numbers can always be written.
        let mut json = serde_json::to_string_pretty(&document).unwrap_or_default();
        json.push('\n');
        json
    }

    /// Makes the findings in a file known. `path` is relative to where the baseline is kept, with
    /// `/` between its parts, so that it is the same on each machine.
    pub fn add(&mut self, path: &str, text: &str, findings: &[Finding]) {
        for finding in findings {
            let rules = self.files.entry(path.to_owned()).or_default();
            let known = rules.entry(finding.rule.code.to_owned()).or_default();
            *known.entry(fingerprint(text, finding)).or_default() += 1;
        }
    }

    /// Returns the findings that are not known, in their order. What is known once and found
    /// twice is new once: the later one.
    pub fn new_findings(&self, path: &str, text: &str, findings: Vec<Finding>) -> Vec<Finding> {
        let Some(rules) = self.files.get(path) else { return findings };
        let mut n_found: HashMap<(&str, String), usize> = HashMap::new();
        let mut findings = findings;
        findings.retain(|finding| {
            let code = finding.rule.code;
            let Some(known) = rules.get(code) else { return true };
            let fingerprint = fingerprint(text, finding);
            let n_known = known.get(&fingerprint).copied().unwrap_or_default();
            let n_found = n_found.entry((code, fingerprint)).or_default();
            *n_found += 1;
            *n_found > n_known
        });
        findings
    }
}

/// Returns what a finding is known by: the text it is about, or its line where that is nothing.
/// White space may change.
fn fingerprint(text: &str, finding: &Finding) -> String {
    let value = finding.span.of(text);
    let value = if value.trim().is_empty() { line(text, finding.span.start) } else { value };
    let words: Vec<_> = value.split_whitespace().collect();
    let mut hash = sha256(&words.join(" "));
    hash.truncate(FINGERPRINT_DIGITS);
    hash
}

fn line(text: &str, offset: usize) -> &str {
    let (before, behind) = text.split_at_checked(offset).unwrap_or((text, ""));
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = offset + behind.find('\n').unwrap_or(behind.len());
    text.get(start..end).unwrap_or_default()
}

/// Returns the parser's words without the place, which it says at the end.
fn without_place(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    message.strip_suffix(&place).unwrap_or(&message).to_owned()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use lint::{Finding, Settings, SkillFile, check};
    use skill::SkillDocument;

    use super::Baseline;

    const BEFORE: &str = "---\nname: count\ndescription: Counts. Use for rows.\n---\n\n\
                          Look into `/home/ana/a`.\n";

    fn findings(text: &str) -> Vec<Finding> {
        let document = SkillDocument::parse(text);
        check(&SkillFile::new(&document, &Settings::default()).in_directory(Some("count")))
    }

    fn baseline(text: &str) -> Baseline {
        let mut baseline = Baseline::default();
        baseline.add("count/SKILL.md", text, &findings(text));
        baseline
    }

    /// Returns the texts that new findings are about.
    fn new_values(before: &str, path: &str, after: &str) -> Vec<String> {
        let new = baseline(before).new_findings(path, after, findings(after));
        new.iter().map(|finding| finding.span.of(after).to_owned()).collect()
    }

    #[test]
    fn what_moves_is_not_new() {
        let moved = BEFORE.replace("Look", "First words.\n\nLook  now");
        assert!(new_values(BEFORE, "count/SKILL.md", &moved).is_empty());
        assert_eq!(new_values(BEFORE, "other/SKILL.md", &moved), ["/home/ana"]);
    }

    #[test]
    fn another_value_is_new() {
        let after = BEFORE.replace("Look", "Go to `/home/ben`.\nLook");
        assert_eq!(new_values(BEFORE, "count/SKILL.md", &after), ["/home/ben"]);
        assert!(new_values(&after, "count/SKILL.md", BEFORE).is_empty());
    }

    #[test]
    fn what_is_known_once_and_found_twice_is_new_once() {
        let found = findings(BEFORE);
        let twice: Vec<_> = found.iter().chain(&found).cloned().collect();
        let new = baseline(BEFORE).new_findings("count/SKILL.md", BEFORE, twice);
        assert_eq!(new.len(), found.len());
    }

    #[test]
    fn a_finding_about_nothing_is_known_by_its_line() {
        let before = "---\ndescription: Counts. Use for rows.\nname:\n---\n";
        let found = findings(before);
        assert!(!found.is_empty());
        assert!(new_values(before, "count/SKILL.md", &before.replace('\n', "\n\n")).is_empty());
    }

    #[test]
    fn a_baseline_is_read_as_it_was_written() {
        let json = baseline(BEFORE).to_json();
        expect![[r#"
            {
              "version": 1,
              "files": {
                "count/SKILL.md": {
                  "portability/user-path": {
                    "9997adee761e8c2e": 1
                  }
                }
              }
            }
        "#]]
        .assert_eq(&json);
        let read = Baseline::parse(&json).unwrap();
        assert_eq!(read, baseline(BEFORE));
        assert_eq!(read.to_json(), json);
    }

    #[test]
    fn what_is_no_baseline_is_refused_with_its_place() {
        let error = |json| Baseline::parse(json).unwrap_err().to_string();
        expect!["line 2, column 30: invalid type: integer `3`, expected a map"]
            .assert_eq(&error("{\n\"version\": 1, \"files\": {\"a\": 3}}"));
        expect!["it has version 2, and this program reads version 1: write it anew"]
            .assert_eq(&error("{\"version\": 2, \"more\": 1}"));
        expect!["line 1, column 2: invalid length 0, expected struct Version with 1 element"]
            .assert_eq(&error("[]"));
    }
}
