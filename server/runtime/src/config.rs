//! The configuration: one shape for TOML files and for an editor's JSON settings.
//!
//! Layers are merged as JSON values and read once, so that a later layer overrides single keys of
//! an earlier one. Unknown keys and wrong types are errors that name the key's path and, in a file,
//! its place.

mod lint_settings;
mod models;
mod place;
mod tables;
mod workspace_file;

use std::{collections::BTreeMap, path::Path};

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::config::{
    lint_settings::LintSettings,
    models::{Endpoint, Provider, Teacher, TeacherMode, TeacherScope, Tier2, ToolMode},
    place::Place,
    tables::{
        Agent, AppendixSource, Approval, ApprovalMode, ApprovalRule, Billable, Budget, FailOn,
        Lint, LintOverride, McpServer, MentorMode, Price, Reflect, RuleDecision, RuleLevel, Runner,
        Runs, Sandbox, SandboxMode, Skills, UnknownPrice, Verify,
    },
    workspace_file::{IgnoredKey, Restricted, WORKSPACE_FILE, WorkspaceFile},
};
use crate::config::{lint_settings::first_mistake, place::Step};

/// The whole configuration, every key with its default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Preceptor")]
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
    #[error("{origin}{}: `{path}`: {message}", suffix(place.as_ref()))]
    Invalid {
        /// Which layer it came from: a path, or "editor settings".
        origin: String,
        /// Where the key is in a file.
        place: Option<Place>,
        /// The key's path, such as `teacher.mode`.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// The file is no TOML.
    #[error("{origin}{}: {message}", suffix(place.as_ref()))]
    Syntax {
        /// The file.
        origin: String,
        /// Where the parser stopped.
        place: Option<Place>,
        /// The parser's words.
        message: String,
    },
    /// A file that was asked for by name is not there.
    #[error("there is no file {origin}: check --config")]
    Missing {
        /// The file.
        origin: String,
    },
    /// The file is there and cannot be read.
    #[error("{origin} cannot be read ({error}): {}", what_to_do(error))]
    Unreadable {
        /// The file.
        origin: String,
        /// The system's words.
        error: std::io::Error,
    },
}

fn what_to_do(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::InvalidData => "save it as UTF-8",
        std::io::ErrorKind::IsADirectory => "put a file there, or give the folder another name",
        std::io::ErrorKind::FileTooLarge => "make it smaller",
        std::io::ErrorKind::Other => "put one there, or remove it",
        _ => "check its permissions",
    }
}

impl ConfigError {
    /// Returns where in the file the mistake is; `None` for other layers, and for files that could
    /// not be read.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Invalid { place, .. } | Self::Syntax { place, .. } => place.as_ref(),
            Self::Missing { .. } | Self::Unreadable { .. } => None,
        }
    }

    /// Returns the sentence without the file's name, for a diagnostic that stands in the file.
    pub fn reason(&self) -> String {
        match self {
            Self::Invalid { path, message, .. } if path != "." => format!("`{path}`: {message}"),
            Self::Invalid { message, .. } | Self::Syntax { message, .. } => message.clone(),
            Self::Missing { .. } | Self::Unreadable { .. } => self.to_string(),
        }
    }
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
        read(origin, None, &value)?;
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

    /// Reads a TOML file that somebody asked for by name.
    ///
    /// # Errors
    /// Every variant of [`ConfigError`].
    pub fn from_named_file(path: &Path) -> Result<Self, ConfigError> {
        let origin = path.display().to_string();
        Self::from_file(path)?.ok_or(ConfigError::Missing { origin })
    }

    /// Reads a TOML text.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`] if it is no TOML, [`ConfigError::Invalid`] as for JSON; both with
    /// the place.
    pub fn from_toml(origin: &str, text: &str) -> Result<Self, ConfigError> {
        let value: Value = toml::from_str(text).map_err(|error| ConfigError::Syntax {
            origin: origin.to_owned(),
            place: error.span().map(|span| Place::new(text, span)),
            message: error.message().to_owned(),
        })?;
        read(origin, Some(text), &value)?;
        Ok(Self { value })
    }
}

impl Config {
    /// Whether two configurations are the same but for what the linter is told.
    pub fn is_same_for_runs(&self, other: &Self) -> bool {
        Self { lint: other.lint.clone(), ..self.clone() } == *other
    }

    /// Merges layers, later ones over earlier ones; lists are replaced as a whole.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if layers that are fine alone do not fit together.
    pub fn merged<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> Result<Self, ConfigError> {
        let mut merged = Value::Object(serde_json::Map::new());
        for layer in layers {
            merge(&mut merged, &layer.value);
        }
        read("configuration", None, &merged)
    }
}

/// Returns the JSON Schema of the configuration, titles and descriptions included.
pub fn schema() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Config>().into()
}

fn read(origin: &str, text: Option<&str>, value: &Value) -> Result<Config, ConfigError> {
    let config: Config =
        serde_path_to_error::deserialize(value).map_err(|error| ConfigError::Invalid {
            origin: origin.to_owned(),
            place: text.map(|text| Place::of_path(text, error.path())),
            path: error.path().to_string(),
            message: error.inner().to_string(),
        })?;
    match first_mistake(&config.lint) {
        None => Ok(config),
        Some((steps, message)) => Err(ConfigError::Invalid {
            origin: origin.to_owned(),
            place: text.map(|text| Place::of_steps(text, &steps)),
            path: written(&steps),
            message,
        }),
    }
}

/// Returns the way to a key as it is written in a sentence, such as `a.b[0].c`.
fn written(steps: &[Step<'_>]) -> String {
    let mut out = String::new();
    for step in steps {
        match step {
            Step::Key(name) if out.is_empty() => out.push_str(name),
            Step::Key(name) => out.extend([".", name]),
            Step::Index(idx) => out.extend(["[", &idx.to_string(), "]"]),
            Step::Elsewhere => {}
        }
    }
    out
}

fn suffix(place: Option<&Place>) -> String {
    place.map(|place| format!(":{}:{}", place.line, place.column)).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use agent::gate::Gate;

    use super::{Config, Layer, schema};
    use crate::driver::closed_gate;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let error = Layer::from_toml("c.toml", text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn mistakes_in_a_file_have_key_line_and_column() {
        check("[agent]\nmax_iterations = \"x\"\n", "c.toml:2:1: `agent.max_iterations`: invalid");
        check("# ü\n[lint]\n  rulse = {}\n", "c.toml:3:3: `lint.rulse`: unknown field `rulse`");
        check("lnit = 1\n", "c.toml:1:1: `lnit`: unknown field");
        check(
            "[[approval.rules]]\ntool = \"a\"\ndecision = \"allow\"\n[[approval.rules]]\ntool = 1\n",
            "c.toml:5:1: `approval.rules[1].tool`: invalid type",
        );
        check("budget = { prices = { \"a.b\" = { input = 1 } } }\n", "c.toml:1:23: `budget.");
        check("[lint\n", "c.toml:1:");
        check("a = 1\na = 2\n", "c.toml:2:1: ");
    }

    // T4.
    #[test]
    fn settings_that_cannot_be_read_bring_no_teacher() {
        let broken = "[teacher]\nenabled = true\nmodel = \"m\"\nmax_cost_usd = \"five\"\n";
        let layers: Vec<Layer> = Layer::from_toml("c.toml", broken).into_iter().collect();
        let config = Config::merged(&layers).unwrap();
        assert_eq!(closed_gate(&config), Some(Gate::Disabled));
    }

    #[test]
    fn what_the_readme_sets_can_be_set() {
        let readme = include_str!("../../../README.md");
        let blocks: Vec<&str> = readme
            .split("```toml\n")
            .skip(1)
            .filter_map(|it| it.split_once("\n```").map(|(block, _)| block))
            .collect();
        assert!(blocks.len() > 3, "{blocks:?}");
        for block in blocks {
            Layer::from_toml("README.md", block).unwrap_or_else(|error| panic!("{error}: {block}"));
        }
    }

    // D3, T34, T70.
    #[test]
    fn a_takeover_is_bounded_by_default() {
        let teacher = Config::default().teacher;
        assert_eq!((teacher.max_turns, teacher.per_run, teacher.cooldown_s), (30, 3, 60));
        assert!((teacher.max_cost_usd - 5.0).abs() < f64::EPSILON);
        assert_eq!((teacher.timeout_s, teacher.tier2.timeout_s), (120, 20));
        assert!(!teacher.enabled && !teacher.tier2.enabled);
    }

    #[test]
    fn the_schema_refuses_unknown_keys_and_tells_what_keys_are_for() {
        let schema = schema();
        assert_eq!(schema["title"], "Preceptor");
        assert_eq!(schema["additionalProperties"], false);
        let defs = schema["$defs"].as_object().unwrap();
        for (name, def) in defs.iter().filter(|(_, def)| def["type"] == "object") {
            assert_eq!(def["additionalProperties"], false, "{name}");
            for (key, property) in def["properties"].as_object().unwrap() {
                let description = property["description"].as_str().unwrap_or_default();
                assert!(!description.is_empty(), "{name}.{key} says what it is for");
                assert!(!description.contains("[`"), "{name}.{key} is no Rust: {description}");
            }
        }
        assert_eq!(defs["Agent"]["properties"]["max_iterations"]["default"], 50);
    }
}
