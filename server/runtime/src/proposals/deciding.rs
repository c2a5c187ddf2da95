//! Accepting, refusing and taking back: what is decided about files, whoever writes them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use agent::event::Verification;
use jiff::Timestamp;
use skill::{SkillDocument, slugify};

use crate::{
    acceptance::{Acceptance, AcceptedSkills, is_same_but_for_white_space, sha256},
    atomic, clock,
    config::{Config, Layer, LintSettings},
    proposals::{
        Accepted, Proposal, ProposalError, ProposalKind, ProposalStatus, ProposalStore, Turn,
        check, published_text, refuse_errors, store::TEXT_CHANGED,
    },
    workspace::{lexical, resolve_existing},
};

/// As what a proposed skill is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptAs {
    /// A skill of its own.
    New,
    /// A change of the one that nearly says the same.
    Update,
}

/// How a person accepts.
pub struct Request<'a> {
    /// As what; left open, a skill is a new one, and everything else a change of what it is about.
    pub accept_as: Option<AcceptAs>,
    /// Whether errors of the linter may be in it.
    pub overrides_errors: bool,
    /// Whether the text counts as it is, whoever changed it.
    pub takes_text_as_it_is: bool,
    /// Returns the text of an open document: a person sees it, so that it counts before the file's.
    pub open: &'a dyn Fn(&Path) -> Option<Arc<str>>,
}

/// What accepting a proposal does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The name that it is saved under.
    pub name: String,
    /// The file.
    pub target: PathBuf,
    /// The file's text afterwards.
    pub text: Arc<str>,
    /// The file's text now; `None` where there is none.
    pub before: Option<Arc<str>>,
    /// Whether the file has that text already.
    pub is_there: bool,
    /// The record of whatever was accepted there before.
    record_before: Option<Acceptance>,
}

/// What rolling a proposal back does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restoration {
    /// The file.
    pub target: PathBuf,
    /// The file's text now; `None` where there is none.
    pub current: Option<Arc<str>>,
    /// The file's text afterwards; `None` where it goes.
    pub before: Option<String>,
}

impl ProposalStore {
    /// Works out what accepting a proposal does; nothing is changed by that, but for the document
    /// that shows an update, if it shows another one. Whoever acts on it keeps the turn until that
    /// is finished, or given up.
    ///
    /// # Errors
    /// [`ProposalError`].
    pub fn plan(
        &self,
        _turn: &Turn,
        proposal_id: &str,
        request: &Request<'_>,
        config: &Config,
        now: Timestamp,
    ) -> Result<(Proposal, Plan), ProposalError> {
        let mut proposal = self.pending(proposal_id)?;
        let text = self.text_to_accept(&proposal, request)?;
        let id = || proposal_id.to_owned();
        let accept_as = match (proposal.kind, request.accept_as) {
            (ProposalKind::External, _) => return Err(ProposalError::External(id())),
            (ProposalKind::Skill, accept_as) => accept_as.unwrap_or(AcceptAs::New),
            (_, Some(AcceptAs::New)) => return Err(ProposalError::OnlyUpdate(id())),
            (_, _) => AcceptAs::Update,
        };
        let mut plan = match accept_as {
            AcceptAs::New => {
                let name = written_name(&proposal, &text);
                if !request.overrides_errors {
                    let settings = self.settings(config, &name);
                    refuse_errors(&proposal, &check(&text, &name, &settings))?;
                }
                self.plan_new(&proposal, &name, &text, config, now)
            }
            AcceptAs::Update => self.plan_update(&mut proposal, &text, request, config)?,
        };
        let (target, folder) = (resolve_existing(&plan.target), resolve_existing(&self.folder));
        // A setting may lead out; a link must not.
        if lexical(&plan.target).starts_with(&self.folder) && !target.starts_with(folder) {
            return Err(ProposalError::LedAway(plan.target));
        }
        let record = AcceptedSkills::new(&self.folders.state).get(&target);
        // One that was kept for this very proposal is left of an attempt that broke off.
        plan.record_before = record.filter(|record| record.proposal_id != proposal.proposal_id);
        Ok((proposal, plan))
    }

    /// Keeps all that has to be kept before the file is written: what is there, and that the text is
    /// accepted. A skill that is there without a record would be accepted a second time, under
    /// another name.
    ///
    /// # Errors
    /// [`ProposalError::Io`].
    pub fn begin(
        &self,
        proposal: &Proposal,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<(), ProposalError> {
        let id = &proposal.proposal_id;
        let write = |path: PathBuf, text: &str| {
            atomic::write_private(&path, text.as_bytes())
                .map_err(|error| ProposalError::Io { path, error })
        };
        write(self.kept(id, "accepted"), &plan.text)?;
        if let Some(before) = &plan.before {
            write(self.kept(id, "before"), before)?;
        }
        if proposal.kind == ProposalKind::Config {
            return Ok(());
        }
        let target = resolve_existing(&plan.target);
        let state = &self.folders.state;
        AcceptedSkills::new(state)
            .keep(&target, &plan.name, &plan.text, id, clock::to_second(now))
            .map_err(|error| ProposalError::io(state, error))
    }

    /// Takes back what [`Self::begin`] kept: the file was not written.
    pub fn give_up(&self, proposal: &Proposal, plan: &Plan) {
        let target = resolve_existing(&plan.target);
        self.restore_record(proposal, &target, plan.record_before.as_ref());
    }

    /// Notes that a proposal was accepted: the file is written.
    ///
    /// # Errors
    /// [`ProposalError::Io`].
    pub fn finish(
        &self,
        proposal: &mut Proposal,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<(), ProposalError> {
        *proposal = self.change(&proposal.proposal_id, |proposal| {
            proposal.status = ProposalStatus::Accepted;
            proposal.target = Some(plan.target.clone());
            proposal.accepted = Some(Accepted {
                name: plan.name.clone(),
                is_update: plan.before.is_some(),
                sha256: sha256(&plan.text),
                at: clock::to_second(now),
                record_before: plan.record_before.clone(),
            });
            Ok(true)
        })?;
        Ok(())
    }

    /// Notes that a person refused a proposal. What was refused is not proposed again as it is.
    ///
    /// # Errors
    /// [`ProposalError`].
    pub fn reject(&self, id: &str, reason: Option<String>) -> Result<Proposal, ProposalError> {
        let _turn = self.take_turn()?;
        self.pending(id)?;
        self.change(id, |proposal| {
            proposal.status = ProposalStatus::Rejected;
            proposal.reason = reason.filter(|reason| !reason.trim().is_empty());
            Ok(true)
        })
    }

    /// Notes that a person saved another text for a proposal. Returns whether it is another one.
    ///
    /// # Errors
    /// [`ProposalError`].
    pub fn edited(
        &self,
        proposal: &mut Proposal,
        text: &str,
        config: &Config,
    ) -> Result<bool, ProposalError> {
        let mut is_another = false;
        *proposal = self.change(&proposal.proposal_id, |proposal| {
            is_another =
                proposal.status == ProposalStatus::Pending && proposal.sha256 != sha256(text);
            if !is_another {
                return Ok(false);
            }
            proposal.sha256 = sha256(text);
            proposal.is_edited = true;
            proposal.findings = self.findings(proposal, text, config);
            if proposal.verification.outcome != "off" {
                proposal.verification = Verification::off(TEXT_CHANGED);
            }
            let target = proposal.target.clone();
            if let Some(current) = target.and_then(|target| fs::read_to_string(target).ok()) {
                self.show_update(proposal, text, &current)?;
            }
            Ok(true)
        })?;
        Ok(is_another)
    }

    /// Works out what rolling an accepted proposal back does; nothing is changed by that. `open`
    /// returns the text of an open document.
    ///
    /// # Errors
    /// [`ProposalError`], also if the file was changed since.
    pub fn plan_rollback(
        &self,
        _turn: &Turn,
        id: &str,
        open: &dyn Fn(&Path) -> Option<Arc<str>>,
    ) -> Result<(Proposal, Restoration), ProposalError> {
        let proposal = self.get(id)?;
        let not_accepted = |state| ProposalError::NotAccepted { id: id.to_owned(), state };
        let (Some(accepted), Some(target), ProposalStatus::Accepted) =
            (&proposal.accepted, proposal.target.clone(), proposal.status)
        else {
            return Err(not_accepted(self.state(&proposal).name()));
        };
        let record = AcceptedSkills::new(&self.folders.state).get(&resolve_existing(&target));
        if let Some(record) = record.filter(|record| record.proposal_id != id) {
            return Err(ProposalError::UpdatedSince { target, by: record.proposal_id });
        }
        let kept = self.kept(id, "before");
        let before = if accepted.is_update {
            Some(fs::read_to_string(&kept).map_err(|error| ProposalError::io(&kept, error))?)
        } else {
            None
        };
        let current = match open(&target) {
            Some(text) => Some(text),
            None => read_if_there(&target)?,
        };
        let text = self.kept(id, "accepted");
        let text = fs::read_to_string(&text).map_err(|error| ProposalError::io(&text, error))?;
        let is_untouched = match &current {
            Some(current) => is_same_but_for_white_space(current, &text),
            // A skill that somebody deleted is as it was before it was there.
            None => before.is_none(),
        };
        if is_untouched {
            return Ok((proposal, Restoration { target, current, before }));
        }
        let way = match before {
            Some(_) => format!("what was there before is kept in {}", kept.display()),
            None => "undo that change first, or delete the file yourself".to_owned(),
        };
        Err(ProposalError::ChangedSince { target, way })
    }

    /// Notes that a proposal was rolled back: the file is as it was before.
    ///
    /// # Errors
    /// [`ProposalError::Io`].
    pub fn rolled_back(&self, proposal: &mut Proposal) -> Result<(), ProposalError> {
        *proposal = self.change(&proposal.proposal_id, |proposal| {
            proposal.status = ProposalStatus::RolledBack;
            Ok(true)
        })?;
        if let (Some(target), Some(accepted)) = (&proposal.target, &proposal.accepted) {
            let target = resolve_existing(target);
            self.restore_record(proposal, &target, accepted.record_before.as_ref());
        }
        Ok(())
    }

    fn restore_record(&self, proposal: &Proposal, target: &Path, before: Option<&Acceptance>) {
        if proposal.kind == ProposalKind::Config {
            return;
        }
        let accepted = AcceptedSkills::new(&self.folders.state);
        let restored = match before {
            Some(record) => accepted.put(record),
            None => accepted.forget(target),
        };
        if let Err(error) = restored {
            tracing::warn!(%error, "the acceptance of a text that is not there stays");
        }
    }

    /// Returns the text that a person means: what is seen in an open document, else the file's, which
    /// has to be the one that was proposed or saved since.
    fn text_to_accept(
        &self,
        proposal: &Proposal,
        request: &Request<'_>,
    ) -> Result<Arc<str>, ProposalError> {
        let path = self.document(proposal);
        if let Some(text) = (request.open)(&path) {
            return Ok(text);
        }
        let text = fs::read_to_string(&path).map_err(|error| ProposalError::io(&path, error))?;
        if request.takes_text_as_it_is || sha256(&text) == proposal.sha256 {
            return Ok(text.into());
        }
        Err(ProposalError::TextDrifted { id: proposal.proposal_id.clone(), path })
    }

    fn plan_new(
        &self,
        proposal: &Proposal,
        name: &str,
        text: &str,
        config: &Config,
        now: Timestamp,
    ) -> Plan {
        let save_dir = self.save_dir(&config.skills);
        let (name, there) = free_name(&save_dir, name, proposal, text, now);
        let target = save_dir.join(&name).join("SKILL.md");
        let is_there = there.is_some();
        // What is there says when it was accepted first, and is what the pin is for.
        let text = there
            .unwrap_or_else(|| published_text(text, &name, now, &proposal.verification))
            .into();
        Plan { name, target, text, before: None, is_there, record_before: None }
    }

    fn plan_update(
        &self,
        proposal: &mut Proposal,
        text: &str,
        request: &Request<'_>,
        config: &Config,
    ) -> Result<Plan, ProposalError> {
        let no_update = || ProposalError::NoUpdate(proposal.proposal_id.clone());
        let target = proposal.target.clone().ok_or_else(no_update)?;
        let before = match (request.open)(&target) {
            Some(text) => Some(text),
            None => read_if_there(&target)?,
        };
        let current = match (&before, proposal.kind) {
            (Some(text), _) => Arc::clone(text),
            (None, ProposalKind::Config) => "".into(),
            (None, ProposalKind::Skill) => {
                return Err(ProposalError::TargetGone(target, "accept it as a new skill"));
            }
            (None, _) => return Err(ProposalError::TargetGone(target, "reject the proposal")),
        };
        let is_shown = proposal.shown.as_ref().is_some_and(|shown| {
            shown.text_sha256 == sha256(text) && shown.target_sha256 == sha256(&current)
        });
        if !is_shown {
            *proposal = self.change(&proposal.proposal_id, |proposal| {
                self.show_update(proposal, text, &current)?;
                Ok(true)
            })?;
            let update = self.update_document(proposal);
            return Err(ProposalError::UpdateDrifted { target, update });
        }
        let merged = self.merged(proposal, text, &current).text;
        let folder = target.parent().and_then(Path::file_name).unwrap_or_default();
        let name = match proposal.kind {
            ProposalKind::Config => proposal.name.clone(),
            _ => folder.to_string_lossy().into_owned(),
        };
        if proposal.kind == ProposalKind::Config {
            Layer::from_toml("preceptor.toml", &merged).map_err(|error| {
                let id = proposal.proposal_id.clone();
                ProposalError::NoConfiguration { id, reason: error.to_string() }
            })?;
        } else if !request.overrides_errors {
            let settings = LintSettings::new(config).of(&self.folder, &target).into_owned();
            refuse_errors(proposal, &check(&merged, &name, &settings))?;
        }
        let is_there = merged == *current;
        let text = merged.into();
        Ok(Plan { name, target, text, before, is_there, record_before: None })
    }
}

/// Returns the name that a skill is to have: the one that a person wrote, if a skill can have it.
fn written_name(proposal: &Proposal, text: &str) -> String {
    let document = SkillDocument::parse(text);
    let written = document.name().filter(|name| !name.is_empty() && slugify(name) == *name);
    written.unwrap_or(&proposal.name).to_owned()
}

/// Returns the name itself, or with the first number that makes it free, and the skill's text where
/// it is there already: an editor may have made it after its answer was not waited for any longer.
fn free_name(
    save_dir: &Path,
    name: &str,
    proposal: &Proposal,
    text: &str,
    now: Timestamp,
) -> (String, Option<String>) {
    let mut free = name.to_owned();
    for n in 2_u32.. {
        let folder = save_dir.join(&free);
        // An empty one is left of a skill that somebody took away.
        let is_empty = || fs::read_dir(&folder).is_ok_and(|mut it| it.next().is_none());
        if !folder.exists() || is_empty() {
            break;
        }
        let there = fs::read_to_string(folder.join("SKILL.md")).ok();
        let is_it = |there: &String| {
            let text = published_text(text, &free, now, &proposal.verification);
            is_same_apart_from_acceptance(there, &text)
        };
        if let Some(there) = there.filter(is_it) {
            return (free, Some(there));
        }
        let suffix = format!("-{n}");
        let room = skill::MAXIMUM_NAME_LENGTH - suffix.len();
        let base: String = name.chars().take(room).collect();
        free = format!("{}{suffix}", base.trim_end_matches('-'));
    }
    (free, None)
}

/// Whether two texts differ in white space and the time of acceptance only.
fn is_same_apart_from_acceptance(a: &str, b: &str) -> bool {
    let lines = |text: &'_ str| -> Vec<String> {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with("accepted:"))
            .map(str::to_owned)
            .collect()
    };
    lines(a) == lines(b)
}

fn read_if_there(path: &Path) -> Result<Option<Arc<str>>, ProposalError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ProposalError::io(path, error)),
    }
}
