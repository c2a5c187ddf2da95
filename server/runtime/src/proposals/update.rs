//! The change that a proposal makes to a file that is there, and the document that shows it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use similar::{ChangeTag, DiffTag, TextDiff};

use crate::{
    acceptance::{AcceptedSkills, sha256},
    proposals::{
        Pins, Proposal, ProposalError, ProposalKind, ProposalStatus, ProposalStore,
        merge::{Merged, merge_lines, merge_skill},
        store::write,
    },
    uri,
    workspace::resolve_existing,
};

/// Where a proposal would change a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetChange {
    /// The first line that is not as it would be, counted from 0.
    pub line: usize,
    /// Lines that come.
    pub n_added: usize,
    /// Lines that go.
    pub n_removed: usize,
}

/// Unchanged lines around a change.
const CONTEXT_LINES: usize = 3;

impl ProposalStore {
    /// Returns the document that shows what a proposal would change; it is there if the proposal
    /// changes a file that is there.
    pub fn update_document(&self, proposal: &Proposal) -> PathBuf {
        self.folder_of(&proposal.proposal_id).join("update.md")
    }

    /// Returns the proposals that wait and would change a file, and where they would change its
    /// text. The path has no links in it.
    pub fn changes_of(&self, path: &Path, current: &str) -> Vec<(Proposal, TargetChange)> {
        let waiting = self.list().into_iter().filter(|it| it.status == ProposalStatus::Pending);
        waiting
            .filter(|it| {
                it.target.as_deref().is_some_and(|target| resolve_existing(target) == path)
            })
            .filter_map(|proposal| {
                let text = fs::read_to_string(self.document(&proposal)).ok()?;
                let merged = self.merged(&proposal, &text, current).text;
                let diff = TextDiff::from_lines(current, &merged);
                let first = diff.ops().iter().find(|it| it.tag() != DiffTag::Equal)?;
                let count = |tag| diff.iter_all_changes().filter(|it| it.tag() == tag).count();
                let change = TargetChange {
                    // What comes anew is told at the line that it follows.
                    line: match first.tag() {
                        DiffTag::Insert => first.old_range().start.saturating_sub(1),
                        _ => first.old_range().start,
                    },
                    n_added: count(ChangeTag::Insert),
                    n_removed: count(ChangeTag::Delete),
                };
                Some((proposal, change))
            })
            .collect()
    }

    /// Returns what becomes of the target's text.
    pub(super) fn merged(&self, proposal: &Proposal, text: &str, current: &str) -> Merged {
        // Who ends lines as Windows does goes on to do so.
        if is_crlf(current) {
            let merged = self.merged_lines(proposal, &with_lf(text), &with_lf(current));
            return Merged { text: merged.text.replace('\n', "\r\n"), ..merged };
        }
        self.merged_lines(proposal, text, current)
    }

    fn merged_lines(&self, proposal: &Proposal, text: &str, current: &str) -> Merged {
        match proposal.kind {
            ProposalKind::Skill => {
                let base = proposal.target.as_deref().and_then(|target| {
                    let record = AcceptedSkills::new(&self.folders.state);
                    let record = record.get(&resolve_existing(target))?;
                    let accepted = self.kept(&record.proposal_id, "accepted");
                    Some(with_lf(&fs::read_to_string(accepted).ok()?))
                });
                merge_skill(base.as_deref(), current, text)
            }
            _ => {
                let base = fs::read_to_string(self.kept(&proposal.proposal_id, "base"));
                let base = base.map(|base| if is_crlf(&base) { with_lf(&base) } else { base });
                merge_lines(base.as_deref().unwrap_or(current), current, text)
            }
        }
    }

    /// Writes the document that shows the change, and notes in the proposal what it was made of.
    pub(super) fn show_update(
        &self,
        proposal: &mut Proposal,
        text: &str,
        current: &str,
    ) -> Result<(), ProposalError> {
        let merged = self.merged(proposal, text, current);
        let shown = document(proposal, current, &merged);
        write(&self.update_document(proposal), shown.as_bytes())?;
        proposal.shown = Some(Pins { text_sha256: sha256(text), target_sha256: sha256(current) });
        Ok(())
    }
}

/// Whether every line ends as on Windows.
fn is_crlf(text: &str) -> bool {
    text.contains('\n') && text.matches('\n').count() == text.matches("\r\n").count()
}

fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn document(proposal: &Proposal, current: &str, merged: &Merged) -> String {
    let target = proposal.target.clone().unwrap_or_default();
    let file = target.file_name().unwrap_or_default();
    let name = match proposal.kind {
        ProposalKind::Config => file.to_string_lossy(),
        _ => target.parent().and_then(|it| it.file_name()).unwrap_or(file).to_string_lossy(),
    };
    let link = format!("[`{name}`]({})", uri::from_path(&target));
    let percent = proposal.similar.iter().find(|similar| similar.path == target);
    let why = match (proposal.kind, percent) {
        (ProposalKind::Skill, Some(similar)) => format!(
            "What the teacher `{}` learnt says nearly the same as the skill {link}: {} of the words \
             are in both.",
            proposal.teacher_model,
            similar.share()
        ),
        (ProposalKind::Note, _) => format!("A note on {link} is proposed."),
        _ => format!("A change of {link} is proposed."),
    };
    let diff = TextDiff::from_lines(current, &merged.text);
    let diff = diff.unified_diff().context_radius(CONTEXT_LINES).to_string();
    let diff =
        if diff.is_empty() { "Nothing would change.".to_owned() } else { fenced("diff", &diff) };
    let mut out = format!(
        "# Update of `{name}`\n\n{why}\nAccepted as an update, it changes that file as follows; \
         what you wrote by hand stays.\n\n{diff}\n"
    );
    if !merged.left_out.is_empty() {
        out.push_str(
            "\n## Left as it is\n\nHere you had changed by hand what the proposal changes, too. \
             Yours stays; the proposal says:\n",
        );
        for text in &merged.left_out {
            out.push('\n');
            out.push_str(&fenced("markdown", text));
            out.push('\n');
        }
    }
    out
}

/// A fence that is longer than any in the text.
fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|it| it != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}", text.trim_end_matches('\n'))
}
