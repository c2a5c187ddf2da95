//! Storing what was learnt, with what the server knows about it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use agent::{
    distill::DistilledSkill,
    event::{Finding, Verification},
};
use jiff::Timestamp;

use crate::{
    acceptance::sha256,
    atomic, clock,
    config::{self, Config, Layer, LintSettings, Skills, WorkspaceFile},
    editor::NoEditor,
    proposals::{
        Proposal, ProposalError, ProposalKind, ProposalStatus, ProposalStore, Provenance, Risk,
        SimilarSkill, check,
        evidence::{fingerprint, rejection, skill_fingerprint},
        similarity::{NEARLY_EQUAL, percent, similar_skills},
        store::write,
        text::{draft, runs_commands, with_note},
    },
    run_store,
    skills::{self, FoundSkill, SkillSources},
    workspace::resolve_existing,
};

/// Something that is proposed and is no skill.
#[derive(Debug, Clone)]
pub enum Change {
    /// Another text for a skill that is there.
    Edit {
        /// Its `SKILL.md`.
        target: PathBuf,
        /// The whole text.
        text: String,
    },
    /// A note for a skill that is there.
    Note {
        /// Its `SKILL.md`.
        target: PathBuf,
        /// The words.
        note: String,
    },
    /// Another text for the workspace's configuration.
    Config {
        /// The whole text.
        text: String,
    },
    /// Something that a person does by hand, elsewhere.
    External {
        /// What it is about, for the name of its document.
        name: String,
        /// What to do, as Markdown.
        text: String,
    },
}

impl Change {
    fn kind(&self) -> ProposalKind {
        match self {
            Self::Edit { .. } => ProposalKind::Edit,
            Self::Note { .. } => ProposalKind::Note,
            Self::Config { .. } => ProposalKind::Config,
            Self::External { .. } => ProposalKind::External,
        }
    }
}

/// A change, with the file that it changes.
struct Prepared {
    name: String,
    target: Option<PathBuf>,
    current: Option<String>,
    /// The text that is proposed.
    text: String,
    /// What was said, without what was there before.
    said: String,
}

enum Said {
    Whole(String),
    Note(String),
}

impl ProposalStore {
    /// Stores a skill as the teacher wrote it, with provenance that the teacher has no say in.
    /// Earlier proposals of the same skill wait no longer, unless a person worked on them.
    ///
    /// # Errors
    /// [`ProposalError::Io`], [`ProposalError::Nameless`], [`ProposalError::RejectedBefore`], and
    /// [`ProposalError::AlreadyKnown`] for one that a skill says already.
    pub fn create(
        &self,
        skill: &DistilledSkill,
        provenance: Provenance,
        now: Timestamp,
        config: &Config,
    ) -> Result<Proposal, ProposalError> {
        let known = self.all();
        let fingerprint = skill_fingerprint(skill);
        if let Some(reason) = rejection(&known, &fingerprint) {
            return Err(ProposalError::RejectedBefore(reason));
        }
        let name = slug(&skill.name)?;
        let text = skill::render(&draft(skill, &name, &provenance.teacher_model, now));
        let skills = self.skills(&config.skills);
        let similar = similar_skills(&text, &skills);
        let duplicate = similar.iter().find(|similar| {
            let is_same = similar.percent >= NEARLY_EQUAL || similar.name == name;
            // What belongs to no workspace is not changed for what one of them taught.
            is_same && similar.path.starts_with(resolve_existing(&self.folder))
        });
        let target = duplicate.map(|similar| similar.path.clone());
        let mut proposal = Proposal {
            kind: ProposalKind::Skill,
            category: skill.category.clone(),
            fingerprint,
            similar,
            target,
            ..self.proposal(name, provenance, now)
        };
        let current = proposal.target.as_deref().and_then(|target| {
            let existing = skills.iter().find(|skill| skill.path == target)?;
            Some(Arc::clone(&existing.text))
        });
        if let (Some(current), Some(target)) = (&current, &proposal.target)
            && self.merged(&proposal, &text, current).text == **current
        {
            let name = target.parent().and_then(Path::file_name).unwrap_or_default();
            let name = name.to_string_lossy().into_owned();
            return Err(ProposalError::AlreadyKnown { name, path: target.clone() });
        }
        proposal.findings = self.findings(&proposal, &text, config);
        proposal.risk = self.risk(&proposal, &text);
        self.store(&mut proposal, &text, current.as_deref(), now)?;
        self.supersede(&known, &proposal, |older| {
            older.kind == ProposalKind::Skill
                && (older.name == proposal.name || self.says_nearly(older, &text))
        })?;
        Ok(proposal)
    }

    /// Stores something that is no skill.
    ///
    /// # Errors
    /// [`ProposalError::Io`], [`ProposalError::RejectedBefore`], and
    /// [`ProposalError::TargetGone`] for a change of a file that is not there.
    pub fn create_change(
        &self,
        change: Change,
        category: &str,
        provenance: Provenance,
        now: Timestamp,
        config: &Config,
    ) -> Result<Proposal, ProposalError> {
        let known = self.all();
        let kind = change.kind();
        let Prepared { name, target, current, text, said } = self.prepare(change)?;
        let place = target.as_ref().map(|it| it.display().to_string()).unwrap_or_default();
        let fingerprint = fingerprint(&format!("{place}\n{said}"));
        if let Some(reason) = rejection(&known, &fingerprint) {
            return Err(ProposalError::RejectedBefore(reason));
        }
        let mut proposal = Proposal {
            kind,
            category: category.to_owned(),
            fingerprint,
            target,
            ..self.proposal(name, provenance, now)
        };
        proposal.findings = self.findings(&proposal, &text, config);
        proposal.risk = self.risk(&proposal, &text);
        self.store(&mut proposal, &text, current.as_deref(), now)?;
        self.supersede(&known, &proposal, |older| {
            let replaces = matches!(kind, ProposalKind::Edit | ProposalKind::Config);
            replaces && older.kind == kind && older.target == proposal.target
        })?;
        Ok(proposal)
    }

    fn prepare(&self, change: Change) -> Result<Prepared, ProposalError> {
        let (target, said) = match change {
            Change::External { name, text } => {
                let name = slug(&name)?;
                let said = text.clone();
                return Ok(Prepared { name, target: None, current: None, text, said });
            }
            Change::Config { text } => {
                let target = self.folder.join(config::WORKSPACE_FILE);
                let current = match fs::read_to_string(&target) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
                    read => read.map_err(|error| ProposalError::io(&target, error))?,
                };
                return Ok(Prepared {
                    name: "configuration".to_owned(),
                    target: Some(target),
                    current: Some(current),
                    said: text.clone(),
                    text,
                });
            }
            Change::Edit { target, text } => (target, Said::Whole(text)),
            Change::Note { target, note } => (target, Said::Note(note)),
        };
        let current = match fs::read_to_string(&target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ProposalError::TargetGone(target, "propose a skill instead"));
            }
            read => read.map_err(|error| ProposalError::io(&target, error))?,
        };
        let folder = target.parent().and_then(Path::file_name).unwrap_or_default();
        let name = folder.to_string_lossy().into_owned();
        let (text, said) = match said {
            Said::Whole(text) => (text.clone(), text),
            Said::Note(note) => (with_note(&current, &note), note),
        };
        Ok(Prepared { name, target: Some(target), current: Some(current), text, said })
    }

    /// A proposal before anything is known of it.
    fn proposal(&self, name: String, provenance: Provenance, now: Timestamp) -> Proposal {
        Proposal {
            proposal_id: String::new(),
            folder: self.folder.clone(),
            kind: ProposalKind::Skill,
            name,
            category: String::new(),
            risk: Risk::High,
            run_id: provenance.run_id,
            run_folder: provenance.run_folder,
            turn: provenance.turn,
            teacher_model: provenance.teacher_model,
            created: clock::to_second(now),
            sha256: String::new(),
            fingerprint: String::new(),
            is_edited: false,
            status: ProposalStatus::Pending,
            verification: Verification::off("It was not replayed on the student."),
            tried_sha256: None,
            findings: Vec::new(),
            similar: Vec::new(),
            reason: None,
            superseded_by: None,
            target: None,
            shown: None,
            accepted: None,
        }
    }

    fn store(
        &self,
        proposal: &mut Proposal,
        text: &str,
        current: Option<&str>,
        now: Timestamp,
    ) -> Result<(), ProposalError> {
        let base = format!("{}-{}", clock::to_folder_name(now), proposal.name);
        proposal.proposal_id = self.free_id(&base)?;
        proposal.sha256 = sha256(text);
        write(&self.document(proposal), text.as_bytes())?;
        if let Some(current) = current {
            let base = self.kept(&proposal.proposal_id, "base");
            atomic::write_private(&base, current.as_bytes())
                .map_err(|error| ProposalError::Io { path: base, error })?;
            self.show_update(proposal, text, current)?;
        }
        self.save(proposal)?;
        run_store::ignore_in_git(&self.root);
        Ok(())
    }

    /// Older proposals that wait give way to this one; one that a person worked on does not.
    fn supersede(
        &self,
        known: &[Proposal],
        by: &Proposal,
        is_older: impl Fn(&Proposal) -> bool,
    ) -> Result<(), ProposalError> {
        let waiting = known.iter().filter(|it| it.status == ProposalStatus::Pending);
        for older in waiting.filter(|it| is_older(it)) {
            let superseded = self.change(&older.proposal_id, |older| {
                let waits = older.status == ProposalStatus::Pending && !older.is_edited;
                if waits {
                    older.status = ProposalStatus::Superseded;
                    older.superseded_by = Some(by.proposal_id.clone());
                }
                Ok(waits)
            });
            match superseded {
                // Somebody cleared it away.
                Ok(_) | Err(ProposalError::Unknown(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether the text of another proposal is nearly this one.
    fn says_nearly(&self, other: &Proposal, text: &str) -> bool {
        fs::read_to_string(self.document(other))
            .is_ok_and(|other| percent(&other, text) >= NEARLY_EQUAL)
    }

    /// Returns what the linter finds in the text of a proposal, and what a person should know of the
    /// skills that say something like it.
    pub(super) fn findings(
        &self,
        proposal: &Proposal,
        text: &str,
        config: &Config,
    ) -> Vec<Finding> {
        let mut findings = match (proposal.kind, &proposal.target) {
            (ProposalKind::Skill, _) => {
                check(text, &proposal.name, &self.settings(config, &proposal.name))
            }
            (ProposalKind::Edit | ProposalKind::Note, Some(target)) => {
                let settings = LintSettings::new(config).of(&self.folder, target).into_owned();
                check(text, &proposal.name, &settings)
            }
            (ProposalKind::Config, _) => {
                let layer = Layer::from_toml(config::WORKSPACE_FILE, text);
                let invalid = layer.err().map(|error| Finding {
                    code: "config/invalid".to_owned(),
                    severity: "error".to_owned(),
                    line: 1,
                    message: error.to_string(),
                });
                invalid.into_iter().collect()
            }
            _ => Vec::new(),
        };
        let folder = resolve_existing(&self.folder);
        let similar = proposal.similar.first();
        findings.extend(similar.map(|first| similarity_finding(first, &folder, text)));
        findings
    }

    fn skills(&self, config: &Skills) -> Vec<FoundSkill> {
        skills::find(&SkillSources {
            workspace: Some(&self.folder),
            // Whether the student is offered a skill does not matter here.
            trusts_workspace: true,
            folders: &self.folders,
            config,
            editor: &NoEditor,
        })
    }

    /// What is wrong with it weighs most; then what it is.
    fn risk(&self, proposal: &Proposal, text: &str) -> Risk {
        if proposal.findings.iter().any(|finding| finding.severity == "error") {
            return Risk::High;
        }
        match proposal.kind {
            ProposalKind::Note => Risk::Low,
            ProposalKind::Skill | ProposalKind::Edit if runs_commands(text) => Risk::Medium,
            ProposalKind::Skill | ProposalKind::Edit => Risk::Low,
            ProposalKind::Config => {
                let path = self.folder.join(config::WORKSPACE_FILE);
                let needs_trust = WorkspaceFile::parse(&path, text.to_owned())
                    .map_or(true, |file| !file.restricted(&self.folder).ignored.is_empty());
                if needs_trust { Risk::High } else { Risk::Medium }
            }
            ProposalKind::External => Risk::High,
        }
    }
}

/// Says which skill says something like a proposed one.
fn similarity_finding(similar: &SimilarSkill, folder: &Path, text: &str) -> Finding {
    let SimilarSkill { name, path, percent } = similar;
    let path = path.strip_prefix(folder).unwrap_or(path);
    let degree = if *percent >= NEARLY_EQUAL { "says nearly the same as" } else { "is similar to" };
    let line = text.lines().position(|line| line.starts_with("name:")).unwrap_or(0);
    Finding {
        code: "duplicate/near".to_owned(),
        severity: "info".to_owned(),
        line: line + 1,
        message: format!(
            "The skill {degree} `{name}` ({} of the words): {}",
            similar.share(),
            path.display()
        ),
    }
}

/// Returns the name of a skill's folder.
fn slug(name: &str) -> Result<String, ProposalError> {
    let slug = skill::slugify(name);
    if slug.is_empty() { Err(ProposalError::Nameless(name.to_owned())) } else { Ok(slug) }
}
