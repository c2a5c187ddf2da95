//! The tables of the two models.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which wire format an endpoint speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Context window in tokens; unset: asked from the server.
    pub context_window: Option<u32>,
    /// Upper bound of one reply, in tokens.
    pub max_tokens: u32,
    /// Passed on as it is; unset: not sent.
    pub reasoning_effort: Option<String>,
    /// How tools are offered.
    pub tool_mode: ToolMode,
    /// Seconds until the first token; 0: no limit. Unset: none on local servers, 120 elsewhere.
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TeacherScope {
    /// Any student.
    #[default]
    Any,
    /// Only students on self-hosted servers.
    SelfHostedOnly,
}

/// The teacher: an endpoint and its limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Teacher {
    /// The wire format.
    pub provider: Provider,
    /// Where the teacher's server answers; there is no default.
    pub base_url: String,
    /// The teacher's name there; empty: no teacher is configured.
    pub model: String,
    /// Name of the environment variable that holds the key, never the key itself.
    pub api_key_env: Option<String>,
    /// Scenario file; provider `script` only.
    pub script: Option<PathBuf>,
    /// Context window in tokens; unset: asked from the server.
    pub context_window: Option<u32>,
    /// Upper bound of one step's reply, in tokens.
    pub max_tokens: u32,
    /// Passed on as it is; unset: not sent.
    pub reasoning_effort: Option<String>,
    /// How tools are offered.
    pub tool_mode: ToolMode,
    /// Seconds until the first token; 0: no limit. Unset: none on local servers, 120 elsewhere.
    pub first_token_timeout_s: Option<u64>,
    /// Seconds between two tokens.
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

/// Self-evaluation of turns that the first tier is unsure about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tier2 {
    /// Whether a model is asked.
    pub enabled: bool,
    /// Which one; unset: the student's.
    pub model: Option<String>,
    /// Seconds for the answer.
    pub timeout_s: u64,
}

impl Default for Tier2 {
    fn default() -> Self {
        Self { enabled: false, model: None, timeout_s: 20 }
    }
}
