//! The configuration: one shape for TOML files and for an editor's JSON settings.
//!
//! Layers are merged as JSON values and read once, so that a later layer overrides single keys of
//! an earlier one. Unknown keys and wrong types are errors that name the key's path.

mod models;
mod tables;

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::config::{
    models::{Endpoint, Provider, Teacher, TeacherMode, TeacherScope, Tier2, ToolMode},
    tables::{
        Agent, AppendixSource, Approval, ApprovalMode, ApprovalRule, Billable, Budget, FailOn,
        Lint, LintOverride, McpServer, MentorMode, Price, Reflect, RuleDecision, RuleLevel, Runner,
        Runs, Sandbox, SandboxMode, Skills, UnknownPrice, Verify,
    },
};

/// The whole configuration, every key with its default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The self-hosted model that works on requests.
    pub student: Endpoint,
    /// The stronger model that takes over when the student fails.
    pub teacher: Teacher,
    /// The loop and the editor's ask lines.
    pub agent: Agent,
    /// What runs without asking.
    pub approval: Approval,
    /// Replay of proposals.
    pub verify: Verify,
    /// Reflection on finished runs.
    pub reflect: Reflect,
    /// Spending limits.
    pub budget: Budget,
    /// Tools that cost money.
    pub billable: Vec<Billable>,
    /// What commands may touch.
    pub sandbox: Sandbox,
    /// Where skills are found and saved.
    pub skills: Skills,
    /// The linter.
    pub lint: Lint,
    /// MCP servers by name.
    pub mcp: BTreeMap<String, McpServer>,
    /// External agents by name.
    pub runners: BTreeMap<String, Runner>,
    /// Where runs live and how they are reviewed.
    pub runs: Runs,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key is unknown, or its value is of the wrong type.
    #[error("{origin}: `{path}`: {message}")]
    Invalid {
        /// Which layer it came from: a path, or "editor settings".
        origin: String,
        /// The key's path, such as `teacher.mode`.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// The file is no TOML; the message names line and column.
    #[error("{origin}: {message}")]
    Syntax {
        /// The file.
        origin: String,
        /// The parser's words.
        message: String,
    },
    /// The file is there and cannot be read.
    #[error("{origin} cannot be read ({error}): check its permissions")]
    Unreadable {
        /// The file.
        origin: String,
        /// The system's words.
        error: std::io::Error,
    },
}

/// One source of settings, checked for itself: a mistake in it is reported with its name.
#[derive(Debug, Clone)]
pub struct Layer {
    value: Value,
}

impl Layer {
    /// Reads an editor's settings. `null` stands for none.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for an unknown key or a wrong type.
    pub fn from_json(origin: &str, value: Value) -> Result<Self, ConfigError> {
        let mut value = if value.is_null() { Value::Object(serde_json::Map::new()) } else { value };
        strip_nulls(&mut value);
        read(origin, &value)?;
        Ok(Self { value })
    }

    /// Reads a TOML file; `None` if there is none.
    ///
    /// # Errors
    /// Every variant of [`ConfigError`].
    pub fn from_file(path: &Path) -> Result<Option<Self>, ConfigError> {
        let origin = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_toml(&origin, &text).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ConfigError::Unreadable { origin, error }),
        }
    }

    /// Reads a TOML text.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`] if it is no TOML, [`ConfigError::Invalid`] as for JSON.
    pub fn from_toml(origin: &str, text: &str) -> Result<Self, ConfigError> {
        let value: Value = toml::from_str(text).map_err(|error| ConfigError::Syntax {
            origin: origin.to_owned(),
            message: error.to_string(),
        })?;
        Self::from_json(origin, value)
    }
}

impl Config {
    /// Merges layers, later ones over earlier ones; lists are replaced as a whole.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if layers that are fine alone do not fit together.
    pub fn merged<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> Result<Self, ConfigError> {
        let mut merged = Value::Object(serde_json::Map::new());
        for layer in layers {
            merge(&mut merged, &layer.value);
        }
        read("configuration", &merged)
    }
}

fn read(origin: &str, value: &Value) -> Result<Config, ConfigError> {
    serde_path_to_error::deserialize(value).map_err(|error| ConfigError::Invalid {
        origin: origin.to_owned(),
        path: error.path().to_string(),
        message: error.inner().to_string(),
    })
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// Editors send `null` for a setting that nobody set.
fn strip_nulls(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, value| !value.is_null());
        map.values_mut().for_each(strip_nulls);
    }
}
