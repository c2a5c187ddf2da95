//! Where proposals are kept: the documents in a workspace, what became of them in the state folder.

use std::{
    io,
    path::{Path, PathBuf},
};

use agent::{
    distill::DistilledSkill,
    event::{Finding, Verification},
};
use jiff::Timestamp;

use crate::{
    acceptance, atomic, clock,
    config::{self, Config, LintSettings},
    folders::Folders,
    proposals::{
        Proposal, ProposalError, ProposalStatus, Provenance,
        text::{check, draft, runs_commands},
    },
    run_store, skills, uri,
};

/// Where the documents are in a workspace folder.
const ROOT: &str = ".preceptor/proposals";

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

fn write(path: &Path, content: &[u8]) -> Result<(), ProposalError> {
    atomic::write(path, content)
        .map_err(|error| ProposalError::Io { path: path.to_path_buf(), error })
}
