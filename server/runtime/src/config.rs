//! The configuration: one shape for TOML files and for an editor's JSON settings.
//!
//! Layers are merged as JSON values and read once, so that a later layer overrides single keys of
//! an earlier one. Unknown keys and wrong types are errors that name the key's path.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

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

/// Which wire format an endpoint speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// Any server compatible with OpenAI's chat completions.
    #[default]
    Openai,
    /// OpenAI's responses API.
    OpenaiResponses,
    /// Anthropic's messages API.
    Anthropic,
    /// Ollama's own API.
    Ollama,
    /// A scenario file, for the demo and for tests.
    Script,
}

/// How tools are offered to a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolMode {
    /// Whatever the server supports.
    #[default]
    Auto,
    /// The server's own tool calling.
    Native,
    /// Calls written in the text.
    Text,
    /// No tools.
    None,
}

/// One model server and a model on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Endpoint {
    /// The wire format.
    pub provider: Provider,
    /// Where the server answers; the default is where llama.cpp's server listens.
    pub base_url: String,
    /// The model's name on that server; empty: the one that it serves.
    pub model: String,
    /// Name of the environment variable that holds the key, never the key itself.
    pub api_key_env: Option<String>,
    /// Scenario file; provider `script` only.
    pub script: Option<PathBuf>,
    /// Context window in tokens; `None`: asked from the server.
    pub context_window: Option<u32>,
    /// Upper bound of one reply, in tokens.
    pub max_tokens: u32,
    /// Passed on as it is; `None`: not sent.
    pub reasoning_effort: Option<String>,
    /// How tools are offered.
    pub tool_mode: ToolMode,
    /// Seconds until the first token; 0: no limit. `None`: none on local servers, 120 elsewhere.
    pub first_token_timeout_s: Option<u64>,
    /// Seconds between two tokens.
    pub idle_timeout_s: u64,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self {
            provider: Provider::Openai,
            base_url: "http://127.0.0.1:8080/v1".to_owned(),
            model: String::new(),
            api_key_env: None,
            script: None,
            context_window: None,
            max_tokens: 4096,
            reasoning_effort: None,
            tool_mode: ToolMode::Auto,
            first_token_timeout_s: None,
            idle_timeout_s: 60,
        }
    }
}

/// When and how the teacher comes in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TeacherMode {
    /// It takes over at once, visibly.
    #[default]
    Takeover,
    /// A person is asked first.
    Ask,
    /// It only writes a skill.
    Propose,
    /// Never.
    Off,
}

/// Which students the teacher may help.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TeacherScope {
    /// Any student.
    #[default]
    Any,
    /// Only students on self-hosted servers.
    SelfHostedOnly,
}

/// The teacher: an endpoint and its limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Teacher {
    /// The wire format.
    pub provider: Provider,
    /// Where the teacher's server answers; there is no default.
    pub base_url: String,
    /// The teacher's name there; empty: no teacher is configured.
    pub model: String,
    /// See [`Endpoint::api_key_env`].
    pub api_key_env: Option<String>,
    /// See [`Endpoint::script`].
    pub script: Option<PathBuf>,
    /// See [`Endpoint::context_window`].
    pub context_window: Option<u32>,
    /// Upper bound of one step's reply, in tokens.
    pub max_tokens: u32,
    /// See [`Endpoint::reasoning_effort`].
    pub reasoning_effort: Option<String>,
    /// See [`Endpoint::tool_mode`].
    pub tool_mode: ToolMode,
    /// See [`Endpoint::first_token_timeout_s`].
    pub first_token_timeout_s: Option<u64>,
    /// See [`Endpoint::idle_timeout_s`].
    pub idle_timeout_s: u64,
    /// Whether the teacher may be used at all.
    pub enabled: bool,
    /// When and how it comes in.
    pub mode: TeacherMode,
    /// Which students it may help.
    pub scope: TeacherScope,
    /// Steps of one takeover.
    pub max_turns: u32,
    /// US dollars of one takeover.
    pub max_cost_usd: f64,
    /// Seconds of one distillation call.
    pub timeout_s: u64,
    /// Takeovers in one run.
    pub per_run: u32,
    /// Seconds between two takeovers of a run.
    pub cooldown_s: u64,
    /// Self-evaluation of unclear turns.
    pub tier2: Tier2,
}

impl Default for Teacher {
    fn default() -> Self {
        Self {
            provider: Provider::default(),
            base_url: String::new(),
            model: String::new(),
            api_key_env: None,
            script: None,
            context_window: None,
            max_tokens: 8192,
            reasoning_effort: None,
            tool_mode: ToolMode::default(),
            first_token_timeout_s: None,
            idle_timeout_s: Endpoint::default().idle_timeout_s,
            enabled: false,
            mode: TeacherMode::default(),
            scope: TeacherScope::default(),
            max_turns: 30,
            max_cost_usd: 5.0,
            timeout_s: 120,
            per_run: 3,
            cooldown_s: 60,
            tier2: Tier2::default(),
        }
    }
}

impl Teacher {
    /// Returns the teacher's endpoint without its limits.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            provider: self.provider,
            base_url: self.base_url.clone(),
            model: self.model.clone(),
            api_key_env: self.api_key_env.clone(),
            script: self.script.clone(),
            context_window: self.context_window,
            max_tokens: self.max_tokens,
            reasoning_effort: self.reasoning_effort.clone(),
            tool_mode: self.tool_mode,
            first_token_timeout_s: self.first_token_timeout_s,
            idle_timeout_s: self.idle_timeout_s,
        }
    }
}

macro_rules! table {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $ty:ty = $default:expr,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $($(#[$field_meta])* pub $field: $ty,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

table! {
    /// Self-evaluation of turns that the first tier is unsure about.
    Tier2 {
        /// Whether a model is asked.
        enabled: bool = false,
        /// Which one; `None`: the student's.
        model: Option<String> = None,
        /// Seconds for the answer.
        timeout_s: u64 = 20,
    }
}
table! {
    /// The loop and the editor's ask lines.
    Agent {
        /// Model calls in one turn; -1: no limit.
        max_iterations: i64 = 50,
        /// What starts an ask line.
        trigger: String = "@preceptor".to_owned(),
    }
}
table! {
    /// What runs without asking.
    Approval {
        /// The floor below all rules.
        mode: ApprovalMode = ApprovalMode::Ask,
        /// The first match wins.
        rules: Vec<ApprovalRule> = Vec::new(),
    }
}
table! {
    /// Replay of a proposal on the student.
    Verify {
        /// Whether proposals are replayed.
        enabled: bool = true,
        /// Model calls of one replay.
        max_steps: u32 = 20,
        /// US dollars of one replay.
        max_cost_usd: f64 = 0.5,
        /// Megabytes of the scratch copy.
        max_copy_mb: u64 = 500,
        /// Earlier successes that are replayed with the skill offered.
        regression_sample: u32 = 3,
    }
}
table! {
    /// Reflection on finished runs.
    Reflect {
        /// Whether runs are reflected on.
        enabled: bool = false,
        /// Where notes come from.
        appendix_source: AppendixSource = AppendixSource::Both,
        /// Notes above which they are consolidated; 0: never.
        consolidate_threshold: u32 = 12,
        /// Edits in one reflection.
        edit_budget: u32 = 4,
    }
}
table! {
    /// Spending limits.
    Budget {
        /// US dollars of one run.
        run_usd: f64 = 5.0,
        /// US dollars of one day.
        day_usd: f64 = 50.0,
        /// What happens when a model has no price.
        unknown_price: UnknownPrice = UnknownPrice::Ask,
        /// Prices by model name.
        prices: BTreeMap<String, Price> = BTreeMap::new(),
    }
}
table! {
    /// What commands may touch.
    Sandbox {
        /// How much of the file system.
        mode: SandboxMode = SandboxMode::WorkspaceWrite,
        /// Whether the network is open.
        network: bool = false,
    }
}
table! {
    /// Where skills are found and saved.
    Skills {
        /// Folders besides the well-known ones.
        paths: Vec<PathBuf> = Vec::new(),
        /// Where accepted skills go; empty: the first well-known folder that exists.
        save_dir: String = String::new(),
    }
}
table! {
    /// The linter.
    Lint {
        /// The severity from which `check` fails.
        fail_on: FailOn = FailOn::Error,
        /// Tool names besides the agent's own and the MCP servers'.
        known_tools: Vec<String> = Vec::new(),
        /// Levels by rule.
        rules: BTreeMap<String, RuleLevel> = BTreeMap::new(),
        /// Raw launcher to the tool that wraps it.
        launchers: BTreeMap<String, String> = BTreeMap::new(),
        /// Levels by path.
        overrides: Vec<LintOverride> = Vec::new(),
    }
}
table! {
    /// An MCP server: a command or an address.
    McpServer {
        /// The program.
        command: Option<String> = None,
        /// The address.
        url: Option<String> = None,
        /// Name of the variable that holds the bearer token.
        bearer_env: Option<String> = None,
        /// The program's arguments.
        args: Vec<String> = Vec::new(),
        /// The program's environment.
        env: BTreeMap<String, String> = BTreeMap::new(),
        /// Seconds for one call.
        timeout_s: u64 = 60,
    }
}
table! {
    /// An external agent as student.
    Runner {
        /// Template with `{workspace}` and `{prompt_file}`.
        command: String = String::new(),
        /// Seconds for one request.
        timeout_s: u64 = 900,
    }
}
table! {
    /// Where runs live and how they are reviewed.
    Runs {
        /// Below the workspace folder.
        dir: PathBuf = PathBuf::from(".preceptor/runs"),
        /// Revised attempts of a task run.
        max_revisions: u32 = 1,
        /// Who reviews a task run.
        mentor_mode: MentorMode = MentorMode::Autonomous,
    }
}

/// What runs without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalMode {
    /// Reading tools only.
    Ask,
    /// File edits in the workspace too.
    Edits,
    /// Everything.
    Full,
}

/// One approval rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRule {
    /// Glob on the tool's name.
    pub tool: String,
    /// Globs on arguments; all have to match.
    #[serde(default)]
    pub when: BTreeMap<String, String>,
    /// What happens.
    pub decision: RuleDecision,
}

/// What an approval rule decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleDecision {
    /// Runs without asking.
    Allow,
    /// A person is asked.
    Ask,
    /// Refused.
    Deny,
}

/// Where execution notes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppendixSource {
    /// Failures and successes.
    Both,
    /// Failures.
    FailureOnly,
}

/// What happens when a model has no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownPrice {
    /// A person is asked.
    Ask,
    /// It counts as free.
    Allow,
    /// The call is refused.
    Deny,
}

/// A model's price.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// US dollars per million tokens read.
    pub input: f64,
    /// US dollars per million tokens written.
    pub output: f64,
}

/// A tool that costs money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Billable {
    /// The tool's name.
    pub tool: String,
    /// US dollars an hour.
    pub usd_per_hour: Option<f64>,
    /// US dollars a call.
    pub usd_per_call: Option<f64>,
}

/// How much of the file system commands may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SandboxMode {
    /// They write the workspace and temporary folders.
    WorkspaceWrite,
    /// They write nothing.
    ReadOnly,
    /// No limits.
    Off,
}

/// The severity from which `check` fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailOn {
    /// Any finding.
    Hint,
    /// Information and above.
    Info,
    /// Warnings and errors.
    Warning,
    /// Errors.
    Error,
    /// Findings never fail it.
    Never,
}

/// A rule's level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleLevel {
    /// The rule does not run.
    Off,
    /// Shown faintly.
    Hint,
    /// Information.
    Info,
    /// Should be mended.
    Warning,
    /// Must be mended.
    Error,
}

/// Levels for some paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LintOverride {
    /// Globs on paths below the workspace.
    pub paths: Vec<String>,
    /// Levels by rule.
    pub rules: BTreeMap<String, RuleLevel>,
}

/// Who reviews a task run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MentorMode {
    /// A model.
    Autonomous,
    /// A person.
    ExpertLed,
    /// A model's draft, a person's decision.
    Hybrid,
}

impl Lint {
    /// Returns the settings as the linter takes them.
    pub fn settings(&self) -> lint::Settings {
        let levels = self.rules.iter().map(|(code, level)| {
            let level = match level {
                RuleLevel::Off => lint::Level::Off,
                RuleLevel::Hint => lint::Level::Hint,
                RuleLevel::Info => lint::Level::Info,
                RuleLevel::Warning => lint::Level::Warning,
                RuleLevel::Error => lint::Level::Error,
            };
            (code.clone(), level)
        });
        lint::Settings { levels: levels.collect() }
    }
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
