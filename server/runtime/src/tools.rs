//! The built-in tools, performed.

mod bash;
mod files;
mod list_files;
mod skills;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use agent::tool::{Access, BuiltInTool, PreparedCall, ToolResult};
use futures::future;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::{config::Config, folders::Folders, workspace::Workspace};

/// Performs calls in one run.
pub struct Toolbox {
    workspace: Workspace,
    folders: Arc<Folders>,
    config: Arc<Config>,
    /// Names of variables that no child process inherits.
    secret_variables: Vec<String>,
    /// Where the state of files before a turn's changes is kept.
    checkpoints: PathBuf,
    read_files: Mutex<BTreeSet<PathBuf>>,
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
    ) -> Self {
        Self {
            workspace,
            folders,
            config,
            secret_variables,
            checkpoints: run_folder.join("checkpoints"),
            read_files: Mutex::new(BTreeSet::new()),
        }
    }

    /// Performs the calls of one reply. Calls between two edits run at the same time; an edit runs
    /// by itself, in call order, so that none overtakes the reading that it builds on.
    pub async fn run_all(
        &self,
        calls: &[PreparedCall],
        turn: u32,
        cancel: &CancellationToken,
    ) -> Vec<ToolOutcome> {
        let mut outcomes = Vec::with_capacity(calls.len());
        for group in calls.chunk_by(|a, b| !is_edit(a) && !is_edit(b)) {
            let running = group.iter().map(|call| self.run(call, turn, cancel));
            outcomes.extend(future::join_all(running).await);
        }
        outcomes
    }

    async fn run(&self, call: &PreparedCall, turn: u32, cancel: &CancellationToken) -> ToolOutcome {
        let arguments = Arguments(&call.arguments);
        let mut change = None;
        let result = match BuiltInTool::from_name(&call.tool) {
            Some(BuiltInTool::ReadFile) => self.read_file(&arguments),
            Some(BuiltInTool::ListFiles) => self.list_files(&arguments),
            Some(BuiltInTool::WriteFile) => {
                self.write_file(&arguments, turn).await.map(|(text, changed)| {
                    change = changed;
                    ToolResult::ok(text)
                })
            }
            Some(BuiltInTool::EditFile) => {
                self.edit_file(&arguments, turn).await.map(|(text, changed)| {
                    change = changed;
                    ToolResult::ok(text)
                })
            }
            Some(BuiltInTool::Skills) => self.skills(&arguments),
            Some(BuiltInTool::Bash) => self.bash(&arguments, cancel).await,
            None => Err(format!("there is no tool named `{}`", call.tool)),
        };
        let result = result.unwrap_or_else(|sentence| ToolResult::failed(capitalized(&sentence)));
        ToolOutcome { id: call.id.clone(), result, change }
    }

    fn read_files(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.read_files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_edit(call: &PreparedCall) -> bool {
    BuiltInTool::from_name(&call.tool).is_some_and(|tool| tool.access() == Access::Edit)
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
