//! What a verification showed, as a document beside the replay's transcript.

use std::fmt::Write as _;

use agent::{
    ledger::Money,
    verification::{Finding, Proof, outcome_words},
};

use super::{
    Question, Tried,
    sample::{Became, Sampled},
};
use crate::{
    atomic,
    run_store::{RunFolder, first_line},
};

/// What there is to tell.
pub(super) struct Report<'a> {
    pub(super) question: &'a Question,
    pub(super) finding: &'a Finding,
    pub(super) with: Tried,
    pub(super) without: Option<Tried>,
    pub(super) sampled: Vec<Sampled>,
    pub(super) cost: Money,
}

impl Report<'_> {
    /// Writes it; a replay that did not begin has no place for it.
    pub(super) async fn write(&self) {
        let Some(folder) = &self.with.folder else { return };
        let (path, text) = (folder.verification(), self.render(folder));
        let written = tokio::task::spawn_blocking(move || atomic::write(&path, text.as_bytes()));
        match written.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "what a replay showed is not written down"),
            Err(error) => tracing::error!(%error, "what a replay showed is not written down"),
        }
    }

    fn render(&self, own: &RunFolder) -> String {
        let Self { question, finding, with, without, sampled, cost } = self;
        let mut text = format!(
            "# Verification of `{}`\n\n**{}** {}\n\nThe request:\n\n{}\n",
            question.skill.name,
            outcome_words(finding.outcome.name()),
            finding.reason,
            quoted(&question.prompt),
        );
        let _ = write!(text, "\n## With the skill\n\n{}", attempt(with, own, true));
        if let Some(teacher) = &question.teacher {
            let answer = quoted(&teacher.answer);
            let _ = write!(text, "\n## The teacher's answer\n\n{answer}\n");
        }
        if let Some(without) = without {
            let _ = write!(text, "\n## Without the skill\n\n{}", attempt(without, own, false));
        }
        if !sampled.is_empty() {
            text.push_str("\n## Earlier requests, with the skill\n\n");
            for Sampled { prompt, became, folder, comparison } in sampled {
                let outcome = match became {
                    Became::Same => "went as before".to_owned(),
                    Became::Worse(why) => format!("goes wrong with the skill only: {why}"),
                    Became::Unclear(why) => format!("is not clear: {why}"),
                };
                let links = [("transcript", folder), ("the teacher's comparison", comparison)];
                let links = links_to(links, own);
                let links = if links.is_empty() { links } else { format!(" ({links})") };
                let _ = writeln!(text, "- {}: {outcome}{links}", first_line(prompt));
            }
        }
        if !cost.is_zero() {
            let _ = write!(text, "\nAll of it cost {cost}.\n");
        }
        text
    }
}

fn attempt(tried: &Tried, own: &RunFolder, with_skill: bool) -> String {
    let Tried { folder, replay, answer, changed_files, comparison } = tried;
    let mut text = format!("- It {}.\n", replay.end.told());
    if with_skill {
        let read = if replay.has_read_skill { "read" } else { "did not read" };
        let _ = writeln!(text, "- The student {read} the skill.");
    }
    let files = if changed_files.is_empty() {
        "none".to_owned()
    } else {
        let files: Vec<String> = changed_files.iter().map(|file| format!("`{file}`")).collect();
        files.join(", ")
    };
    let _ = writeln!(text, "- Changed files: {files}");
    if replay.n_answered > 0 {
        let _ = writeln!(text, "- Calls answered from the teacher's trace: {}", replay.n_answered);
    }
    let _ = writeln!(text, "- {}", compared(&replay.proof));
    let links = [("transcript", folder), ("the teacher's comparison", comparison)];
    let links = links_to(links, own);
    if !links.is_empty() {
        let _ = writeln!(text, "- To read: {links}");
    }
    if let Some(answer) = answer.as_deref().filter(|answer| !answer.trim().is_empty()) {
        let _ = write!(text, "\nThe student's answer:\n\n{}\n", quoted(answer));
    }
    text
}

fn compared(proof: &Proof) -> String {
    match proof {
        Proof::SameFiles => "The files are the same as the teacher's.".to_owned(),
        Proof::Check { command, has_passed } => {
            let outcome = if *has_passed { "passes" } else { "fails" };
            format!("The check {outcome}: `{}`", command.replace('\n', "; "))
        }
        Proof::Comparison { is_equal, reason } => {
            let outcome = if *is_equal { "as good as its own" } else { "not as good as its own" };
            let colon = if reason.is_empty() { "." } else { ": " };
            format!("The teacher judged it {outcome}{colon}{reason}")
        }
        Proof::Missing(why) if why.is_empty() => "Nothing was compared.".to_owned(),
        Proof::Missing(why) => format!("Nothing was compared: {why}."),
    }
}

fn links_to(folders: [(&str, &Option<RunFolder>); 2], own: &RunFolder) -> String {
    let link = |(name, folder): (&str, &Option<RunFolder>)| {
        Some(format!("[{name}]({})", link(folder.as_ref()?, own)))
    };
    folders.into_iter().filter_map(link).collect::<Vec<_>>().join(", ")
}

/// Returns where the transcript of a run is, seen from the document.
fn link(folder: &RunFolder, own: &RunFolder) -> String {
    if folder == own {
        "transcript.md".to_owned()
    } else {
        format!("../{}/transcript.md", folder.run_id)
    }
}

/// What models and people wrote stands apart from what is said about it.
fn quoted(text: &str) -> String {
    let lines: Vec<String> = text.trim().lines().map(|line| format!("> {line}")).collect();
    lines.join("\n")
}
