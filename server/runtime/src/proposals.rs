//! What waits for a person: skills that the teacher wrote.
//!
//! The text is an ordinary document in the workspace, `.preceptor/proposals/<id>/<name>/SKILL.md`.
//! What it is and what became of it stands in the user's state folder: a workspace is content from
//! elsewhere, and must not bring proposals along that claim to be checked. Nothing in here enters
//! a prompt.

use std::{
    io,
    path::{Path, PathBuf},
};

use agent::{
    distill::DistilledSkill,
    event::{Finding, Verification},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use skill::{LineIndex, NodeKind, SkillDocument, SkillDraft, TextEdit};

use crate::{
    acceptance, atomic, clock,
    config::{self, Config, LintSettings},
    folders::Folders,
    run_store, skills, uri,
};

/// Where the documents are in a workspace folder.
const ROOT: &str = ".preceptor/proposals";

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalStatus {
    /// It waits.
    Pending,
    /// A person took it.
    Accepted,
    /// A person refused it.
    Rejected,
}

/// A stored proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// Names it: time and slug.
    pub proposal_id: String,
    /// The folder whose store it is in.
    pub folder: PathBuf,
    /// `skill`.
    pub kind: String,
    /// The skill's name.
    pub name: String,
    /// One word.
    pub category: String,
    /// `low`, `medium` or `high`.
    pub risk: String,
    /// The run that it came from.
    pub run_id: String,
    /// The run's folder.
    pub run_folder: PathBuf,
    /// The turn that it came from.
    pub turn: u32,
    /// The teacher that wrote it.
    pub teacher_model: String,
    /// UTC, to the second.
    pub created: String,
    /// SHA-256 of the text as it was stored.
    pub sha256: String,
    /// What became of it.
    pub status: ProposalStatus,
    /// Whether the student was seen to use it.
    pub verification: Verification,
    /// What the linter found when it was stored.
    pub findings: Vec<Finding>,
    /// Why a person refused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it was saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<PathBuf>,
}

/// A proposal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// There is none of that name.
    #[error("there is no proposal `{0}`; `preceptor.proposals` lists those that wait")]
    Unknown(String),
    /// Somebody decided about it before.
    #[error("proposal `{id}` was already {outcome}")]
    Decided {
        /// Which.
        id: String,
        /// `accepted` or `rejected`.
        outcome: &'static str,
    },
    /// The linter found errors in it.
    #[error(
        "proposal `{id}` has errors that have to be mended first ({findings}); open it and mend \
         them, or accept it with `override`"
    )]
    HasErrors {
        /// Which.
        id: String,
        /// The findings, one after the other.
        findings: String,
    },
    /// Its files cannot be read or written.
    #[error("{path} cannot be used ({error}): check free space and permissions")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        error: io::Error,
    },
}

/// Where a proposal comes from.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// The run.
    pub run_id: String,
    /// Its folder.
    pub run_folder: PathBuf,
    /// The turn.
    pub turn: u32,
    /// The teacher.
    pub teacher_model: String,
}

/// The proposals of a workspace.
#[derive(Debug, Clone)]
pub struct ProposalStore {
    folder: PathBuf,
    root: PathBuf,
    manifests: PathBuf,
    home: PathBuf,
}

impl ProposalStore {
    /// Opens the store of a workspace folder, or of the state folder where there is none.
    pub fn new(folder: &Path, folders: &Folders) -> Self {
        Self {
            folder: folder.to_path_buf(),
            root: folder.join(ROOT),
            manifests: folders.state.join("proposals"),
            home: folders.home.clone(),
        }
    }

    /// Returns the folder that the store belongs to.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the folder that accepted skills are saved below.
    pub fn save_dir(&self, skills: &config::Skills) -> PathBuf {
        skills::save_dir(&self.folder, &self.home, skills)
    }

    /// Returns the linter's settings for a skill of this name, where it would be saved.
    pub fn settings(&self, config: &Config, name: &str) -> lint::Settings {
        let path = self.save_dir(&config.skills).join(name).join("SKILL.md");
        LintSettings::new(config).of(&self.folder, &path).into_owned()
    }

    /// Returns what the linter finds in a skill as it would be stored; nothing is written.
    pub fn examine(
        &self,
        skill: &DistilledSkill,
        teacher_model: &str,
        now: Timestamp,
        config: &Config,
    ) -> Vec<Finding> {
        let name = skill::slugify(&skill.name);
        let text = skill::render(&draft(skill, &name, teacher_model, now));
        check(&text, &name, &self.settings(config, &name))
    }

    /// Stores a skill as the teacher wrote it, with provenance that the teacher has no say in.
    ///
    /// # Errors
    /// [`ProposalError::Io`].
    pub fn create(
        &self,
        skill: &DistilledSkill,
        provenance: Provenance,
        now: Timestamp,
        config: &Config,
    ) -> Result<Proposal, ProposalError> {
        let name = skill::slugify(&skill.name);
        let text = skill::render(&draft(skill, &name, &provenance.teacher_model, now));
        let proposal_id = self.free_id(&format!("{}-{name}", clock::to_folder_name(now)))?;
        let findings = check(&text, &name, &self.settings(config, &name));
        let risk = if findings.iter().any(|finding| finding.severity == "error") {
            "high"
        } else if runs_commands(&skill.procedure) {
            "medium"
        } else {
            "low"
        };
        let proposal = Proposal {
            proposal_id,
            folder: self.folder.clone(),
            kind: "skill".to_owned(),
            category: skill.category.clone(),
            risk: risk.to_owned(),
            run_id: provenance.run_id,
            run_folder: provenance.run_folder,
            turn: provenance.turn,
            teacher_model: provenance.teacher_model,
            created: clock::to_second(now),
            sha256: acceptance::sha256(&text),
            status: ProposalStatus::Pending,
            verification: Verification::off("It was not replayed on the student."),
            findings,
            reason: None,
            target: None,
            name,
        };
        write(&self.document(&proposal), text.as_bytes())?;
        self.save(&proposal)?;
        run_store::ignore_in_git(&self.root);
        Ok(proposal)
    }

    /// Returns every proposal of the folder, oldest first; what cannot be read is left out.
    pub fn list(&self) -> Vec<Proposal> {
        let Ok(entries) = std::fs::read_dir(&self.manifests) else { return Vec::new() };
        let mut proposals: Vec<Proposal> = entries
            .flatten()
            .filter_map(|entry| self.get(entry.file_name().to_str()?.strip_suffix(".json")?).ok())
            .collect();
        proposals.sort_by(|a, b| a.proposal_id.cmp(&b.proposal_id));
        proposals
    }

    /// Returns a proposal of the folder.
    ///
    /// # Errors
    /// [`ProposalError::Unknown`].
    pub fn get(&self, id: &str) -> Result<Proposal, ProposalError> {
        let unknown = || ProposalError::Unknown(id.to_owned());
        if id.is_empty() || id.starts_with('.') || id.contains(['/', '\\', '\0']) {
            return Err(unknown());
        }
        let json = std::fs::read(self.manifest(id)).map_err(|_| unknown())?;
        let proposal: Proposal = serde_json::from_slice(&json).map_err(|_| unknown())?;
        let is_here = proposal.folder == self.folder && self.document(&proposal).is_file();
        if is_here { Ok(proposal) } else { Err(unknown()) }
    }

    /// Returns a proposal that waits.
    ///
    /// # Errors
    /// [`ProposalError::Unknown`], [`ProposalError::Decided`].
    pub fn pending(&self, id: &str) -> Result<Proposal, ProposalError> {
        let proposal = self.get(id)?;
        let outcome = match proposal.status {
            ProposalStatus::Pending => return Ok(proposal),
            ProposalStatus::Accepted => "accepted",
            ProposalStatus::Rejected => "rejected",
        };
        Err(ProposalError::Decided { id: id.to_owned(), outcome })
    }

    /// Keeps what became of a proposal.
    ///
    /// # Errors
    /// [`ProposalError::Io`].
    pub fn save(&self, proposal: &Proposal) -> Result<(), ProposalError> {
        let path = self.manifest(&proposal.proposal_id);
        serde_json::to_vec_pretty(proposal)
            .map_err(io::Error::from)
            .and_then(|json| atomic::write_private(&path, &json))
            .map_err(|error| ProposalError::Io { path, error })
    }

    /// Keeps what came of a replay; what became of the proposal meanwhile stays.
    ///
    /// # Errors
    /// [`ProposalError`].
    pub fn set_verification(
        &self,
        id: &str,
        verification: &Verification,
    ) -> Result<(), ProposalError> {
        let mut proposal = self.get(id)?;
        proposal.verification = verification.clone();
        self.save(&proposal)
    }

    /// Returns the path of a proposal's document.
    pub fn document(&self, proposal: &Proposal) -> PathBuf {
        self.root.join(&proposal.proposal_id).join(&proposal.name).join("SKILL.md")
    }

    /// Returns the address of a proposal's document.
    pub fn uri(&self, proposal: &Proposal) -> String {
        uri::from_path(&self.document(proposal))
    }

    /// Returns whether a path is below the folder of this store's documents. Reads no file.
    pub fn is_around(&self, path: &Path) -> bool {
        path.starts_with(&self.root)
    }

    /// Returns the proposal whose document this is.
    pub fn by_document(&self, path: &Path) -> Option<Proposal> {
        let id = path.strip_prefix(&self.root).ok()?.components().next()?;
        let proposal = self.get(id.as_os_str().to_str()?).ok()?;
        (self.document(&proposal) == path).then_some(proposal)
    }

    fn manifest(&self, id: &str) -> PathBuf {
        self.manifests.join(format!("{id}.json"))
    }

    /// Two workspaces may learn something of the same name in the same second.
    fn free_id(&self, base: &str) -> Result<String, ProposalError> {
        std::fs::create_dir_all(&self.root)
            .map_err(|error| ProposalError::Io { path: self.root.clone(), error })?;
        for n in 1_u32.. {
            let id = if n == 1 { base.to_owned() } else { format!("{base}-{n}") };
            let path = self.root.join(&id);
            if self.manifest(&id).exists() {
                continue;
            }
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(id),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(ProposalError::Io { path, error }),
            }
        }
        Err(ProposalError::Unknown(base.to_owned()))
    }
}

/// Returns where the skill would be saved that stands at `path` as a proposal of a workspace
/// folder; `None` for any other path.
pub fn target(folder: &Path, home: &Path, path: &Path, skills: &config::Skills) -> Option<PathBuf> {
    let below = path.strip_prefix(folder.join(ROOT)).ok()?;
    let name = below.parent()?.file_name()?;
    Some(skills::save_dir(folder, home, skills).join(name).join(below.file_name()?))
}

/// What the linter finds in a proposed skill's text, as data. Nothing in the text suppresses it.
pub fn check(text: &str, name: &str, settings: &lint::Settings) -> Vec<Finding> {
    let settings = &lint::Settings { is_proposal: true, ..settings.clone() };
    let document = SkillDocument::parse(text);
    let index = LineIndex::new(text);
    let settings = settings.for_proposals();
    lint::check(&lint::SkillFile::new(&document, &settings).in_directory(Some(name)))
        .into_iter()
        .map(|finding| Finding {
            code: finding.rule.code.to_owned(),
            severity: finding.severity.to_string(),
            line: index.position(text, finding.span.start, skill::PositionEncoding::Utf32).line + 1,
            message: finding.message,
        })
        .collect()
}

/// Refuses a text with errors, unless a person overrides that.
///
/// # Errors
/// [`ProposalError::HasErrors`].
pub fn refuse_errors(proposal: &Proposal, findings: &[Finding]) -> Result<(), ProposalError> {
    let errors: Vec<String> = findings
        .iter()
        .filter(|finding| finding.severity == "error")
        .map(|finding| format!("line {}: {} [{}]", finding.line, finding.message, finding.code))
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(ProposalError::HasErrors { id: proposal.proposal_id.clone(), findings: errors.join("; ") })
}

/// Returns a proposal's text as it is saved: under its name, published, with the time at which it
/// was accepted and what the student showed. Everything else stays as the person may have edited it.
pub fn published_text(
    text: &str,
    name: &str,
    accepted: Timestamp,
    verification: &Verification,
) -> String {
    let document = SkillDocument::parse(text);
    let mut edits = Vec::new();
    if let Some(node) = document.field("name")
        && document.name() != Some(name)
    {
        edits.push(TextEdit::replace(node.span, name));
    }
    let metadata = document.field("metadata");
    if let Some(metadata) = metadata
        && let NodeKind::Mapping(entries) = &metadata.kind
        && let Some(status) = entries.iter().find(|entry| entry.key == "status")
        && !entries.iter().any(|entry| entry.key == "accepted")
    {
        let line = text.get(..status.key_span.start).unwrap_or_default();
        let indent: String = line.chars().rev().take_while(|character| *character == ' ').collect();
        let accepted = clock::to_second(accepted);
        edits.push(TextEdit::replace(
            status.value.span,
            format!("\"published\"\n{indent}accepted: \"{accepted}\""),
        ));
        if let Some(shown) = entries.iter().find(|entry| entry.key == "verification") {
            let outcome = match verification.outcome.as_str() {
                outcome @ ("verified" | "not_verified" | "inconclusive") => outcome,
                _ => "none",
            };
            edits.push(TextEdit::replace(shown.value.span, format!("\"{outcome}\"")));
        }
    }
    skill::apply_edits(text, &edits).unwrap_or_else(|_| text.to_owned())
}

fn draft(skill: &DistilledSkill, name: &str, teacher_model: &str, now: Timestamp) -> SkillDraft {
    let metadata = [
        ("source", "teacher-escalation"),
        ("teacher_model", teacher_model),
        ("category", &skill.category),
        ("status", "draft"),
        ("created", &clock::to_second(now)),
        ("verification", "none"),
    ];
    SkillDraft {
        name: name.to_owned(),
        description: skill.description.clone(),
        metadata: metadata
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        title: title(name),
        when_to_use: skill.when_to_use.clone(),
        procedure: skill.procedure.clone(),
        pitfalls: skill.pitfalls.clone(),
        verification: skill.verification.clone(),
    }
}

/// `count-csv-rows` becomes `Count csv rows`.
fn title(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut characters = words.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => words,
    }
}

/// A procedure that has commands run or files changed deserves a closer look.
fn runs_commands(procedure: &[String]) -> bool {
    procedure
        .iter()
        .any(|step| ["bash", "write_file", "edit_file"].iter().any(|tool| step.contains(tool)))
}

fn write(path: &Path, content: &[u8]) -> Result<(), ProposalError> {
    atomic::write(path, content)
        .map_err(|error| ProposalError::Io { path: path.to_path_buf(), error })
}

#[cfg(test)]
mod tests {
    use agent::{distill::DistilledSkill, event::Verification};
    use jiff::Timestamp;

    use super::{ProposalStatus, ProposalStore, Provenance, check, published_text, target};
    use crate::{
        config::{Config, Layer},
        folders::Folders,
    };

    fn skill() -> DistilledSkill {
        DistilledSkill {
            name: "Count CSV rows!".to_owned(),
            description: "Counts the data rows of a CSV file.".to_owned(),
            when_to_use: "The user asks how many rows a CSV file has.".to_owned(),
            procedure: vec!["Step 1: Call `bash` with `wc -l < <file>`.".to_owned()],
            pitfalls: Vec::new(),
            verification: vec!["The number is not negative.".to_owned()],
            category: "data".to_owned(),
        }
    }

    fn provenance() -> Provenance {
        Provenance {
            run_id: "r".to_owned(),
            run_folder: "r".into(),
            turn: 1,
            teacher_model: "big \"one\"".to_owned(),
        }
    }

    #[test]
    fn a_proposal_is_a_clean_document_with_the_servers_provenance() {
        let folder = tempfile::tempdir().unwrap();
        let store = ProposalStore::new(folder.path(), &Folders::below(folder.path()));
        let now: Timestamp = "2026-11-21T09:30:12Z".parse().unwrap();
        let proposal = store.create(&skill(), provenance(), now, &Config::default()).unwrap();
        assert_eq!(proposal.name, "count-csv-rows");
        assert_eq!(proposal.findings, []);
        assert_eq!(store.list(), std::slice::from_ref(&proposal));
        let path = store.document(&proposal);
        assert_eq!(store.by_document(&path), Some(proposal.clone()));
        let text = std::fs::read_to_string(path).unwrap();
        expect_test::expect![[r#"
            ---
            name: count-csv-rows
            description: Counts the data rows of a CSV file. Use when the user asks how many rows a CSV file has.
            metadata:
              source: "teacher-escalation"
              teacher_model: "big \"one\""
              category: "data"
              status: "draft"
              created: "2026-11-21T09:30:12Z"
              verification: "none"
            ---

            # Count csv rows

            ## When to Use

            The user asks how many rows a CSV file has.

            ## Procedure

            1. Call `bash` with `wc -l < <file>`.

            ## Verification

            - The number is not negative.
        "#]]
        .assert_eq(&text);

        let accepted: Timestamp = "2026-11-21T09:34:50Z".parse().unwrap();
        let verification = Verification { outcome: "verified".to_owned(), ..Verification::off("") };
        let published = published_text(&text, "count-csv-rows-2", accepted, &verification);
        assert!(published.contains("  verification: \"verified\"\n"), "{published}");
        assert!(published.contains("name: count-csv-rows-2\n"), "{published}");
        assert!(
            published.contains(
                "  status: \"published\"\n  accepted: \"2026-11-21T09:34:50Z\"\n  created:"
            ),
            "{published}"
        );
    }

    #[test]
    fn a_proposal_is_linted_as_if_it_stood_where_it_would_be_saved() {
        let folder = tempfile::tempdir().unwrap();
        let overrides = "[[lint.overrides]]\npaths = [\".agents/skills/a\"]\n\
                         rules = { \"name/invalid\" = \"off\" }\n";
        let layer = Layer::from_toml("preceptor.toml", overrides).unwrap();
        let config = Config::merged([&layer]).unwrap();
        let store = ProposalStore::new(folder.path(), &Folders::below(folder.path()));
        let rule = lint::rule("name/invalid").unwrap();
        assert_eq!(store.settings(&config, "a").level(rule), lint::Level::Off);
        assert_eq!(store.settings(&config, "b").level(rule), lint::Level::Error);
        let document = folder.path().join(".preceptor/proposals/1-a/a/SKILL.md");
        let saved = folder.path().join(".agents/skills/a/SKILL.md");
        let home = folder.path();
        assert_eq!(target(folder.path(), home, &document, &config.skills), Some(saved.clone()));
        assert_eq!(target(folder.path(), home, &saved, &config.skills), None);
    }

    #[test]
    fn a_proposed_text_suppresses_nothing() {
        let text = "---\nname: other\ndescription: \"\"\n---\n\n\
                    <!-- preceptor-ignore-file description/missing: no need -->\n";
        let findings = check(text, "other", &lint::Settings::default());
        assert!(findings.iter().any(|it| it.code == "description/missing"), "{findings:?}");
    }

    #[test]
    fn two_proposals_of_one_second_and_name_are_two() {
        let folder = tempfile::tempdir().unwrap();
        let store = ProposalStore::new(folder.path(), &Folders::below(folder.path()));
        let now: Timestamp = "2026-11-21T09:30:12Z".parse().unwrap();
        let config = Config::default();
        let first = store.create(&skill(), provenance(), now, &config).unwrap();
        let mut second = store.create(&skill(), provenance(), now, &config).unwrap();
        assert_ne!(first.proposal_id, second.proposal_id);
        second.status = ProposalStatus::Rejected;
        store.save(&second).unwrap();
        assert!(store.pending(&first.proposal_id).is_ok());
        let error = store.pending(&second.proposal_id).unwrap_err();
        assert!(error.to_string().contains("already rejected"), "{error}");
        assert!(store.get("../x").is_err());
        // What lies in the workspace alone is nobody's proposal, nor is another folder's.
        let other = ProposalStore::new(&folder.path().join("w"), &Folders::below(folder.path()));
        assert!(other.list().is_empty());
        std::fs::remove_dir_all(Folders::below(folder.path()).state).unwrap();
        assert!(store.list().is_empty());
    }
}
