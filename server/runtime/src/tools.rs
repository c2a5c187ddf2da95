//! The built-in tools, performed.

mod bash;
mod changes;
pub(crate) mod checkpoints;
mod command_checkpoints;
mod confinement;
mod detours;
mod files;
mod git_parts;
mod list_files;
mod printed_text;
mod reading_rules;
mod search;
mod skills;

use std::{
    collections::BTreeSet,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use agent::tool::{Access, BuiltInTool, PreparedCall, ResultKind, ToolResult};
use futures::{FutureExt, future};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

pub use crate::tools::{checkpoints::Restored, confinement::Confinement, files::Change};
use crate::{
    config::Config, editor::Editor, folders::Folders, skills::FoundSkill, workspace::Workspace,
};

/// Performs calls in one run.
pub struct Toolbox {
    workspace: Workspace,
    folders: Arc<Folders>,
    config: Arc<Config>,
    /// Names of variables that no child process inherits.
    secret_variables: Vec<String>,
    /// Where the state of files before a turn's changes is kept.
    checkpoints: PathBuf,
    /// Where what commands made and may not keep is moved to.
    aside: PathBuf,
    read_files: Mutex<BTreeSet<PathBuf>>,
    /// What commands are confined by; `None` if nothing shall.
    confinement: Option<Confinement>,
    /// The skills that are offered; `None`: those that are there.
    given_skills: Option<Vec<FoundSkill>>,
}

/// What a call did.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolOutcome {
    /// [`PreparedCall::id`].
    pub id: String,
    /// What the model gets.
    pub result: ToolResult,
    /// The file that it changed.
    pub change: Option<FileChange>,
}

/// A changed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// The file.
    pub path: PathBuf,
    /// Names the state before the change.
    pub checkpoint: String,
    /// Lines added.
    pub added: usize,
    /// Lines removed.
    pub removed: usize,
}

impl Toolbox {
    /// Prepares the tools of a run whose folder is `run_folder`.
    pub fn new(
        workspace: Workspace,
        folders: Arc<Folders>,
        config: Arc<Config>,
        secret_variables: Vec<String>,
        run_folder: &Path,
        confinement: Option<Confinement>,
    ) -> Self {
        Self {
            workspace,
            folders,
            config,
            secret_variables,
            checkpoints: run_folder.join("checkpoints"),
            aside: run_folder.join("aside"),
            read_files: Mutex::new(BTreeSet::new()),
            confinement,
            given_skills: None,
        }
    }

    /// Offers these skills and no others; `None`: those that are there.
    #[must_use]
    pub fn offering(self, given_skills: Option<Vec<FoundSkill>>) -> Self {
        Self { given_skills, ..self }
    }

    /// Returns the folder that the tools work in.
    pub fn root(&self) -> &Path {
        self.workspace.root()
    }

    /// Returns the editor whose buffers count before the disk.
    pub fn editor(&self) -> &dyn Editor {
        self.workspace.editor()
    }

    /// Performs the calls of one reply in call order. Calls that only read run at the same time;
    /// whatever changes something runs by itself, for later calls often build on it.
    pub async fn run_all(
        self: &Arc<Self>,
        calls: &[PreparedCall],
        turn: u32,
        cancel: &CancellationToken,
    ) -> Vec<ToolOutcome> {
        let mut outcomes = Vec::with_capacity(calls.len());
        for group in calls.chunk_by(|a, b| only_reads(a) && only_reads(b)) {
            let running = group.iter().map(|call| self.run_safely(call, turn, cancel));
            outcomes.extend(future::join_all(running).await);
        }
        outcomes
    }

    /// A tool that panics has a result like any other, and the other calls keep theirs.
    async fn run_safely(
        self: &Arc<Self>,
        call: &PreparedCall,
        turn: u32,
        cancel: &CancellationToken,
    ) -> ToolOutcome {
        // What a broken-off call leaves behind is behind locks that forgive that.
        AssertUnwindSafe(self.run(call, turn, cancel)).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(tool = call.tool, "a tool panicked");
            let result = ToolResult::failed(format!(
                "`{}` broke off by a fault of its own; look at what it was to change before you \
                 rely on it.",
                call.tool
            ));
            ToolOutcome { id: call.id.clone(), result, change: None }
        })
    }

    async fn run(
        self: &Arc<Self>,
        call: &PreparedCall,
        turn: u32,
        cancel: &CancellationToken,
    ) -> ToolOutcome {
        if cancel.is_cancelled() {
            let text = "The person cancelled the turn before this call was run.";
            let result = ToolResult::not_run(ResultKind::Cancelled, text);
            return ToolOutcome { id: call.id.clone(), result, change: None };
        }
        if let Err(sentence) = self.refuse_detour(call) {
            let result = ToolResult::failed(capitalized(&sentence));
            return ToolOutcome { id: call.id.clone(), result, change: None };
        }
        let arguments = Arguments(&call.arguments);
        let mut change = None;
        let result = match BuiltInTool::from_name(&call.tool) {
            Some(BuiltInTool::ReadFile) => self.blocking(call, Self::read_file).await,
            Some(BuiltInTool::ListFiles) => self.blocking(call, Self::list_files).await,
            Some(BuiltInTool::Search) => self.search(&arguments, cancel).await,
            Some(tool @ (BuiltInTool::WriteFile | BuiltInTool::EditFile)) => {
                let edit = async {
                    match tool {
                        BuiltInTool::WriteFile => self.write_file(&arguments, turn).await,
                        _ => self.edit_file(&arguments, turn).await,
                    }
                };
                // An editor may think about a change for long; it is taken back with the turn.
                match cancel.run_until_cancelled(edit).await {
                    Some(Ok((text, changed))) => {
                        change = changed;
                        Ok(ToolResult::ok(text))
                    }
                    Some(Err(result)) => Ok(result),
                    None => Ok(ToolResult::not_run(
                        ResultKind::Cancelled,
                        "The person cancelled the turn before the change was confirmed; look at \
                         the file before you rely on either.",
                    )),
                }
            }
            Some(BuiltInTool::Skills) => self.blocking(call, Self::skills).await,
            Some(BuiltInTool::Bash) => self.watched_bash(call, cancel).await,
            // The agent keeps the plan itself.
            Some(BuiltInTool::Plan) | None => {
                Err(format!("there is no tool named `{}`", call.tool))
            }
        };
        let result = result.unwrap_or_else(|sentence| ToolResult::failed(capitalized(&sentence)));
        ToolOutcome { id: call.id.clone(), result, change }
    }

    /// Runs a tool that reads the disk on a thread that may wait for it.
    async fn blocking(
        self: &Arc<Self>,
        call: &PreparedCall,
        tool: fn(&Self, &Arguments<'_>) -> Result<ToolResult, String>,
    ) -> Result<ToolResult, String> {
        let (this, arguments) = (Arc::clone(self), call.arguments.clone());
        tokio::task::spawn_blocking(move || tool(&this, &Arguments(&arguments)))
            .await
            .unwrap_or_else(|error| Err(format!("the tool broke off ({error})")))
    }

    fn read_files(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.read_files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn only_reads(call: &PreparedCall) -> bool {
    BuiltInTool::from_name(&call.tool).is_some_and(|tool| tool.access() == Access::Read)
}

fn capitalized(sentence: &str) -> String {
    let mut characters = sentence.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// Arguments whose types were checked against the tool's schema.
struct Arguments<'a>(&'a Map<String, Value>);

impl Arguments<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    fn required_text(&self, name: &str) -> Result<&str, String> {
        self.text(name).ok_or_else(|| format!("the argument `{name}` is missing"))
    }

    fn number(&self, name: &str) -> Option<usize> {
        let value = self.0.get(name)?;
        let number = value.as_u64().or_else(|| {
            let number = value.as_f64()?;
            // A model's "3.0" is a 3; JSON numbers of this size are exact.
            (0.0..9.0e15).contains(&number).then(|| format!("{number:.0}").parse().ok())?
        })?;
        usize::try_from(number).ok()
    }

    fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests;
