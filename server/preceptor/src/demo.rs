//! `preceptor demo`: the whole story in a terminal, through the real language server.
//!
//! The demo is an editor. It starts this program's `lsp` in a throw-away folder, with models that
//! follow a script, and shows what the server sends. Nothing of the story is its own: what does
//! not come from the server within ten seconds ends the demo with the beat that failed.

mod client;
mod editor;
mod playground;
mod protocol;
mod run_view;
mod screen;
#[cfg(test)]
mod tests;
mod workspace_edit;

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

use agent::verification::outcome_words;
use anyhow::{Context, ensure};
use runtime::folders::Folders;

use crate::{
    check,
    demo::{
        client::Client,
        editor::Editor,
        playground::{ASK_LINE, Playground},
        protocol::{Action, Severity, text},
        run_view::{ModelCalls, RunView},
        screen::{Look, ReaderGone, Screen},
    },
};

/// Exit code: the whole story was told.
pub const EXIT_TOLD: u8 = 0;
/// Exit code: a beat failed.
pub const EXIT_BEAT_FAILED: u8 = 1;
/// Exit code: the person had enough of it.
pub const EXIT_INTERRUPTED: u8 = 130;

/// Rounds of quick fixes before the demo gives up on a skill.
const MAX_FIX_ROUNDS: usize = 8;

/// A configuration to start from; the README has the same.
const CONFIG: &str = include_str!("demo/config.toml");

/// Tells the story on `stdout` and returns the exit code. With a terminal it takes a few seconds,
/// so that a person can read along; without one it never waits.
///
/// # Errors
/// If the throw-away folder or the server cannot be set up, or `stdout` cannot be written; a
/// reader that went away is no failure.
pub async fn run(stdout: &mut io::Stdout) -> anyhow::Result<u8> {
    let look = Look { has_color: check::wants_color(), is_paced: stdout.is_terminal() };
    let config_file = Folders::from_environment().ok().map(|folders| folders.config_file);
    let playground = Playground::create(look.is_paced)?;
    let (mut server, client) = playground.start_server()?;
    let mut screen = Screen::new(stdout, look);
    let told = tokio::select! {
        told = tell(&mut screen, client, &playground, config_file) => told,
        interrupt = tokio::signal::ctrl_c() => {
            interrupt.context("waiting for the interrupt key")?;
            Ok(EXIT_INTERRUPTED)
        }
    };
    server.end().await;
    playground.remove()?;
    match told {
        Err(error) if error.is::<ReaderGone>() => Ok(EXIT_TOLD),
        told => told,
    }
}

/// Tells the story through the server at the other end of `client`.
async fn tell(
    screen: &mut Screen<'_>,
    client: Client,
    playground: &Playground,
    config_file: Option<PathBuf>,
) -> anyhow::Result<u8> {
    screen
        .line("A small editor, a real language server, two scripted models and a folder that is")?;
    screen.line("removed afterwards.")?;
    let editor = match Editor::start(client, &playground.workspace(), &playground.settings()).await
    {
        Ok(editor) => editor,
        Err(error) => {
            screen.line(&format!("\nThe demo failed before its first beat: {error:#}"))?;
            return Ok(EXIT_BEAT_FAILED);
        }
    };
    let mut story = Story { screen, editor, playground, beat: (0, "") };
    if let Err(error) = story.tell(config_file).await {
        if error.is::<ReaderGone>() {
            return Err(error);
        }
        let (number, title) = story.beat;
        story.screen.line(&format!("\nThe demo failed at beat {number} ({title}): {error:#}"))?;
        return Ok(EXIT_BEAT_FAILED);
    }
    story.editor.close().await?;
    Ok(EXIT_TOLD)
}

struct Story<'a, 'b> {
    screen: &'a mut Screen<'b>,
    editor: Editor,
    playground: &'a Playground,
    /// The number and title of the part that is being told.
    beat: (usize, &'static str),
}

impl Story<'_, '_> {
    async fn tell(&mut self, config_file: Option<PathBuf>) -> anyhow::Result<()> {
        self.mend_a_skill().await?;
        let mut first = self.ask().await?;
        self.watch_the_student_fail(&mut first).await?;
        self.watch_the_teacher(&mut first).await?;
        let line = self.last_line();
        self.read_the_proposal(&first, line).await?;
        self.watch_the_replay(&mut first).await?;
        self.accept_the_proposal(&mut first, line).await?;
        let second = self.ask_again().await?;
        self.close(&first, &second, config_file)
    }

    async fn mend_a_skill(&mut self) -> anyhow::Result<()> {
        self.start_beat("A skill with mistakes is opened").await?;
        let path = self.playground.bad_skill();
        self.editor.open(&path).await?;
        let mut findings = self.editor.judged(&path).await?;
        ensure!(!findings.is_empty(), "the server finds nothing in the skill");
        self.screen.note("file", &self.playground.display(&path))?;
        for finding in &findings {
            self.screen.diagnostic(finding)?;
        }
        for _ in 0..MAX_FIX_ROUNDS {
            let Some(line) = findings.first().map(|finding| finding.line) else { break };
            self.screen.pause(/*milliseconds*/ 300).await?;
            let actions = self.editor.actions(&path, line).await?;
            let fix = actions.iter().find(|action| action.edit.is_some());
            let fix = fix.context("the server offers no quick fix")?;
            self.screen.note("quick fix", &fix.title)?;
            self.editor.perform(fix).await?;
            findings = self.editor.judged(&path).await?;
        }
        ensure!(findings.is_empty(), "the skill still has {} findings", findings.len());
        self.editor.save(&path).await?;
        self.screen.success("The skill is clean.")
    }

    async fn ask(&mut self) -> anyhow::Result<RunView> {
        self.start_beat("A request stands in a document, and its code action is run").await?;
        let notes = self.playground.notes();
        self.editor.open(&notes).await?;
        self.run_last_line().await
    }

    /// Runs the ask line at the end of the notes.
    async fn run_last_line(&mut self) -> anyhow::Result<RunView> {
        let notes = self.playground.notes();
        let line = self.last_line();
        let text_of_line = self.editor.text(&notes).lines().last().unwrap_or_default().to_owned();
        self.screen
            .note(&format!("{}:{}", self.playground.display(&notes), line + 1), &text_of_line)?;
        let action = self.action(&notes, line, "preceptor.run").await?;
        self.screen.note("code action", &action.title)?;
        let answer = self.editor.perform(&action).await?;
        let run_id = text(&answer, "/runId");
        ensure!(!run_id.is_empty(), "the server names no run: {answer}");
        Ok(RunView::new(run_id))
    }

    async fn watch_the_student_fail(&mut self, run: &mut RunView) -> anyhow::Result<()> {
        self.start_beat("The student, a small model, works on it and fails").await?;
        let is_over = |run: &RunView| run.takeover.is_some() || run.is_complete;
        run.watch(&mut self.editor, self.screen, is_over).await?;
        ensure!(run.takeover.is_some(), "no teacher took over");
        Ok(())
    }

    async fn watch_the_teacher(&mut self, run: &mut RunView) -> anyhow::Result<()> {
        self.start_beat("The teacher takes over in the same stream").await?;
        if let Some(failure) = &run.takeover {
            self.screen.note("because", failure)?;
        }
        run.watch(&mut self.editor, self.screen, |run| run.proposal_uri.is_some()).await?;
        ensure!(run.is_complete, "a skill was proposed before the turn was complete");
        Ok(())
    }

    async fn read_the_proposal(&mut self, run: &RunView, line: u64) -> anyhow::Result<()> {
        self.start_beat("What the teacher did is proposed as a skill").await?;
        let notes = self.playground.notes();
        let diagnostic = self.editor.diagnostic(&notes, line, "turn/proposal").await?;
        self.screen.diagnostic(&diagnostic)?;
        let path = self.editor.path(run.proposal_uri.as_deref().unwrap_or_default())?;
        let skill = read(&path).await?;
        self.screen.document(essence(&skill))?;
        self.screen.pause(/*milliseconds*/ 800).await
    }

    /// Nothing is to be seen where replays are switched off.
    async fn watch_the_replay(&mut self, run: &mut RunView) -> anyhow::Result<()> {
        if run.verification == "off" {
            return Ok(());
        }
        self.start_beat("The student tries it first, in a copy of the folder").await?;
        run.watch(&mut self.editor, self.screen, |run| run.verification != "pending").await?;
        self.screen.success(outcome_words(&run.verification))
    }

    async fn accept_the_proposal(&mut self, run: &mut RunView, line: u64) -> anyhow::Result<()> {
        self.start_beat("A person accepts it").await?;
        let notes = self.playground.notes();
        let action = self.action(&notes, line, "preceptor.proposal.accept").await?;
        self.screen.note("code action", &action.title)?;
        self.editor.perform(&action).await?;
        run.watch(&mut self.editor, self.screen, |run| run.saved_uri.is_some()).await?;
        let path = self.editor.path(run.saved_uri.as_deref().unwrap_or_default())?;
        let findings = self.editor.judged(&path).await?;
        let is_on_disk = read(&path).await? == self.editor.text(&path);
        ensure!(is_on_disk, "the accepted skill is not saved");
        self.screen.note("saved", &self.playground.display(&path))?;
        for finding in &findings {
            self.screen.diagnostic(finding)?;
        }
        let is_sound = findings
            .iter()
            .all(|finding| matches!(finding.severity, Severity::Information | Severity::Hint));
        ensure!(is_sound, "the linter objects to the accepted skill");
        if findings.is_empty() {
            self.screen.success("The linter finds nothing in it.")?;
        }
        Ok(())
    }

    async fn ask_again(&mut self) -> anyhow::Result<RunView> {
        self.start_beat("The same request again: the student manages alone").await?;
        self.editor.append(&self.playground.notes(), &format!("\n{ASK_LINE}\n")).await?;
        let mut run = self.run_last_line().await?;
        let is_over = |run: &RunView| run.takeover.is_some() || run.is_complete;
        run.watch(&mut self.editor, self.screen, is_over).await?;
        ensure!(run.takeover.is_none(), "the student failed again and the teacher took over");
        ensure!(!run.viewed_skills.is_empty(), "the student never read the skill");
        self.screen.success("Done, without the teacher.")?;
        Ok(run)
    }

    fn close(
        &mut self,
        first: &RunView,
        second: &RunView,
        config_file: Option<PathBuf>,
    ) -> anyhow::Result<()> {
        let (first, second) = (describe(&first.calls), describe(&second.calls));
        self.screen
            .line(&format!("\nModel calls before the skill: {first}. With it: {second}."))?;
        let place = match config_file {
            Some(path) => path.display().to_string(),
            None => "config.toml".to_owned(),
        };
        self.screen.line(&format!("\nFor models of your own, {place} is for example:\n"))?;
        self.screen.line(CONFIG)?;
        self.screen.line("Then enable the language server `preceptor lsp` in your editor.")
    }

    async fn start_beat(&mut self, title: &'static str) -> anyhow::Result<()> {
        self.beat = (self.beat.0 + 1, title);
        self.screen.pause(/*milliseconds*/ 250).await?;
        self.screen.beat(self.beat.0, title)
    }

    /// Returns the last line of the notes that is not empty, counted from zero.
    fn last_line(&self) -> u64 {
        let n_lines = self.editor.text(&self.playground.notes()).lines().count();
        u64::try_from(n_lines).unwrap_or(u64::MAX).saturating_sub(1)
    }

    /// Returns the code action on a line that runs a command.
    async fn action(&mut self, path: &Path, line: u64, command: &str) -> anyhow::Result<Action> {
        let actions = self.editor.actions(path, line).await?;
        let action = actions.into_iter().find(|action| action.command == command);
        action.with_context(|| format!("the server offers no code action for `{command}`"))
    }
}

/// Returns a skill's lines without the empty ones and its metadata.
fn essence(skill: &str) -> impl Iterator<Item = &str> {
    let mut is_metadata = false;
    skill.lines().filter(move |line| {
        is_metadata = line.starts_with("metadata:") || (is_metadata && line.starts_with(' '));
        !is_metadata && !line.trim().is_empty()
    })
}

fn describe(calls: &[ModelCalls]) -> String {
    let calls = calls.iter().map(|ModelCalls { model, n_calls }| format!("{model} {n_calls}"));
    calls.collect::<Vec<_>>().join(", ")
}

async fn read(path: &Path) -> anyhow::Result<String> {
    let text = tokio::fs::read_to_string(path).await;
    text.with_context(|| format!("reading {}", path.display()))
}
